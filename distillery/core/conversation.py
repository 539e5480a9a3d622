"""One line of a data set in Bedrock's schema `bedrock-conversation-2024`, as a `Prompt` and back.

    {"schemaVersion": "bedrock-conversation-2024",
     "system": [{"text": "Classify the ticket."}],                                  optional
     "messages": [{"role": "user", "content": [{"text": "My card was charged twice."}]},
                  {"role": "assistant", "content": [{"text": "billing.duplicate"}]}]}  the reference, optional

Source: UG distillation-data-prep-option-1. Lines of other origin are checked by the dataset stage
(`distillery.datasets.validation`).
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from distillery.core import names
from distillery.core.errors import BadRequest
from distillery.core.limits import SCHEMA_VERSION
from distillery.core.tokens import estimate_tokens

Message = tuple[str, str]
ROLES = ("user", "assistant")
_ASCII = bytes(range(128))
_OF_FORMULAS = ("<super>", "<sub>", "<fraction>", "<circle>", "<font>")
"""Tags of Unicode's compatibility decompositions."""


class NotAConversation(BadRequest):
    """A line that does not match the schema. The message never quotes a prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt with its reference answer.

    Attributes:
        messages: (role, text) from the first user message to the last.
        reference: The correct answer, or None.
    """

    system: str | None
    messages: tuple[Message, ...]
    reference: str | None

    @property
    def digest(self) -> str:
        """The SHA-256 of system and messages. The reference makes no difference."""
        return names.digest([self.system, [list(message) for message in self.messages]])

    @property
    def folded_digest(self) -> str:
        """The digest of the folded text, see `fold`. It decides which side a prompt is on, and must never change."""
        return names.digest([fold(self.system or ""), [[role, fold(text)] for role, text in self.messages]])

    @property
    def twin_digest(self) -> str:
        """The digest that prompts have in common if they are the same for every reader, see `fold_faithfully`."""
        messages = [[role, fold_faithfully(text)] for role, text in self.messages]
        return names.digest([fold_faithfully(self.system or ""), messages])

    @property
    def tokens(self) -> int:
        """The estimated number of tokens of system and messages."""
        return estimate_tokens("".join((self.system or "", *(text for _, text in self.messages))))

    @property
    def turns(self) -> int:
        """The number of user messages."""
        return sum(role == "user" for role, _ in self.messages)


def fold(text: str) -> str:
    """The text without differences in letter case, white space and Unicode form."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def distinct_non_ascii(text: str) -> set[str]:
    """The distinct characters of a text beyond ASCII. Of a long text in Latin script, these are few, and found in a
    tenth of the time that a set of all characters takes."""
    if text.isascii():
        return set()
    return set(text.encode(errors="surrogatepass").translate(None, _ASCII).decode(errors="surrogatepass"))


def formula_characters(text: str) -> str:
    """The characters of a text that a formula tells apart from what folding makes of them."""
    return "".join(
        each for each in distinct_non_ascii(text) if unicodedata.decomposition(each).startswith(_OF_FORMULAS)
    )


def fold_faithfully(text: str) -> str:
    """The folded text, in which characters stay that a formula tells apart: `10²` is not `102`, nor `1½` `11/2`."""
    kept = formula_characters(text)
    if not kept:
        return fold(text)
    parts = re.split(f"([{re.escape(kept)}])", text)
    usual = (part if part in kept else unicodedata.normalize("NFKC", part) for part in parts)
    return " ".join("".join(usual).casefold().split())


def converse_request(prompt: Prompt) -> dict[str, Any]:
    """`messages`, and `system` if there is one, as Converse takes them; never the reference."""
    messages = {"messages": [_message(role, text) for role, text in prompt.messages]}
    return messages if prompt.system is None else {"system": [{"text": prompt.system}], **messages}


def to_line(prompt: Prompt, *, reference: bool = True) -> str:
    """The prompt in the schema's canonical form, without a line end, and with its reference on request.

    Characters that some readers treat as line ends are escaped.
    """
    answer = [_message("assistant", prompt.reference)] if reference and prompt.reference is not None else []
    request = converse_request(prompt)
    line = {"schemaVersion": SCHEMA_VERSION, **request, "messages": request["messages"] + answer}
    text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
    return text.replace("\x85", "\\u0085").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": [{"text": text}]}


def parse(line: str) -> Prompt:
    """The prompt of a line that `to_line` wrote, in any layout. Raises NotAConversation.

    For lines of other origin, `distillery.datasets.validation` explains what is wrong.
    """
    try:
        record = json.loads(line)
        turns = [(message["role"], _text(message["content"])) for message in record["messages"]]
        system = _text(record["system"]) if "system" in record else None
        known = record["schemaVersion"] == SCHEMA_VERSION
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise NotAConversation(
            f"is not a line of a data set ({type(error).__name__}); upload the prompts again"
        ) from error
    if not known or not turns or [role for role, _ in turns] != [*islice(cycle(ROLES), len(turns))]:
        raise NotAConversation("is not a line of a data set; upload the prompts again")
    reference = turns.pop()[1] if len(turns) % 2 == 0 else None
    return Prompt(system=system, messages=tuple(turns), reference=reference)


def _text(blocks: Any) -> str:
    (block,) = blocks
    return str(block["text"])
