"""What can be said about a verdict before anything is paid for: whether the graders fit the references, and what
difference the held-out prompts detect."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from distillery.core.conversation import Prompt
from distillery.core.judging import GraderKind, GraderSpec
from distillery.core.recipe import Recipe
from distillery.evaluation.graders.fit import misfits, spread, unread
from distillery.evaluation.graders.grade import Grader
from distillery.evaluation.graders.registry import build_one
from distillery.evaluation.statistics.families import MIN_FAMILIES
from distillery.evaluation.statistics.planning import DISCORDANT, POWER, detectable_difference, points, prompts_for
from distillery.evaluation.statistics.resampling import Families


@dataclass(frozen=True, slots=True, kw_only=True)
class Heldout:
    """The held-out prompts that an evaluation asks.

    Attributes:
        families: The family of each; empty if each stands alone.
        labelled: Whether each has a reference.
    """

    prompts: int
    families: Sequence[int] = ()
    labelled: bool = True

    @property
    def independent(self) -> Fraction:
        """How many independent prompts carry as much information."""
        sizes = tuple(Counter(self.families).values())
        return Families((Fraction(0),) * len(sizes), sizes).effective if sizes else Fraction(self.prompts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What can be said about a verdict.

    Attributes:
        detectable: The difference between two scores, 0 to 1, that the held-out prompts detect; None if no comparison
            can be decided.
        warnings: What will keep the verdict from being of use, by the codes of rules on data sets.
        golden: What the golden set demands, if the recipe has one.
    """

    heldout: Heldout
    detectable: float | None
    warnings: Mapping[str, Sequence[str]] = field(default_factory=dict)
    golden: str = ""

    @property
    def sentence(self) -> str:
        asked, independent = self.heldout.prompts, self.heldout.independent
        what = f"{asked} held-out prompt{'s' if asked != 1 else ''}"
        if independent < asked:
            what += f", equivalent to {math.floor(independent)} independent ones,"
        if self.detectable is None:
            return f"{what} cannot compare two models; {MIN_FAMILIES} independent ones are needed"
        return (
            f"{what} detect a difference of {points(self.detectable)} points: with that margin, a student as good as "
            f"another model passes in {POWER:.0%} of cases, if the two differ in {DISCORDANT:.0%} of the answers"
        )

    @property
    def described(self) -> Mapping[str, Any]:
        """The section of a report. `detectable_difference` is null if no comparison can be decided."""
        return {
            "heldout": self.heldout.prompts,
            "independent": float(self.heldout.independent),
            "detectable_difference": self.detectable,
            "sentence": self.sentence,
            **({"golden": self.golden} if self.golden else {}),
        }


def preview(recipe: Recipe, prompts: Sequence[Prompt], heldout: Heldout, *, golden: int = 0) -> Preview:
    """What can be said about a run of the recipe with these prompts. A grader whose packages are not installed is left
    out: the function that makes data sets has those of curation only."""
    built = list(_graders(recipe))
    binary = len(built) == 1 == len(recipe.grader_specs) and built[0][1].binary and not heldout.families
    detectable = _detectable(heldout, single_and_binary=binary)
    warnings: dict[str, Sequence[str]] = {}
    needing = [kind for kind, grader in built if grader.needs_reference]
    if needing and not heldout.labelled:
        kinds = ", ".join(f"`{kind}`" for kind in needing)
        warnings["references-needed"] = (
            f"not all of {heldout.prompts} held-out prompts have a reference answer, and the grader {kinds} needs one: "
            "the verdict will be inconclusive",
        )
    labelled = [prompt for prompt in prompts if prompt.reference is not None]
    found = misfits(built, spread(labelled)) if built and labelled else ()
    if any(kind is GraderKind.JUDGE for kind, _ in built) and (too_long := unread(prompts)):
        found = (*found, too_long)
    if found:
        warnings["grader-misfit"] = found
    if not (needing and not heldout.labelled) and (small := _too_small(recipe, heldout, detectable)):
        warnings["margin-too-small"] = (small,)
    return Preview(heldout=heldout, detectable=detectable, warnings=warnings, golden=_golden(recipe, golden))


def _golden(recipe: Recipe, prompts: int) -> str:
    """What a student must answer of the golden set; `prompts` is 0 where it was not read."""
    if not recipe.golden_set:
        return ""
    if not prompts:
        return (
            f"golden set {recipe.golden_set}: not read here, so the estimate is without its answers, and its prompts "
            "are not removed; --golden FILE reads it"
        )
    needed = math.ceil(Fraction(str(recipe.least_golden_score)) * prompts)
    said = f"golden set {recipe.golden_set}: the student needs {needed} of {prompts} points"
    margin = recipe.golden_teacher_margin
    if margin is None:
        return said
    found = detectable_difference(prompts)
    can = f"detect {points(found)}" if found < 1 else "cannot compare two models"
    return f"{said}; golden_teacher_margin is {points(margin)} points, and so many prompts {can}"


def needing_references(recipe: Recipe) -> str:
    """The first grader that needs reference answers; empty if none does. Of one whose packages are not installed, its
    options say whether it does."""
    return next((spec.kind.value for spec in recipe.grader_specs if _needs_reference(spec)), "")


def _needs_reference(spec: GraderSpec) -> bool:
    try:
        return build_one(spec).needs_reference
    except ModuleNotFoundError:
        match spec.kind:
            case GraderKind.JSON:
                return not spec.options.get("schema")
            case GraderKind.PATTERN:
                return "(?P<" in str(spec.options.get("pattern", ""))
            case _:
                return True


def _graders(recipe: Recipe) -> Iterator[tuple[GraderKind, Grader]]:
    for spec in recipe.grader_specs:
        try:
            yield spec.kind, build_one(spec)
        except ModuleNotFoundError:
            continue


def _detectable(heldout: Heldout, *, single_and_binary: bool) -> float | None:
    if not single_and_binary and heldout.independent < MIN_FAMILIES:
        return None
    found = detectable_difference(math.floor(heldout.independent))
    return found if found < 1 else None


def _too_small(recipe: Recipe, heldout: Heldout, detectable: float | None) -> str:
    """Which margins of the recipe are too small for the held-out prompts; empty if none is."""
    margins = {"teacher_margin": recipe.margin_to_teacher, "live_margin": recipe.live_margin}
    small = {name: margin for name, margin in margins.items() if detectable is None or margin < detectable}
    if not small:
        return ""
    named = " and ".join(f"{name} is {points(margin)} points" for name, margin in small.items())
    can = "cannot compare two models" if detectable is None else f"detect {points(detectable)}"
    needed = prompts_for(min(small.values()))
    enough = f"; {needed} independent ones detect {points(min(small.values()))}" if needed else ""
    return f"{named}, and {heldout.prompts} held-out prompts {can}: a good student may be inconclusive{enough}"
