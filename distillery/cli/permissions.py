"""The policies that each verb needs, named in errors when AWS denies access."""

OPERATOR, APPROVER, ON_CALL = "OperatorPolicyArn", "ApproverPolicyArn", "OnCallPolicyArn"
CALLER, MEASURER, COLLECTOR = "CallerPolicyArn", "MeasurerPolicyArn", "CollectorPolicyArn"
ERASER, READER, EXAMINER = "EraserPolicyArn", "DataReaderPolicyArn", "ExaminerPolicyArn"
BILLING, CLEANER = "BillingPolicyArn", "CleanerPolicyArn"
PROMOTER = "PromoterPolicyArn"
STACKS = {CALLER: "serving", MEASURER: "serving", COLLECTOR: "collection"}
"""The stacks with the outputs of these policies; the outputs of the others are the pipeline stack's."""

NEEDS = {
    "run": (OPERATOR,),
    "collect": (COLLECTOR,),
    "status": (OPERATOR, APPROVER, ON_CALL),
    "watch": (OPERATOR, APPROVER, ON_CALL),
    "report": (READER,),
    "evaluate": (OPERATOR, ON_CALL),
    "stop": (OPERATOR, ON_CALL),
    "resume": (OPERATOR, ON_CALL),
    "golden": (EXAMINER,),
    "key": (READER,),
    "promote": (READER,),
    "promotions": (PROMOTER, OPERATOR, APPROVER, ON_CALL),
    "approve": (APPROVER,),
    "accept": (APPROVER,),
    "reject": (APPROVER,),
    "rollback": (OPERATOR, ON_CALL),
    "models": (OPERATOR,),
    "retire": (OPERATOR,),
    "clean": (CLEANER,),
    "routes": (CALLER, MEASURER),
    "ask": (CALLER,),
    "snippets": (CALLER, MEASURER),
    "probe": (MEASURER,),
    "bench": (MEASURER,),
    "forget": (ERASER,),
}
"""By verb; any one of the policies is enough."""

ROUTES = "the policy of the route"
ALSO_NEEDED = {
    "probe": ROUTES,
    "bench": ROUTES,
    "promote": f"output {PROMOTER} of the target's pipeline stack, in the account of --to-profile",
    "forget": "LogsEraserPolicyArn of the collection stack where calls are logged",
}
"""What a verb needs in addition: `probe` and `bench` call models as an application does."""

_DECIDES = "decides only if every recipe names its deciders"
TAGGED = {
    "run": "starts runs by putting prompts under prompts/<recipe>/ of the prompts bucket",
    "collect": "relies on the recipe's schedule",
    "evaluate": _DECIDES,
    "stop": _DECIDES,
    "resume": _DECIDES,
    "approve": _DECIDES,
    "accept": _DECIDES,
    "reject": _DECIDES,
    "rollback": _DECIDES,
    "models": _DECIDES,
    "retire": _DECIDES,
    "clean": _DECIDES,
    "forget": "uses --recipe, and reaches no logged calls",
}
"""What a person can do whom a tag limits to one recipe, for verbs that call functions or read beyond the recipe."""

REFUSALS = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


def is_denied(error: BaseException | None) -> bool:
    """Whether the error, or one of its causes, is AWS denying access."""
    from distillery.client.errors import NotAllowed  # boto3, with its package

    while error is not None:
        if isinstance(error, NotAllowed):
            return True
        response = getattr(error, "response", None)
        if isinstance(response, dict) and response.get("Error", {}).get("Code") in REFUSALS:
            return True
        error = error.__cause__
    return False


def needed_policy(verb: str | None, environment: str, error: Exception) -> str | None:
    """Returns the policy to ask the account's owner for; None if the error is not about permissions."""
    policies = NEEDS.get(verb or "", ())
    if not policies or not is_denied(error):
        return None
    named = " or ".join(f"{one} of stack distillery-{environment}-{STACKS.get(one, 'pipeline')}" for one in policies)
    also = f", and {ALSO_NEEDED[verb]}" if verb in ALSO_NEEDED else ""
    tagged = f"; a person with the tag distillery:recipe {TAGGED.get(verb or '', 'reaches only that recipe')}"
    return f"`distillery {verb}` needs the policy in output {named}{also}{tagged if ROUTES not in also else ''}"
