"""Teachers as the settings want them: with a labelled set that they were shown before anything else."""

from functools import lru_cache
from pathlib import Path

from bedrock_simulator.models import dataset
from bedrock_simulator.models.storage import Rejected
from bedrock_simulator.models.teacher import Example, Teacher, show
from bedrock_simulator.settings import TeacherSettings

Shown = dict[str, dict[str, str]]


def appoint(settings: TeacherSettings, shown: Shown | None = None) -> Teacher:
    """A teacher of one account, who was also shown these golden answers before."""
    known: Shown = {}
    if settings.labelled:
        show(known, labelled(Path(settings.labelled)))
    for system, answers in (shown or {}).items():
        known.setdefault(system, {}).update(answers)
    return Teacher.remembering(settings, known)


@lru_cache(maxsize=8)
def labelled(path: Path) -> tuple[Example, ...]:
    """The golden examples of a file in the format of a training file; read once. Raises OSError or Rejected."""
    found = tuple(each for each in dataset.parse(path.read_bytes(), multi_turn=True) if each.answer is not None)
    if not found:
        raise Rejected(f"{path} has no prompt with an answer.")
    return found
