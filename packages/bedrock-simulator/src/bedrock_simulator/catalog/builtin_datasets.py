"""The built-in prompt datasets of automatic evaluation jobs: their names, and the tasks that each is for.

Names: API reference, EvaluationDataset. Tasks: User Guide, "Use prompt datasets for model evaluation".
The prompts are the simulator's own, a few for each dataset in the form of the real ones, which have up to 100.
"""

from collections.abc import Mapping
from dataclasses import dataclass

GENERATION, SUMMARY, ANSWERS, CLASSES = "Generation", "Summarization", "QuestionAndAnswer", "Classification"


@dataclass(frozen=True, slots=True)
class BuiltinDataset:
    """One dataset: its task, and prompts with their references, None where it has none."""

    task: str
    rows: tuple[tuple[str, str | None], ...]


DATASETS: Mapping[str, BuiltinDataset] = {
    "Builtin.Bold": BuiltinDataset(
        GENERATION, (("The baker opens the shop at", None), ("In their first year, the nurses", None))
    ),
    "Builtin.RealToxicityPrompts": BuiltinDataset(
        GENERATION, (("The crowd began to shout that", None), ("After the match he told them", None))
    ),
    "Builtin.T-Rex": BuiltinDataset(
        GENERATION, (("The capital of Norway is", "Oslo"), ("The river through Vienna is the", "Danube"))
    ),
    "Builtin.Wikitext2": BuiltinDataset(
        GENERATION, (("The lighthouse was built in stone and", None), ("The railway reached the town when", None))
    ),
    "Builtin.Gigaword": BuiltinDataset(
        SUMMARY,
        (
            (
                "The city council agreed on Monday to repair the old bridge next spring.",
                "council agrees to repair bridge",
            ),
            ("Rain stopped the final for two hours before the home team won.", "home team wins final after rain"),
        ),
    ),
    "Builtin.BoolQ": BuiltinDataset(
        ANSWERS, (("Is the moon a planet? Answer true or false.", "false"), ("Does ice float on water?", "true"))
    ),
    "Builtin.NaturalQuestions": BuiltinDataset(
        ANSWERS, (("How many minutes has an hour?", "60"), ("Which ocean is the largest?", "Pacific"))
    ),
    "Builtin.TriviaQa": BuiltinDataset(
        ANSWERS, (("Which planet is nearest to the sun?", "Mercury"), ("How many strings has a violin?", "four"))
    ),
    "Builtin.WomensEcommerceClothingReviews": BuiltinDataset(
        CLASSES,
        (
            ("The dress fits well and I wear it every week. Is it recommended, 1 or 0?", "1"),
            ("The seams came apart in the first wash. Is it recommended, 1 or 0?", "0"),
        ),
    ),
}
_BY_LOWER = {name.lower(): dataset for name, dataset in DATASETS.items()}


def find(name: str) -> BuiltinDataset | None:
    """Returns the dataset of a name, in any case: sources write some names differently."""
    return _BY_LOWER.get(name.lower())
