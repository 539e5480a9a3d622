"""Decides whether a file contains a text, in whatever form: as a line of a data set, a logged call, JSON within JSON,
or cells of a table, compressed or not.

Letter case, white space and Unicode form make no difference, as in comparisons of prompts.
"""

import csv
import gzip
import io
import json
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from distillery.core.conversation import NotAConversation, Prompt, fold, parse
from distillery.core.errors import BadRequest

MIN_LETTERS = 4
"""The shortest text that can be searched for; a shorter text would match nearly every file."""
MAX_DEPTH = 40

PIECES = ("text", "generation", "completion")
"""Keys of a text in blocks and events of Converse, Nova and Anthropic, of Llama, and of Anthropic's older models."""

CONTENT = ("content", "system")
"""Keys of lists of blocks whose texts may be one."""

STREAMED = {"contentBlockDelta", "delta", "generation", "completion"}
"""Keys of events of a stream, one of which is in each piece of an answer."""

TEMPLATE_TOKEN = re.compile(r"<\|[a-z_]+\|>")
"""A token between the turns of a request in the template of Llama 3."""

Matcher = Callable[[set[str]], bool]
"""Whether the texts of one record, folded, contain what is looked for."""


def text_matcher(text: str) -> Matcher:
    """Returns a matcher of the text within any other. Raises BadRequest for a text that is too short."""
    wanted = fold(text)
    if len(wanted) < MIN_LETTERS:
        raise BadRequest(
            f"the text has {len(wanted)} letters and would match nearly every file; give at least {MIN_LETTERS}"
        )
    return lambda texts: any(wanted in text for text in texts)


def prompt_matcher(prompts: Iterable[Prompt], *masks: Callable[[str], str]) -> Matcher:
    """Returns a matcher of records that contain all user messages of one of the prompts, each as a whole text.

    Args:
        prompts: What is looked for.
        masks: Each returns a text as data sets may contain it if a recipe masks personal data.
    """
    by_first = defaultdict[str, list[frozenset[str]]](list)
    for prompt in prompts:
        messages = [text for role, text in prompt.messages if role == "user"]
        spellings = [messages, *(list(map(mask, messages)) for mask in masks)]
        for texts in {frozenset(map(fold, spelling)) for spelling in spellings}:
            by_first[min(texts)].append(texts)
    return lambda texts: any(one <= texts for text in texts & by_first.keys() for one in by_first[text])


def read_prompts(body: bytes) -> list[Prompt]:
    """Returns the prompts of a file. Raises BadRequest with the number of the first line that is not a prompt."""
    found = []
    for number, line in enumerate(decompress(body).decode(errors="replace").split("\n"), start=1):
        if line.strip():
            try:
                found.append(parse(line))
            except NotAConversation as error:
                what = f"line {number} is not a prompt"
                raise BadRequest(f"{what}; put one conversation on each line, or use --text") from error
    if not found:
        raise BadRequest("the file contains no prompt")
    return found


def find_digest(body: bytes, digest: str) -> Prompt | None:
    """Returns the prompt with that digest among the lines of a file; None if there is none."""
    for line in decompress(body).decode(errors="replace").split("\n"):
        try:
            prompt = parse(line)
        except NotAConversation:
            continue
        if prompt.digest == digest:
            return prompt
    return None


def matches(body: bytes, matcher: Matcher, *, whole: bool = False) -> bool:
    """Whether any record of the file matches. `whole`: the file is one text of several lines. Raises OSError for a
    compressed file that cannot be read."""
    text = decompress(body).decode(errors="replace")
    if whole and matcher({fold(text)}):
        return True
    document = _json(text) if "\n" in text.strip() else None
    if document is not None:
        return matcher({fold(one) for one in _strings(document)})
    if any(matcher({fold(one) for one in _texts(line)}) for line in text.split("\n")):
        return True
    return '"' in text and any(matcher({fold(one) for cell in row for one in _texts(cell)}) for row in _rows(text))


def decompress(body: bytes) -> bytes:
    """Returns the content of a gzip file, or the body of any other. Raises OSError for a damaged file."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return gzip.decompress(body)
    except (EOFError, zlib.error) as error:
        raise OSError(f"a compressed file cannot be read ({type(error).__name__})") from error


def _rows(text: str) -> Iterator[list[str]]:
    rows = csv.reader(io.StringIO(text, newline=""))
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error:  # not a row; `matches` has searched it as a line
            continue


def _texts(text: str) -> Iterator[str]:
    """Yields the text, its parts if it is in Llama's template, and every string in it if it is JSON."""
    yield text
    if "<|" in text:
        yield from TEMPLATE_TOKEN.split(text)
    if (value := _json(text)) is not None:
        yield from _strings(value)


def _json(text: str) -> Any:
    """Returns an object or a list; None for any other text."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _strings(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield from _texts(value) if depth < MAX_DEPTH else (value,)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _strings(one, depth + 1)
            if key in CONTENT and isinstance(one, list):
                yield "".join(_pieces(one, depth))
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one, depth + 1)
        if any(isinstance(one, dict) and one.keys() & STREAMED for one in value):
            yield "".join(_pieces(value, depth))


def _pieces(value: Any, depth: int) -> Iterator[str]:
    """Yields the texts of blocks or events in their order.

    A cache point may cut a text in two, and a streamed answer is logged in pieces.
    """
    if depth >= MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, one in value.items():
            if key in PIECES and isinstance(one, str):
                yield one
            else:
                yield from _pieces(one, depth + 1)
    elif isinstance(value, list):
        for one in value:
            yield from _pieces(one, depth + 1)
