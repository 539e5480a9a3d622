"""First contact: what no document of AWS's says, asked once in an account, recorded, and read where it matters.

`questions` says what is asked, `answers` records it; `distillery doctor` asks (`cli/doctor/asking`). Nothing is refused
for a reason that nobody has verified: without an answer, the product does what suits both, or warns.
"""
