"""The live model of the recipe's alias, the system prompt that it is served with, and the held-out prompts it has seen.

A model that was trained on a prompt, or on one of its family, would be graded on what it has already seen. Data sets
are content-addressed, so the ledger's record of the run that made the model names the exact file that it was trained
on.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from distillery.core import conversation
from distillery.core.aliases import Aliases
from distillery.core.aws import ObjectStore
from distillery.core.conversation import Prompt
from distillery.core.errors import BadRequest, SystemPromptLost
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Alias, Run
from distillery.core.recipe_options import NearDuplicates
from distillery.core.system_prompt import SystemPrompt
from distillery.evaluation import contestants
from distillery.evaluation.contestants import Contestant

MIN_OPENING = 20
"""Characters from which a user's message tells a dialogue from others, as in the split."""
BLOCK = 500
"""Training prompts in memory at a time."""
NEAR = "{} of the prompts left out are near duplicates of what it was trained on"
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
        """The live model; None where the alias names none or the student itself, or is paused: after a verdict that
        does not compare with the live model, a person decides. `asking` is the run that asks it."""
        alias = self.aliases.read(parameter)
        if alias is None or alias.current == student or alias.paused:
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
        curation = asking.recipe.curation
        likeness = None if curation.near_duplicates is NearDuplicates.IGNORE else curation.likeness
        trained = (conversation.parse(line.decode()) for line in self.store.lines(run.dataset.uri) if line)
        found = seen(prompts, trained, self._families(asking), likeness=likeness)
        note = NEAR.format(found.near) if found.near else ""
        return contestants.live(alias, left_out=found.left_out, note=note, system=system)

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


@dataclass(frozen=True, slots=True)
class Seen:
    """The prompts that a model was trained on.

    Attributes:
        left_out: Their indices, and those of their families.
        near: How many are near duplicates of what it was trained on, and not the same text.
    """

    left_out: frozenset[int]
    near: int = 0


def seen(
    prompts: Sequence[Prompt], trained: Iterable[Prompt], families: Sequence[int] = (), *, likeness: float | None = None
) -> Seen:
    """The prompts that the model was trained on, and their families.

    A prompt is recognized by its text, regardless of letter case, white space and Unicode form, as a cut of the same
    dialogue, or by a near duplicate.

    Args:
        prompts: Those that are asked.
        trained: Those of the training file, which are read once, a block at a time.
        families: Of `prompts`, as the data set has stored them; empty if each stands alone.
        likeness: Similarity of near duplicates; None if they are not searched for.
    """
    digests = [_digests(prompt) for prompt in prompts]
    same, near, rest = set[int](), set[int](), iter(trained)
    while block := list(islice(rest, BLOCK)):
        known = {digest for prompt in block for digest in _digests(prompt)}
        same |= {index for index, both in enumerate(digests) if not known.isdisjoint(both)}
        if likeness is not None:
            near |= _near(prompts, block, same | near, likeness)
    near -= same
    found = same | near
    with_them = {families[index] for index in found} if families else set[int]()
    family = {index for index, number in enumerate(families) if number in with_them}
    return Seen(frozenset(found | family), len(near))


def _near(prompts: Sequence[Prompt], block: Sequence[Prompt], found: set[int], likeness: float) -> set[int]:
    from distillery.datasets.curation.overlap import near_trained  # slow to import: only a plan needs it

    rest = [index for index in range(len(prompts)) if index not in found]
    return {rest[at] for at in near_trained([prompts[index] for index in rest], block, threshold=likeness)}


def _digests(prompt: Prompt) -> tuple[str, str]:
    return prompt.folded_digest, _opening(prompt).folded_digest


def _opening(prompt: Prompt) -> Prompt:
    """The dialogue up to its first long message of the user, as the split sees it (`distillery.datasets.split`, whose
    packages are slow to import)."""
    for index, (role, text) in enumerate(prompt.messages[:-1]):
        if role == "user" and len(text) >= MIN_OPENING:
            return replace(prompt, messages=prompt.messages[: index + 1], reference=None)
    return prompt
