"""What follows from a verdict: the student goes live, waits for a person, or the live model stays."""

from distillery.core.judging import InconclusivePolicy, VerdictOutcome
from distillery.core.pipeline import Outcome, Verdict
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
