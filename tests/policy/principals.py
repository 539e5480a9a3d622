"""The roles of an environment with their policies, and every kind of resource that they might access.

Requests are written independently of the product's code; the policies are the templates'.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.policy.engine import Ask, Keys
from tests.policy.templates import EnvironmentTemplates, Json, rendered

ACCOUNT = "333333333333"
HOME, INFERENCE = "us-east-1", "us-east-2"
TAG = "aws:PrincipalTag/distillery:recipe"
OUTPUT = re.compile(r"(?P<role>\w+)PolicyArn")
RUN = "{recipe}-k3x9a-p0q2m7ab-1"
PROMPTS, DATA = "<distillery-prod-foundation.PromptsBucket>", "<distillery-prod-foundation.DataBucket>"
CALLS = "<distillery-prod-foundation-inference.CallBucket>"
LEDGER = f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/<distillery-prod-foundation.LedgerTable>"


@dataclass(frozen=True, slots=True)
class AccessTarget:
    """A kind of resource. resource, keys: with `{recipe}` where a recipe is named."""

    resource: str
    keys: Mapping[str, str | list[str]]

    def of(self, recipe: str, action: str, held: Mapping[str, str]) -> Ask:
        def named(text: str) -> str:
            return text.replace("{recipe}", recipe)

        keys: Keys = {
            key: [named(one) for one in value] if isinstance(value, list) else named(value)
            for key, value in self.keys.items()
        }
        return Ask(action, named(self.resource), {**keys, **held})


def _object(bucket: str, key: str) -> AccessTarget:
    return AccessTarget(f"arn:aws:s3:::{bucket}/{key}", {})


def _listing(bucket: str, prefix: str) -> AccessTarget:
    return AccessTarget(f"arn:aws:s3:::{bucket}", {"s3:prefix": prefix})


def _partition(key: str) -> AccessTarget:
    return AccessTarget(LEDGER, {"dynamodb:LeadingKeys": [key]})


def _parameter(name: str, region: str = HOME) -> AccessTarget:
    return AccessTarget(f"arn:aws:ssm:{region}:{ACCOUNT}:parameter/distillery/prod/{name}", {})


OBJECTS = {
    "prompts": _object(PROMPTS, "prompts/{recipe}/a.jsonl"),
    "uploads": _object(PROMPTS, "uploads/{recipe}/a.jsonl"),
    "collected": _object(PROMPTS, "collected/{recipe}/f/logs.json"),
    "golden": _object(PROMPTS, "golden/{recipe}/a.jsonl"),
    "training": _object(DATA, "datasets/{recipe}/0a1b/train.jsonl"),
    "held-out": _object(DATA, "datasets/{recipe}/0a1b/heldout.jsonl"),
    "quarantined": _object(DATA, "datasets/{recipe}/0a1b/quarantine.jsonl"),
    "report": _object(DATA, "datasets/{recipe}/0a1b/report.json"),
    "refusal": _object(DATA, "reports/{recipe}/0a1b.json"),
    "system prompt": _object(DATA, "system-prompts/{recipe}/0a1b.txt"),
    "answers": _object(DATA, f"evaluations/{RUN}/part-0000.jsonl"),
    "verdict": _object(DATA, f"evaluations/{RUN}/report.json"),
    "job output": _object(DATA, f"jobs/{RUN}/model/metrics.csv"),
    "elsewhere": _object(DATA, "another/{recipe}/a.jsonl"),
    "logged calls": _object(CALLS, "AWSLogs/1/2/{recipe}.json.gz"),
    "query results": _object(CALLS, "queries/{recipe}.csv"),
    "beside the calls": _object(CALLS, "another/{recipe}.csv"),
    "old exam": _object(DATA, "golden/{recipe}/a.jsonl"),
}
"""Objects of recipes."""

LISTINGS = {
    "prompts": _listing(PROMPTS, "prompts/{recipe}/"),
    "golden": _listing(PROMPTS, "golden/{recipe}/"),
    "data sets": _listing(DATA, "datasets/{recipe}/"),
    "evaluations": _listing(DATA, f"evaluations/{RUN}/"),
    "all prompts": _listing(PROMPTS, ""),
    "all data": _listing(DATA, ""),
    "calls": _listing(CALLS, ""),
}
ITEMS = {
    "runs": _partition("recipe#{recipe}"),
    "what runs are made of": _partition(f"uploads#{RUN}"),
    "who uploaded": _partition(f"object#s3://{PROMPTS}/prompts/{{recipe}}/a.jsonl"),
    "locks": _partition("active"),
    "leases": _partition("lease"),
    "task tokens": _partition("waiting"),
}
PARAMETERS = {
    "where": _parameter("pipeline"),
    "alias": _parameter("alias/{recipe}"),
    "route": _parameter("routes/distilled/{recipe}", INFERENCE),
    "serving": _parameter("serving", INFERENCE),
    "collection": _parameter("collection", INFERENCE),
    "finding": _parameter("probed/fast/0123", INFERENCE),
    "another environment's": AccessTarget(f"arn:aws:ssm:{HOME}:{ACCOUNT}:parameter/distillery/dev/pipeline", {}),
}
KEYS = {
    f"{service} of {region}": AccessTarget(
        key, {"kms:ViaService": f"{service}.{region}.amazonaws.com", "kms:ResourceAliases": ["alias/distillery-prod"]}
    )
    for region, key in (
        (HOME, f"arn:aws:kms:{HOME}:{ACCOUNT}:key/<home>"),
        (INFERENCE, f"arn:aws:kms:{INFERENCE}:{ACCOUNT}:key/<inference>"),
    )
    for service in ("s3", "dynamodb", "sqs", "bedrock", "logs")
}
EXECUTIONS = {
    "execution": AccessTarget(f"arn:aws:states:{HOME}:{ACCOUNT}:execution:<Machine>:{RUN}", {}),
}
STANDS_FOR = (
    (r"<AWS::AccountId>", ACCOUNT),
    (r"<distillery-prod-foundation\.KeyArn>", f"arn:aws:kms:{HOME}:{ACCOUNT}:key/<home>"),
    (r"<distillery-prod-foundation-inference\.KeyArn>", f"arn:aws:kms:{INFERENCE}:{ACCOUNT}:key/<inference>"),
    (r"<StateMachine\w*\.Name>", "<Machine>"),
    (r"<StateMachine\w*>", f"arn:aws:states:{HOME}:{ACCOUNT}:stateMachine:<Machine>"),
    (r"<(\w+)\.Arn>", f"arn:aws:lambda:{HOME}:{ACCOUNT}:function:\\1"),
)


class Roles:
    """The roles of one environment, from its templates."""

    def __init__(self, templates: EnvironmentTemplates) -> None:
        self._house = templates
        self.functions = dict(self._functions())
        self.documents = dict(self._documents())

    def _functions(self) -> Iterator[tuple[str, AccessTarget]]:
        for one in self._house.resources("AWS::Lambda::Function"):
            name = re.sub(r"(Function)*[0-9A-F]{8}$", "", one.id) or "Function"
            yield f"{one.stack.part} {name}", AccessTarget(_function(one.id), {})

    def _documents(self) -> Iterator[tuple[str, Json]]:
        for stack in self._house.stacks:
            for name, output in stack.template.get("Outputs", {}).items():
                if found := OUTPUT.fullmatch(name):
                    policy = stack.resources[output["Value"]["Ref"]]
                    yield found["role"], concrete(policy["Properties"]["PolicyDocument"])


def _function(ident: str) -> str:
    return f"arn:aws:lambda:{HOME}:{ACCOUNT}:function:{ident}"


def concrete(value: object) -> Json:
    """Replaces every reference by a value like the one that it may have."""
    found = _spelled(value)
    assert isinstance(found, dict)
    return found


def _spelled(value: object) -> object:
    if isinstance(value, list):
        return [_spelled(one) for one in value]
    if isinstance(value, dict) and not any(key == "Ref" or key.startswith("Fn::") for key in value):
        return {key: _spelled(one) for key, one in value.items()}
    text = rendered(value)
    for reference, meant in STANDS_FOR:
        text = re.sub(reference, meant, text)
    return text
