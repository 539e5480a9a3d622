"""Stores the system prompt of a student where callers read it, before its model becomes live."""

import hashlib
from dataclasses import dataclass

from distillery.core.aws import ClientError, ObjectStore, code
from distillery.core.errors import SystemPromptLost
from distillery.core.system_prompt import SystemPrompt

MISSING = ("NoSuchKey", "NoSuchBucket", "404")


@dataclass(frozen=True, slots=True)
class SystemPromptStore:
    """Immutable objects: each is written once, and read again to verify it. Every call may be repeated."""

    objects: ObjectStore

    def keep(self, system: SystemPrompt | None, learned: SystemPrompt | None) -> None:
        """Makes sure that callers can read the system prompt.

        Args:
            system: The system prompt at the address that callers read.
            learned: The same in the data set of the run that made the model, from which a missing object is copied.

        Raises:
            SystemPromptLost: There is no intact copy.
        """
        if system is None or not system.is_stored:
            return
        body = self._read(system.uri)
        if body is None:
            source = learned.uri if learned else ""
            copy = self._read(source) if source else None
            if copy is None:
                raise SystemPromptLost(
                    f"the system prompt {system.uri} is gone, and so is its copy in the data set; the model must not "
                    "be called without it: run the recipe again with the prompts"
                )
            _verify(copy, source, system)
            self.objects.write_new(system.uri, copy)
            body = self._read(system.uri) or b""
        _verify(body, system.uri, system)

    def _read(self, uri: str) -> bytes | None:
        """None where there is no such object."""
        try:
            return self.objects.read(uri)
        except ClientError as error:
            if code(error) in MISSING:
                return None
            raise


def _verify(body: bytes, uri: str, system: SystemPrompt) -> None:
    if (found := hashlib.sha256(body).hexdigest()) != system.sha256:
        raise SystemPromptLost(
            f"{uri} was altered: its SHA-256 is {found}, and {system.sha256} is expected; delete the object, find out "
            "who wrote it, and run the recipe again"
        )
