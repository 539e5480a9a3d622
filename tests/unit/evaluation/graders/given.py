"""Texts that graders must survive, and strategies for more."""

from hypothesis import strategies as st

from distillery.core.conversation import Prompt

PROMPT = Prompt(system=None, messages=(("user", "?"),), reference=None)

CHARACTERS = st.characters(exclude_categories=())  # lone surrogates as well
SCRIPTS = st.sampled_from("aZ09 .,-+#%_'\"`|{}[]:\n\u0301\u200d\u00e9ßİıςΣ中文かカ한ไทยक्षمن٣１ﬁ½²𝐀👍\ud800\x00\ufeff")
TEXTS = st.text(CHARACTERS, max_size=40) | st.text(SCRIPTS, max_size=40)

HOSTILE = [
    "",
    "\x00",
    "\ud800",
    "a" * 100_000,
    " " * 100_000,
    "a" + "\u0301\u0323" * 25_000,
    "\u0344" * 50_000,
    "\ufdfa" * 30_000,
    "+" * 100_000,
    "a." * 50_000,
    "-" * 100_000,
    "ก" * 30_000,
    "{" * 100_000,
    "[" * 100_000,
    '[{"a":' * 15_000,
    '"' * 100_000,
    '"\\' * 50_000,
    "```" * 30_000,
    "9" * 100_000,
    "1e999999999",
    "<script>" * 12_000,
    "\u202e" * 30_000,
    "\n" * 100_000,
    "a\n" + " " * 90_000,
    "a\n" + "-|" * 45_000,
]
"""Up to 100 KB each."""

LONG = 25_000
"""Characters of a hostile text whose grading is traced line by line, which takes a hundred times as long. Work that
grows faster than the text shows at this length too."""
