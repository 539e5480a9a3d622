"""Removes quotations from the messages of services: prompts, answers and lines of files must not reach logs, e-mails,
the ledger or an execution's history through an error.

`redacted_model_text` is for services that receive prompts: it keeps known sentences only (`phrases`). `redacted_text`
is for all other services, and for texts such as a job's `failureMessage`: it removes what is quoted or bracketed, and
every word that services do not use themselves. A prompt may consist of such words too, so of an unknown sentence no
SHORT characters in a row are kept: words in between are removed. Identifiers are kept whole, in ‹›: ARNs, model ids,
request ids, actions.
"""

import functools
import re

from distillery.core.escaping import one_line
from distillery.core.phrases import FUNCTION_WORDS, SENTENCES, SERVICE_WORDS

SHORT = 20
GAP = "…"
LEFT_OUT = "its sentence is left out, since it may quote a prompt"
"""Replaces a message of which nothing is kept."""
_READ, _KEPT = 4000, 500

_IDENTIFIER = (
    r"(?:arn:aws[a-z-]{0,10}:[a-z0-9-]{1,30}:[a-z0-9-]{0,20}:\d{0,12}:[A-Za-z0-9._/:*+=,@-]{0,200}[A-Za-z0-9/*]"
    r"|(?:[a-z]{2,6}\.)?(?:amazon|anthropic|meta)\.[a-z][a-z0-9.-]{1,40}(?::\d{1,3})?(?::\d{1,4}k)?"
    r"|(?:athena|bedrock|dynamodb|events|glue|iam|kms|lambda|logs|s3|servicequotas|sns|sqs|ssm|states|sts)"
    r":[A-Z][A-Za-z]{2,50}"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?!\w)"
)
_PIECE = re.compile(
    rf"(?P<identifier>(?<!\w)‹?{_IDENTIFIER}›?)"
    r"|(?P<gap>(?<!\w)'.*?'(?!\w)|\".*?\"|`.*?`|“.*?”|‘.*?’|«.*?»|\{.*\}|\[.*\]"
    r"|(?<!\w)'.*|[\"`“‘«{\[].*)"
    r"|(?P<word>[A-Za-z][A-Za-z0-9]*(?:[-'’][A-Za-z0-9]+)*(?!\w))"
    r"|(?P<number>\d{1,12}(?:\.\d{1,3})?(?!\w))"
    r"|(?P<between>[ .,:;()])"
    r"|(?P<other>\w+|.)",
    re.DOTALL,
)
_WRAPPED = re.compile(
    r"An error occurred \([A-Z][A-Za-z0-9.]{2,60}\) when calling the [A-Z][A-Za-z0-9]{2,60} operation"
    r"(?: \(reached max retries: \d{1,3}\))?: "
)
_BETWEEN = " .,:;()"
_WORD = re.compile(f"([{_BETWEEN}]*)([^{_BETWEEN}]+)")


def _pattern(known: str) -> "re.Pattern[str]":
    spelled = re.sub("['’]", "['’]", re.escape(known).replace(r"\{\}", r"(\S{1,300})"))
    return re.compile(spelled)


@functools.cache
def _patterns() -> tuple[tuple["re.Pattern[str]", str], ...]:
    """Compiled when the first error is redacted, not at every cold start."""
    return tuple((_pattern(known), known) for known in sorted((*SENTENCES, LEFT_OUT), key=len, reverse=True))


def redacted_model_text(text: object) -> str:
    """The known sentences that the text begins with; empty where there are none."""
    known, rest = _known(one_line(text, _READ))
    return f"{known} {GAP}" if known and rest else known


def redacted_text(text: object, most: int = _KEPT) -> str:
    """What may be kept of any service's text. Redacting the result again changes little."""
    text = one_line(text, _READ)
    wrapped = _WRAPPED.match(text)
    head = wrapped[0] if wrapped else ""
    known, rest = _known(text.removeprefix(head))
    fragments = _fragments(rest) if rest else ""
    if known and fragments:
        fragments = f" {GAP} {fragments.removeprefix(GAP).lstrip()}".rstrip()
    return one_line(head + known + fragments, most)


def redacted_message(text: object, where: str) -> str:
    """The redacted text for people, with the place of the full text if anything was removed; empty for an empty
    text."""
    redacted = redacted_text(text)
    if GAP not in redacted:
        return redacted
    return f"{LEFT_OUT if redacted == GAP else redacted} (in full: {where})"


def code(text: object) -> str:
    """The text if it has the form of an error code or request id; otherwise `Unknown`."""
    return str(text) if re.fullmatch(r"[A-Za-z0-9._:/+=-]{1,80}", str(text)) else "Unknown"


def _known(text: str) -> tuple[str, str]:
    """The known sentences at the beginning, with identifiers only in their placeholders, and the rest."""
    kept: list[str] = []
    while found := next(((m, known) for pattern, known in _patterns() if (m := pattern.match(text))), None):
        match, known = found
        parts = known.split("{}")
        kept.append(
            parts[0] + "".join(_hole(hole) + part for hole, part in zip(match.groups(), parts[1:], strict=True))
        )
        text = text[match.end() :].lstrip()
    return " ".join(kept), text.strip(_BETWEEN)


def _hole(text: str) -> str:
    plain = text.strip("'\"()[],.;:‹›")
    fits = re.fullmatch(rf"{_IDENTIFIER}|\d{{1,12}}", plain) or plain in SERVICE_WORDS
    return plain if fits else GAP


def _fragments(text: str) -> str:
    """Parts of an unknown message, and identifiers; gaps mark what was removed."""
    pieces: list[str] = []
    run = ""
    for found in _PIECE.finditer(text):
        piece = found[0]
        if found.lastgroup in ("number", "between") or (found.lastgroup == "word" and _is_services(piece)):
            run += piece
        else:
            pieces += [*_parts(run), f"‹{piece.strip('‹›')}›" if found.lastgroup == "identifier" else GAP]
            run = ""
    pieces += _parts(run)
    return " ".join(one for number, one in enumerate(pieces) if one != GAP or pieces[number - 1 : number] != [GAP])


def _is_services(word: str) -> bool:
    return _plain(word) in SERVICE_WORDS or _plain(word) in FUNCTION_WORDS


def _plain(word: str) -> str:
    return word.lower().replace("’", "'")


def _parts(run: str) -> list[str]:
    """Splits a run of words and numbers into parts of less than SHORT characters, spaces included, with gaps between
    them.

    Function words are removed before words that carry the meaning. Of two numbers in a row, which may belong to a
    telephone or card number, the second is removed.
    """
    parts: list[str] = []
    part, binding, number = "", "", False
    for between, word in _WORD.findall(run):
        if _plain(word) in FUNCTION_WORDS:
            binding, number = f"{binding}{between}{word}", False
            continue
        longer = f"{part}{binding}{between}{word}" if part else word
        twice, number = number and word[0].isdigit(), word[0].isdigit()
        if len(longer) <= SHORT - 3 and not twice:
            part = longer
        else:
            parts += [*_telling(part), GAP]
            part = word if (binding or not part) and not twice and len(word) <= SHORT - 3 else ""
        binding = ""
    return parts + _telling(part)


def _telling(part: str) -> list[str]:
    """A gap where the part carries no meaning: numbers alone."""
    if not part:
        return []
    return [part if any(_plain(word) in SERVICE_WORDS for _, word in _WORD.findall(part)) else GAP]
