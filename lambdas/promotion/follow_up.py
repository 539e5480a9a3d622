"""What follows from a verdict: the student goes live, waits for a person, or the live model stays."""

from distillery.core.judging import InconclusivePolicy, VerdictOutcome
from distillery.core.pipeline import Alias, Outcome, Verdict
from distillery.core.recipe import Recipe


def follow_up(recipe: Recipe, verdict: Verdict, *, second_person: bool) -> Outcome:
    """How the run ends if nothing fails.

    Args:
        recipe: The recipe that the run began with.
        verdict: Its verdict. Those of old executions say only whether the student passed. After an exploratory one, a
            person decides.
        second_person: Whether the environment keeps data. Who uploads prompts also wrote the held-out ones there, so
            somebody else decides.
    """
    match verdict.outcome or (VerdictOutcome.PASSED if verdict.passed else VerdictOutcome.FAILED):
        case VerdictOutcome.PASSED:
            waits = second_person or not recipe.auto_promote or bool(verdict.exploratory)
            return Outcome.AWAITING_ACCEPTANCE if waits else Outcome.PROMOTED
        case VerdictOutcome.INCONCLUSIVE:
            waits = recipe.inconclusive is InconclusivePolicy.WAIT
            return Outcome.AWAITING_ACCEPTANCE if waits else Outcome.INCONCLUSIVE
        case VerdictOutcome.FAILED:
            return Outcome.REJECTED


def compares_live(verdict: Verdict, *, student: str, alias: Alias | None, judged: str | None) -> bool:
    """Whether the verdict compares the student with the model that is live now.

    A run that failed may be evaluated long after it was judged or asked, and end with a verdict about another live
    model. So that no model is replaced that was never compared, a person decides then.

    Args:
        verdict: Those of 0.1.0 compare with no live model.
        student: ARN of its model.
        alias: None where nothing is live.
        judged: When the verdict was given, ISO 8601.
    """
    if alias is None or alias.current == student:
        return True
    if judged and alias.changed > judged:  # promoted, or rolled back to, since
        return False
    return verdict.outcome is None or (verdict.live is not None and verdict.live.model == alias.current)
