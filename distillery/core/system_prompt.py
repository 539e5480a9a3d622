"""The system prompt that a student was trained with, which callers must send too (decision 18).

The dataset stage learns it from the training prompts and stores its text beside them. Promotion copies the text to an
immutable object, `system-prompts/<recipe>/<SHA-256>.txt` of the data bucket, and the alias names the object: an SSM
parameter has 4 KB, and a line of prompts 16 KB.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from distillery.core.names import SYSTEM_PROMPTS_PREFIX, split_s3_uri

if TYPE_CHECKING:
    from distillery.core.conversation import Prompt


class SystemPromptUse(StrEnum):
    """What training prompts have as system prompt: none of them any, all of them the same, or not all the same."""

    NONE = "none"
    SHARED = "shared"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPrompt:
    """What the training prompts of a student have as system prompt, and where the shared one is stored.

    Attributes:
        uri: The object with the text, in UTF-8; empty unless SHARED.
        sha256: Of the object; empty unless SHARED.
        bytes: Its size.
    """

    use: SystemPromptUse
    uri: str = ""
    sha256: str = ""
    bytes: int = 0

    @property
    def is_stored(self) -> bool:
        return self.use is SystemPromptUse.SHARED

    def at(self, uri: str) -> "SystemPrompt":
        """The same system prompt at another address; without a text, the same."""
        return replace(self, uri=uri) if self.is_stored else self


@dataclass(frozen=True, slots=True)
class SystemPrompts:
    """The system prompts of training prompts. `text`: the shared one. `different`: how many there are, with none as
    one of them."""

    use: SystemPromptUse
    text: str | None = None
    different: int = 1

    @classmethod
    def of(cls, prompts: Iterable["Prompt"]) -> "SystemPrompts":
        texts = {prompt.system for prompt in prompts}
        if len(texts) > 1:
            return cls(SystemPromptUse.SEVERAL, different=len(texts))
        text = next(iter(texts), None)
        return cls(SystemPromptUse.NONE if text is None else SystemPromptUse.SHARED, text)

    @property
    def described(self) -> SystemPrompt:
        """Without an address yet."""
        body = (self.text or "").encode()
        if self.use is not SystemPromptUse.SHARED:
            return SystemPrompt(use=self.use)
        return SystemPrompt(use=self.use, sha256=hashlib.sha256(body).hexdigest(), bytes=len(body))


def object_key(recipe: str, sha256: str) -> str:
    """The key of the object that callers read."""
    return f"{SYSTEM_PROMPTS_PREFIX}{recipe}/{sha256}.txt"


def callers_copy(recipe: str, learned: SystemPrompt | None) -> SystemPrompt | None:
    """The system prompt of a data set, at the address that callers read: its key is its content."""
    if learned is None or not learned.is_stored:
        return learned
    bucket, _ = split_s3_uri(learned.uri)
    return learned.at(f"s3://{bucket}/{object_key(recipe, learned.sha256)}")
