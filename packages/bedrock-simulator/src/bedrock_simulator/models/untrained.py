"""The untrained student, which is meant to be poor: it compares words, and follows the form that its prompt asks for.

Of the labels in the system prompt it picks the one that shares most words with the question, and guesses between ties.
Asked for JSON, it fills the names that the system prompt has in quotation marks or backticks with the first thing that
looks right. Asked to quote, it quotes the sentence that shares most words with the question.
"""

import json
import re
from itertools import pairwise

from bedrock_simulator.models import text
from bedrock_simulator.models.learners import passages, values

UNKNOWN_LABEL = "topic.other"
_NAME = re.compile(r"[`\"']([a-z][a-z0-9_]*)[`\"']")
_AMOUNTS = frozenset({"amount", "count", "number", "price", "quantity", "total", "value", "days"})
_LISTS = frozenset({"items", "list", "names", "products", "tags", "codes"})


def untrained(prompt: text.Prompt) -> str:
    """Returns its answer, which depends on the prompt alone."""
    if (formed := in_form(prompt)) is not None:
        return formed
    labels = text.labels(prompt.system)
    if not labels:
        return text.filler_text(prompt.text) or UNKNOWN_LABEL
    words = text.stems(prompt.text)
    best = max(text.overlap(words, label) for label in labels)
    return text.pick([label for label in labels if text.overlap(words, label) == best], "guess", prompt.text)


def in_form(prompt: text.Prompt) -> str | None:
    """Returns an answer in the form that the system prompt asks for, None if it asks for none."""
    wanted = prompt.system.lower()
    names = [*dict.fromkeys(_NAME.findall(prompt.system))]
    if re.search(r"\bjson\b", wanted) and names:
        return json.dumps({name: _guess(name, prompt.text) for name in names}, ensure_ascii=False)
    if re.search(r"\bquot(?:e|es|ing|ation|ations)\b", wanted):
        return _quotation(prompt.text)
    return None


def _guess(name: str, question: str) -> object:
    parts = set(name.split("_"))
    words = values.read(question).words
    if parts & _LISTS:
        return []
    if parts & _AMOUNTS:
        return next((number for word in words if (number := values.FORMS["decimal"](word, 0)) is not None), None)
    after = [later for word, later in pairwise(words) if word.casefold() in parts]
    return next((word for word in after if word[:1].isalnum()), None)


def _quotation(question: str) -> str | None:
    asked = passages.read(question)
    if not asked.sentences:
        return None
    words = set(text.stems(asked.question))
    best = max(asked.sentences, key=lambda each: len(words & set(text.stems(each.text))))
    return f'"{best.text}"'
