"""What one line has to be."""

import codecs

from lambdas.shared.conversation import NotAConversation, Prompt, parse, to_line
from lambdas.shared.limits import MAX_LINE_BYTES

GZIP = b"\x1f\x8b"


def prompt_of(line: bytes, *, multi_turn: bool) -> Prompt:
    """The prompt that a line spells. multi_turn: whether the student's family is distilled from dialogues (Nova is,
    Anthropic's and Meta's are not: UG distillation-data-prep-option-1). Raises NotAConversation."""
    prompt = parse(_text(line))
    if prompt.turns > 1 and not multi_turn:
        raise NotAConversation(f"has {prompt.turns} user turns; this student is distilled from single turns alone")
    if len(to_line(prompt).encode()) > MAX_LINE_BYTES:
        raise NotAConversation(_too_long())
    return prompt


def _text(line: bytes) -> str:
    if len(line) > MAX_LINE_BYTES:
        raise NotAConversation(_too_long())
    if not line.strip():
        raise NotAConversation("is empty; remove it")
    if line.startswith(codecs.BOM_UTF8):
        raise NotAConversation("begins with a byte order mark; save the file as UTF-8 without one")
    if line.startswith(GZIP):
        raise NotAConversation("is packed with gzip; name the file .jsonl.gz")
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise NotAConversation(f"is not UTF-8 at byte {error.start + 1}; save the file as UTF-8") from error


def _too_long() -> str:
    return f"is longer than {MAX_LINE_BYTES} bytes, Bedrock's limit; shorten it"
