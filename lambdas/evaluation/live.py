"""The live model of the recipe's alias, the system prompt that it is served with, and the held-out prompts it has seen.

A model that was trained on a prompt, or on one of its family, would be graded on what it has already seen. Data sets
are content-addressed, so the ledger's record of the run that made the model names the exact file that it was trained
on.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from distillery.core import conversation
from distillery.core.aliases import Aliases
from distillery.core.aws import ObjectStore
from distillery.core.conversation import Prompt
from distillery.core.errors import BadRequest, SystemPromptLost
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Alias, Run
from distillery.core.system_prompt import SystemPrompt
from distillery.evaluation import contestants
from distillery.evaluation.contestants import Contestant

MIN_OPENING = 20
"""Characters from which a user's message tells a dialogue from others, as in the split."""
UNKNOWN = "what the live model was trained on is unknown ({}), so no prompt is left out of its comparison"
LOST = (
    "the live model cannot be invoked as it is served: its system prompt {} {}; the stored text must be the one that "
    "the alias names: roll back or promote another student, then evaluate the run again"
)


@dataclass(frozen=True, slots=True)
class LiveModel:
    """Finds the live model of a recipe."""

    aliases: Aliases
    ledger: Ledger
    store: ObjectStore

    def find(self, asking: Run, parameter: str, prompts: Sequence[Prompt], *, student: str) -> Contestant | None:
        """The live model; None where the alias names none, or the student itself. `asking` is the run that asks it."""
        alias = self.aliases.read(parameter)
        if alias is None or alias.current == student:
            return None
        system = self._system(alias.system)
        run = self._run(alias)
        if isinstance(run, str):
            return contestants.live(alias, note=UNKNOWN.format(run), system=system)
        if not run.dataset.uri:
            note = UNKNOWN.format(f"its job read the logs of run {run.id} itself")
            return contestants.live(alias, note=note, system=system)
        if not self.store.exists(run.dataset.uri):
            note = UNKNOWN.format(f"{run.dataset.uri} no longer exists")
            return contestants.live(alias, note=note, system=system)
        trained = self.store.read(run.dataset.uri).decode()
        left_out = seen(prompts, _prompts(trained), self._families(asking))
        return contestants.live(alias, left_out=left_out, system=system)

    def _system(self, system: SystemPrompt | None) -> str | None:
        """The system prompt that the route sends; None where it sends what the caller gives.

        Raises SystemPromptLost where the stored text is gone or altered: no caller can use the live model either.
        """
        if system is None or not system.is_stored:
            return None
        if not self.store.exists(system.uri):
            raise SystemPromptLost(LOST.format(system.uri, "does not exist any more"))
        body = self.store.read(system.uri)
        if hashlib.sha256(body).hexdigest() != system.sha256:
            raise SystemPromptLost(LOST.format(system.uri, f"has not the SHA-256 {system.sha256} any more"))
        return body.decode()

    def _families(self, asking: Run) -> list[int]:
        """The family of each prompt that is asked, those of the golden set last; empty if each stands alone."""
        uri, golden, heldout = asking.dataset.families_uri, asking.dataset.golden, asking.dataset.heldout
        families = [int(family) for family in json.loads(self.store.read(uri))] if uri else []
        if golden is None or not (families or golden.families):
            return families
        of_golden = golden.families or range(golden.prompts)
        return [*(families or range(heldout)), *(heldout + family for family in of_golden)]

    def _run(self, alias: Alias) -> Run | str:
        """The run that made the model, or why it is unknown."""
        try:
            return self.ledger.run(alias.run).run
        except BadRequest as error:
            return str(error)


def seen(prompts: Sequence[Prompt], trained: Iterable[Prompt], families: Sequence[int] = ()) -> set[int]:
    """The indices of the prompts that the model was trained on, and of their families.

    A prompt is recognized by its text, regardless of letter case, white space and Unicode form, or as a cut of the same
    dialogue. `families` are those that the data set has stored, near duplicates among them.
    """
    known = {digest for prompt in trained for digest in _digests(prompt)}
    found = {index for index, prompt in enumerate(prompts) if not known.isdisjoint(_digests(prompt))}
    with_them = {families[index] for index in found} if families else set()
    return found | {index for index, family in enumerate(families) if family in with_them}


def _digests(prompt: Prompt) -> tuple[str, str]:
    return prompt.folded_digest, _opening(prompt).folded_digest


def _opening(prompt: Prompt) -> Prompt:
    """The dialogue up to its first long message of the user, as the split sees it (`distillery.datasets.split`, which
    this function does not ship: it needs numpy)."""
    for index, (role, text) in enumerate(prompt.messages[:-1]):
        if role == "user" and len(text) >= MIN_OPENING:
            return replace(prompt, messages=prompt.messages[: index + 1], reference=None)
    return prompt


def _prompts(text: str) -> Iterator[Prompt]:
    return (conversation.parse(line) for line in text.split("\n") if line)
