"""Which of an environment's policies a verb needs, told where AWS refuses it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distillery.cli.target import Target

OPERATOR, APPROVER, ON_CALL = "OperatorPolicyArn", "ApproverPolicyArn", "OnCallPolicyArn"
CALLER, MEASURER, COLLECTOR = "CallerPolicyArn", "MeasurerPolicyArn", "CollectorPolicyArn"
ERASER = "EraserPolicyArn"
STACKS = {CALLER: "serving", MEASURER: "serving", COLLECTOR: "collection"}
"""Whose outputs name these policies; the pipeline stack's name the others."""

NEEDS = {
    "run": (OPERATOR,),
    "collect": (COLLECTOR,),
    "status": (OPERATOR, APPROVER, ON_CALL),
    "watch": (OPERATOR, APPROVER, ON_CALL),
    "approve": (APPROVER,),
    "reject": (APPROVER,),
    "rollback": (OPERATOR, ON_CALL),
    "routes": (CALLER, MEASURER),
    "ask": (CALLER,),
    "snippets": (CALLER, MEASURER),
    "probe": (MEASURER,),
    "bench": (MEASURER,),
    "forget": (ERASER,),
}
"""By any one of these."""

ROUTES = "the policy of the route"
BESIDE = {
    "probe": ROUTES,
    "bench": ROUTES,
    "forget": "LogsEraserPolicyArn of the collection stack where calls are logged",
}
"""What else is needed: `probe` and `bench` call models as a team does."""

_DECIDES = "decides only where every recipe names its deciders"
TAGGED = {
    "run": "starts runs by putting prompts under prompts/<recipe>/ of the prompts bucket",
    "collect": "leaves collecting to the recipe's schedule",
    "approve": _DECIDES,
    "reject": _DECIDES,
    "rollback": _DECIDES,
    "forget": "says --recipe, and reaches no logged calls",
}
"""What is for whom a tag holds to one recipe, of verbs that call functions or look beyond it."""

REFUSALS = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


def refused(error: BaseException | None) -> bool:
    """Whether AWS said, here or beneath, that whoever asked may not."""
    from distillery.client.errors import NotAllowed  # boto3, with its package

    while error is not None:
        if isinstance(error, NotAllowed):
            return True
        response = getattr(error, "response", None)
        if isinstance(response, dict) and response.get("Error", {}).get("Code") in REFUSALS:
            return True
        error = error.__cause__
    return False


def needed(verb: str | None, on: "Target", error: Exception) -> str | None:
    """What to ask the account's owner for; None where permissions are not what is wrong."""
    policies = NEEDS.get(verb or "", ())
    if not policies or not refused(error):
        return None
    told = " or ".join(f"{one} of stack distillery-{on.environment}-{STACKS.get(one, 'pipeline')}" for one in policies)
    beside = f", and {BESIDE[verb]}" if verb in BESIDE else ""
    tagged = f"; whoever bears the tag distillery:recipe {TAGGED.get(verb or '', 'reaches that recipe alone')}"
    return f"`distillery {verb}` needs the policy in output {told}{beside}{tagged if ROUTES not in beside else ''}"
