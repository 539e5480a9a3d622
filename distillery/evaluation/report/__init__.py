"""The report of an evaluation: what `report.json` holds, the verdict as a sentence, and one HTML page.

Everything here is pure: no AWS, no clock, no files but the package's own templates.
"""
