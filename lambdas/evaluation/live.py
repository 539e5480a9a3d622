"""The live model of the recipe's alias, and which held-out prompts it has seen.

A model that was trained on a prompt, or on one of its family, would be graded on what it knows. Data sets are
content-addressed, so the ledger's record of the run that made the model names the very file it was trained on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from distillery.core import conversation
from distillery.core.aliases import Aliases
from distillery.core.aws import ObjectStore
from distillery.core.conversation import Prompt
from distillery.core.errors import BadRequest
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Alias, Run
from distillery.datasets.split import HashedPrompt
from distillery.evaluation import contestants
from distillery.evaluation.contestants import Contestant

UNKNOWN = "what the live model was trained on is unknown ({}), so no prompt is left out of its comparison"


@dataclass(frozen=True, slots=True)
class LiveModel:
    """Finds the live model of a recipe."""

    aliases: Aliases
    ledger: Ledger
    store: ObjectStore

    def find(self, parameter: str, prompts: Sequence[Prompt], *, student: str | None) -> Contestant | None:
        """The live model; None where the alias names none, or the student itself."""
        alias = self.aliases.read(parameter)
        if alias is None or alias.current == student:
            return None
        run = self._run(alias)
        if isinstance(run, str):
            return contestants.live(alias, note=UNKNOWN.format(run))
        if not run.dataset.uri:
            return contestants.live(alias, note=UNKNOWN.format(f"its job read the logs of run {run.id} itself"))
        if not self.store.exists(run.dataset.uri):
            return contestants.live(alias, note=UNKNOWN.format(f"{run.dataset.uri} no longer exists"))
        trained = self.store.read(run.dataset.uri).decode()
        return contestants.live(alias, left_out=seen(prompts, _prompts(trained)))

    def _run(self, alias: Alias) -> Run | str:
        """The run that made the model, or why it is unknown."""
        try:
            return self.ledger.run(alias.run).run
        except BadRequest as error:
            return str(error)


def seen(prompts: Iterable[Prompt], trained: Iterable[Prompt]) -> Iterator[int]:
    """The indices of the prompts that were trained on, or of whose family one was: the same text but for letter case,
    white space and Unicode form, or a cut of the same dialogue."""
    known = {digest for prompt in trained for digest in _digests(prompt)}
    return (index for index, prompt in enumerate(prompts) if not known.isdisjoint(_digests(prompt)))


def _digests(prompt: Prompt) -> tuple[str, str]:
    hashed = HashedPrompt.of(prompt)
    return hashed.folded_digest, hashed.opening_digest


def _prompts(text: str) -> Iterator[Prompt]:
    return (conversation.parse(line) for line in text.split("\n") if line)
