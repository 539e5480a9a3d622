"""What stand-ins say where a text of so many words is asked for, so that the pace of long answers can be measured."""

import re
from itertools import cycle, islice

_ASKED = re.compile(r"\b([1-9]\d{0,3}) words\b")
_SENTENCE = "This is the text of a stand-in, which says nothing and only has as many words as were asked for."


def asked_for(prompt: str) -> str | None:
    """So many words as the prompt names (`in about 80 words`); None where it names no number."""
    found = _ASKED.search(prompt)
    return " ".join(islice(cycle(_SENTENCE.split()), int(found[1]))) if found else None
