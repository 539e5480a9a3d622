"""What is looked for, and whether a file holds it, however the file spells it: as a line of a data set, as a logged
call, in JSON within JSON, in the cells of a table, packed or not.

Letter case, white space and Unicode form make no difference, as between prompts.
"""

import csv
import gzip
import io
import json
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from distillery.core.conversation import NotAConversation, Prompt, fold, parse
from distillery.core.errors import BadRequest

SHORTEST = 4
"""Letters of a text to be found anywhere: shorter ones stand in nearly every file."""
DEEPEST = 40

Holds = Callable[[set[str]], bool]
"""Whether the texts of one record, folded, hold what is wanted."""


def anywhere(text: str) -> Holds:
    """The text, within any other. Raises BadRequest for one that is too short to mean anybody."""
    wanted = fold(text)
    if len(wanted) < SHORTEST:
        raise BadRequest(f"a text of {len(wanted)} letters stands in nearly every file; say at least {SHORTEST}")
    return lambda texts: any(wanted in text for text in texts)


def prompts(wanted: Iterable[Prompt], masked: Callable[[str], str] = str) -> Holds:
    """Records that hold all that the user says in one of the prompts, each text whole. masked: a text as data sets hold
    it where a recipe masks personal data."""
    by_first = defaultdict[str, list[frozenset[str]]](list)
    for prompt in wanted:
        said = [text for role, text in prompt.messages if role == "user"]
        for texts in {frozenset(map(fold, said)), frozenset(fold(masked(text)) for text in said)}:
            by_first[min(texts)].append(texts)
    return lambda texts: any(one <= texts for text in texts & by_first.keys() for one in by_first[text])


def read_prompts(body: bytes) -> list[Prompt]:
    """Of a file of prompts. Raises BadRequest naming the first line that is none."""
    found = []
    for number, line in enumerate(unpacked(body).decode(errors="replace").split("\n"), start=1):
        if line.strip():
            try:
                found.append(parse(line))
            except NotAConversation as error:
                raise BadRequest(f"line {number} is no prompt; one conversation a line, or say --text") from error
    if not found:
        raise BadRequest("the file holds no prompt")
    return found


def of_digest(body: bytes, digest: str) -> Prompt | None:
    """The prompt of that digest among the lines of a file, if it is there."""
    for line in unpacked(body).decode(errors="replace").split("\n"):
        try:
            prompt = parse(line)
        except NotAConversation:
            continue
        if prompt.digest == digest:
            return prompt
    return None


def held(body: bytes, holds: Holds) -> bool:
    """Whether any record of the file holds it. Raises OSError where a packed file cannot be read."""
    text = unpacked(body).decode(errors="replace")
    whole = _json(text) if "\n" in text.strip() else None
    if whole is not None:
        return holds({fold(one) for one in _strings(whole)})
    if any(holds({fold(one) for one in _texts(line)}) for line in text.split("\n")):
        return True
    return '"' in text and any(holds({fold(one) for cell in row for one in _texts(cell)}) for row in _rows(text))


def unpacked(body: bytes) -> bytes:
    """Raises OSError."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return gzip.decompress(body)
    except (EOFError, zlib.error) as error:
        raise OSError(f"a packed file cannot be read ({type(error).__name__})") from error


def _rows(text: str) -> Iterator[list[str]]:
    rows = csv.reader(io.StringIO(text, newline=""))
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error:  # a line that is no row: looked at as a line before
            continue


def _texts(text: str) -> Iterator[str]:
    """The text and, where it is JSON, all texts in it."""
    yield text
    if (value := _json(text)) is not None:
        yield from _strings(value)


def _json(text: str) -> Any:
    """None for what is no object and no list."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _strings(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield from _texts(value) if depth < DEEPEST else (value,)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _strings(one, depth + 1)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one, depth + 1)
