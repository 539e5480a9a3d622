"""Callers of an environment's routes: each policy with the IAM requests that a call makes, and requests that must be
denied.

The requests are derived from the maps that clients read. Destinations of profiles come from the simulator's tables,
which are written independently of the product's. It is undocumented whether a call through an application profile is
authorized on that profile alone or also on the system profile, and which of them `bedrock:InferenceProfileArn` names:
both are tested here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bedrock_simulator.catalog import supported_models
from distillery.client.route_map import STANDARD, RouteMap, Step
from distillery.client.route_store import probe_parameter as finding
from tests.policy.engine import Ask, Keys
from tests.policy.templates import EnvironmentTemplates, Json, Resource, rendered

STREAM = "bedrock:InvokeModelWithResponseStream"
INVOKE = ("bedrock:InvokeModel", STREAM)
ACCOUNT = "111111111111"
PROFILE_OF = "bedrock:InferenceProfileArn"
ENDPOINTS = ("custom-model-deployment", "provisioned-model")
_ROUTES = re.compile(r"/distillery/(?P<environment>[^/]+)/routes/(?P<route>.+?)/?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """name: a route, or `function`. asks: what its calls need. never: what must be denied."""

    name: str
    document: Json
    asks: tuple[Ask, ...]
    never: tuple[Ask, ...]


class Callers:
    """The callers of one environment, from its templates."""

    def __init__(self, templates: EnvironmentTemplates, *, home: str) -> None:
        self._house, self._home = templates, home
        (self._stack,) = [stack for stack in templates.stacks if stack.part == "serving"]
        self._account = self._stack.account if self._stack.account.isdigit() else ACCOUNT
        self._sources: dict[str, str] = {}
        for profile in templates.resources("AWS::Bedrock::ApplicationInferenceProfile"):
            made = self.concrete({"Fn::GetAtt": [profile.id, "InferenceProfileArn"]})
            self._sources[made] = self.concrete(profile.properties["ModelSource"]["CopyFrom"])
        self.maps = dict(self._maps())

    def all(self) -> Iterator[Caller]:
        """Returns the teams that hold a route's policy, and the invoke function."""
        needs = {name: tuple(self._needs(name)) for name in self.maps}
        for policy in self._house.resources("AWS::IAM::ManagedPolicy"):
            if found := _ROUTES.fullmatch(policy.properties.get("Path", "")):
                yield self._caller(found["route"], policy, needs[found["route"]], self._of_others(found["route"]))
        (role,) = [one for one in self._house.resources("AWS::IAM::Policy") if one.stack is self._stack]
        every = tuple(dict.fromkeys(ask for asks in needs.values() for ask in asks))
        once = tuple(ask for ask in every if ask.action != STREAM)
        streams = tuple(ask for ask in every if ask.action == STREAM)
        yield self._caller("function", role, once, (*streams, *self._listing()))

    def _caller(self, name: str, policy: Resource, asks: tuple[Ask, ...], others: tuple[Ask, ...]) -> Caller:
        document = self.concrete(policy.properties["PolicyDocument"])
        # the part of the function's policy that concerns calls
        calls = [s for s in document["Statement"] if "logs:PutLogEvents" not in s["Action"]]
        never = tuple(ask for one in asks for ask in self._near(one))
        return Caller(name=name, document=document | {"Statement": calls}, asks=asks, never=never + others)

    def concrete(self, value: Any) -> Any:
        """Replaces every reference by a value that it may have."""
        if isinstance(value, list):
            return [self.concrete(each) for each in value]
        if isinstance(value, dict) and not any(key == "Ref" or key.startswith("Fn::") for key in value):
            return {key: self.concrete(each) for key, each in value.items()}
        text = rendered(value).replace("<AWS::AccountId>", self._account)
        profile = f"arn:aws:bedrock:{self._stack.region}:{self._account}:application-inference-profile/"
        return re.sub(r"<(\w+)\.InferenceProfileArn>", lambda found: profile + found[1].lower(), text)

    def _maps(self) -> Iterator[tuple[str, RouteMap]]:
        for parameter in self._house.resources("AWS::SSM::Parameter"):
            if found := _ROUTES.fullmatch(parameter.properties["Name"]):
                yield found["route"], RouteMap.from_json(self.concrete(parameter.properties["Value"]))

    # requests of a call

    def _needs(self, route: str) -> Iterator[Ask]:
        published = self.maps[route]
        yield self._parameter(f"/distillery/{published.environment}/routes/{route}", self._stack.region)
        for step in published.steps:
            if step.application and step.latency != STANDARD:
                yield self._parameter(finding(published.environment, route, step.application), self._stack.region)
            if step.alias:
                yield from self._student(step, published.environment)
            for called in filter(None, (step.identifier, step.application, *step.cost_centres.values())):
                yield from self._model(step, called)

    def _listing(self) -> Iterator[Ask]:
        """Nobody lists maps, not even the function: its deployment names the routes."""
        for environment in {published.environment for published in self.maps.values()}:
            yield self._parameter(f"/distillery/{environment}/serving", self._stack.region)

    def _student(self, step: Step, environment: str) -> Iterator[Ask]:
        assert step.alias is not None
        yield self._parameter(step.alias, step.region)
        live = _tags(environment, f"distilled/{step.alias.rpartition('/')[2]}")
        for action in INVOKE:
            for kind in ENDPOINTS:
                yield Ask(action, self._arn("bedrock", f"{kind}/abcdefghijkl"), live)
        yield self._decrypt(f"alias/distillery-{environment}")
        yield self._decrypt(f"alias/distillery-{environment}", "kms:GenerateDataKey")  # as the Nova guide has it
        yield self._system_prompt(environment, step.alias.rpartition("/")[2])
        yield self._decrypt(f"alias/distillery-{environment}", via="s3")

    def _model(self, step: Step, called: str) -> Iterator[Ask]:
        """The requests of Bedrock in each Region that may serve the call."""
        way = called if called.startswith("arn:") else self._system(called)
        source = self._sources.get(way, way)
        if ":foundation-model/" in source:  # a profile of a model in one Region
            yield from (Ask(action, arn) for action in INVOKE for arn in dict.fromkeys((way, source)))
            return
        profile, model = supported_models.PROFILES[source.rpartition("/")[2]]
        assert model.id == step.model
        for action in INVOKE:
            for through in dict.fromkeys((way, source)):
                yield Ask(action, through)
                for region in profile.routes[step.region]:
                    yield Ask(action, f"arn:aws:bedrock:{region}::foundation-model/{model.id}", {PROFILE_OF: through})

    def _system(self, called: str) -> str:
        if called in supported_models.PROFILES:
            return f"arn:aws:bedrock:{self._stack.region}:{self._account}:inference-profile/{called}"
        return f"arn:aws:bedrock:{self._stack.region}::foundation-model/{called}"

    # requests that must be denied

    def _near(self, ask: Ask) -> Iterator[Ask]:
        """Variants of allowed requests, each with one error."""
        if ask.action in ("kms:Decrypt", "kms:GenerateDataKey"):
            service = str(ask.keys["kms:ViaService"]).partition(".")[0]
            yield self._decrypt("alias/another", ask.action, via=service)
            yield self._decrypt(ask.keys["kms:ResourceAliases"][0], ask.action, via="dynamodb")
            refused = "kms:CreateGrant" if service == "bedrock" else "kms:GenerateDataKey"
            yield Ask(refused, ask.resource, ask.keys)
        elif ask.action == "s3:GetObject":
            yield Ask("s3:PutObject", ask.resource, ask.keys)
            yield Ask("s3:DeleteObject", ask.resource, ask.keys)
            yield Ask("s3:ListBucket", ask.resource.partition("/")[0], ask.keys)
            yield Ask(ask.action, ask.resource, {"aws:ResourceAccount": "999999999999"})
            yield Ask(ask.action, ask.resource.replace(":::distillery-", ":::another-"), ask.keys)
            for folder in ("datasets", "evaluations", "golden"):
                yield Ask(ask.action, ask.resource.replace("/system-prompts/", f"/{folder}/"), ask.keys)
        elif ask.action == "ssm:GetParameter":
            yield Ask("ssm:PutParameter", ask.resource)
            yield Ask(ask.action, ask.resource.replace("/distillery/", "/another/"))
        elif any(f":{kind}/" in ask.resource for kind in ENDPOINTS):
            yield from self._near_endpoint(ask)
        elif PROFILE_OF in ask.keys:
            yield Ask(ask.action, ask.resource)  # without a profile
            yield Ask(ask.action, ask.resource, {PROFILE_OF: self._system("us.meta.llama3-3-70b-instruct-v1:0")})
            yield Ask(ask.action, ask.resource.replace("::foundation-model/", "::foundation-model/another."), ask.keys)
            yield Ask(ask.action, ask.resource.replace(":bedrock:us-", ":bedrock:eu-"), ask.keys)
        else:
            yield Ask(ask.action, f"{ask.resource}x")

    def _near_endpoint(self, ask: Ask) -> Iterator[Ask]:
        environment, route = map(str, ask.keys.values())
        candidate: Keys = {**_tags(environment, ""), "aws:ResourceTag/distillery:run": "support-a-b-1"}
        yield Ask(ask.action, ask.resource)
        yield Ask(ask.action, ask.resource, candidate)
        yield Ask(ask.action, ask.resource, _tags("another", route))
        yield Ask(ask.action, ask.resource, _tags(environment, "fast"))
        yield Ask(ask.action, ask.resource.replace(self._home, "eu-central-1"), ask.keys)
        for verb in ("TagResource", "UntagResource"):  # nobody may grant themselves access to an endpoint
            yield Ask(f"bedrock:{verb}", ask.resource, ask.keys)

    def _of_others(self, route: str) -> tuple[Ask, ...]:
        """The map, the profile and the student of another route."""
        environment = self.maps[route].environment
        endpoint = self._arn("bedrock", "custom-model-deployment/abcdefghijkl")
        strange = _tags(environment, "distilled/another")
        return (
            self._parameter(f"/distillery/{environment}/routes/another", self._stack.region),
            self._parameter(f"/distillery/{environment}/alias/another", self._home),
            self._system_prompt(environment, "another"),
            *(Ask(action, endpoint, strange) for action in INVOKE),
            *(Ask(action, arn) for action in INVOKE for arn in self._sources if arn not in self._own(route)),
        )

    def _own(self, route: str) -> set[str]:
        steps = self.maps[route].steps
        named = {arn for step in steps for arn in (step.identifier, step.application, *step.cost_centres.values())}
        return {arn for arn in named if arn}

    def _parameter(self, name: str, region: str) -> Ask:
        return Ask("ssm:GetParameter", self._arn("ssm", f"parameter{name}", region))

    def _system_prompt(self, environment: str, recipe: str) -> Ask:
        bucket = f"{f'distillery-{environment}-foundation'[:24]}-databucket0123-abc"
        keys: Keys = {"aws:ResourceAccount": self._account}
        return Ask("s3:GetObject", f"arn:aws:s3:::{bucket}/system-prompts/{recipe}/{'0a' * 32}.txt", keys)

    def _decrypt(self, alias: str, action: str = "kms:Decrypt", *, via: str = "bedrock") -> Ask:
        keys: Keys = {"kms:ViaService": f"{via}.{self._home}.amazonaws.com", "kms:ResourceAliases": [alias]}
        return Ask(action, self._arn("kms", "key/0123"), keys)

    def _arn(self, service: str, resource: str, region: str = "") -> str:
        return f"arn:aws:{service}:{region or self._home}:{self._account}:{resource}"


def _tags(environment: str, route: str) -> Keys:
    """The tags of an endpoint. A candidate has no route tag."""
    key = "aws:ResourceTag/distillery:"
    return {f"{key}environment": environment} | ({f"{key}route": route} if route else {})
