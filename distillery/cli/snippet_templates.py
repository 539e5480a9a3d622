"""Programs that call one step of a route, for the packages that people use, generated from the published map.

`make snippets` runs each of them with its package. Nothing here calls AWS.
"""

import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from distillery.client.converse import ResolvedStep
from distillery.client.route_map import DEFAULT_TIER, STANDARD, RouteMap
from distillery.client.system_prompt import SEVERAL
from distillery.core.escaping import as_json

QUESTION = "Where is my card?"
_NO_LATENCY = "LiteLLM does not report the latency mode that was served; CloudTrail and CloudWatch do."
_NO_MODE = "Strands does not report the latency mode or tier that was served; CloudTrail and CloudWatch do."


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteCall:
    """One step of a route, as a snippet calls it.

    Attributes:
        identifier: Converse's `modelId`.
        alias: Name of the SSM parameter that holds the identifier of a distilled student; None for other models.
        steps: Number of steps of the whole route.
        system: The system prompt that the route's student was trained with; None if none is stored.
        several: Whether it was trained with several.
    """

    route: str
    environment: str
    model: str
    identifier: str
    region: str
    max_tokens: int
    latency: str = STANDARD
    tier: str = DEFAULT_TIER
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)
    alias: str | None = None
    steps: int = 1
    system: str | None = None
    several: bool = False

    @classmethod
    def of(cls, route: RouteMap, target: ResolvedStep) -> "RouteCall":
        """Returns the call of a step of the route's map."""
        step = target.step
        return cls(
            route=route.route,
            environment=route.environment,
            model=step.model,
            identifier=target.identifier,
            region=step.region,
            max_tokens=route.max_tokens,
            latency=step.latency,
            tier=step.tier,
            metadata=route.tags,
            alias=step.alias,
            steps=len(route.steps),
            system=target.system,
            several=target.prompt.use == SEVERAL,
        )

    @property
    def optimized(self) -> bool:
        """Whether the call asks for a latency mode."""
        return self.latency != STANDARD

    @property
    def tiered(self) -> bool:
        """Whether the call asks for a service tier."""
        return self.tier != DEFAULT_TIER

    @property
    def provider(self) -> str:
        """`amazon`, `anthropic`, `meta`."""
        return self.model.partition(".")[0]


def _boto3(call: RouteCall) -> str:
    served = 'reply.get("performanceConfig"), reply.get("serviceTier")'
    arguments = [
        f"modelId={_literal(call.identifier)}",
        *(['system=[{"text": SYSTEM}]'] if call.system is not None else []),
        f'messages=[{{"role": "user", "content": [{{"text": {_literal(QUESTION)}}}]}}]',
        f'inferenceConfig={{"maxTokens": {call.max_tokens}}}',
        *([f'performanceConfig={{"latency": {_literal(call.latency)}}}'] if call.optimized else []),
        *([f'serviceTier={{"type": {_literal(call.tier)}}}'] if call.tiered else []),
        f"requestMetadata={_literal(call.metadata)}",
    ]
    return _program(
        _comments(call, "pip install boto3"),
        ["import boto3"],
        *_system(call),
        [
            f'runtime = boto3.client("bedrock-runtime", region_name={_literal(call.region)})',
            *_block("reply = runtime.converse(", arguments),
            'print("".join(block.get("text", "") for block in reply["output"]["message"]["content"]))',
            *([f'print("served:", {served})'] if call.optimized or call.tiered else []),
        ],
    )


def _aws_cli(call: RouteCall) -> str:
    """For version 1 or 2 of the AWS CLI, of a release that knows service tiers (2026)."""
    messages = json.dumps([{"role": "user", "content": [{"text": QUESTION}]}], ensure_ascii=False)
    query = "{text: output.message.content[].text, latency: performanceConfig.latency, tier: serviceTier.type}"
    options = {
        "--region": call.region,
        "--model-id": call.identifier,
        **({"--system": as_json([{"text": call.system}])} if call.system is not None else {}),
        "--messages": messages,
        "--inference-config": f"maxTokens={call.max_tokens}",
        **({"--performance-config": f"latency={call.latency}"} if call.optimized else {}),
        **({"--service-tier": f"type={call.tier}"} if call.tiered else {}),
        "--request-metadata": json.dumps(call.metadata, ensure_ascii=False),
        "--query": query,
        "--output": "json",
    }
    words = ["aws bedrock-runtime converse", *(f"{name} {shlex.quote(value)}" for name, value in options.items())]
    return _program(_comments(call, "pip install awscli"), [" \\\n  ".join(words)])


def _litellm(call: RouteCall) -> str:
    asked = f'{{"role": "user", "content": {_literal(QUESTION)}}}'
    told = '{"role": "system", "content": SYSTEM}, ' if call.system is not None else ""
    arguments = [
        f"model={_literal('bedrock/converse/' + call.identifier)}",
        f"aws_region_name={_literal(call.region)}",
        f"messages=[{told}{asked}]",
        f"max_tokens={call.max_tokens}",
        *([f'performanceConfig={{"latency": {_literal(call.latency)}}}'] if call.optimized else []),
        *([f"service_tier={_literal(call.tier)}"] if call.tiered else []),
        f"requestMetadata={_literal(call.metadata)}",
    ]
    return _program(
        _comments(call, "pip install litellm boto3", *([_NO_LATENCY] if call.optimized else [])),
        ["import litellm"],
        *_system(call),
        [
            *_block("reply = litellm.completion(", arguments),
            "print(reply.choices[0].message.content)",
            *(['print("served:", reply.service_tier)'] if call.tiered else []),
        ],
    )


def _langchain(call: RouteCall) -> str:
    """ChatBedrockConverse. It cannot tell the model of an ARN, so that the arguments name it."""
    served = 'reply.response_metadata.get("performanceConfig"), reply.response_metadata.get("serviceTier")'
    asked = _literal(QUESTION) if call.system is None else f'[("system", SYSTEM), ("human", {_literal(QUESTION)})]'
    named = [f"provider={_literal(call.provider)}", f"base_model={_literal(call.model)}"]
    arguments = [
        f"model={_literal(call.identifier)}",
        *(named if call.identifier.startswith("arn:") else []),
        f"region_name={_literal(call.region)}",
        f"max_tokens={call.max_tokens}",
        *([f'performance_config={{"latency": {_literal(call.latency)}}}'] if call.optimized else []),
        *([f"service_tier={_literal(call.tier)}"] if call.tiered else []),
        f"request_metadata={_literal(call.metadata)}",
    ]
    return _program(
        _comments(call, "pip install langchain-aws"),
        ["from langchain_aws import ChatBedrockConverse"],
        *_system(call),
        [
            *_block("model = ChatBedrockConverse(", arguments),
            f"reply = model.invoke({asked})",
            "print(reply.text)",
            *([f'print("served:", {served})'] if call.optimized or call.tiered else []),
        ],
    )


def _strands(call: RouteCall) -> str:
    """BedrockModel. What it has no argument for goes into `additional_args`, under Converse's names."""
    told = "system_prompt=SYSTEM, " if call.system is not None else ""
    mode = f'"performanceConfig": {{"latency": {_literal(call.latency)}}}, ' if call.optimized else ""
    arguments = [
        f"model_id={_literal(call.identifier)}",
        f"region_name={_literal(call.region)}",
        f"max_tokens={call.max_tokens}",
        *([f"service_tier={_literal(call.tier)}"] if call.tiered else []),
        f'additional_args={{{mode}"requestMetadata": {_literal(call.metadata)}}}',
    ]
    return _program(
        _comments(call, "pip install strands-agents", *([_NO_MODE] if call.optimized or call.tiered else [])),
        ["from strands import Agent", "from strands.models import BedrockModel"],
        *_system(call),
        [
            *_block("model = BedrockModel(", arguments),
            f"agent = Agent(model=model, {told}callback_handler=None)",
            f"print(agent({_literal(QUESTION)}))",
        ],
    )


SNIPPETS: dict[str, Callable[[RouteCall], str]] = {
    "boto3": _boto3,
    "cli": _aws_cli,
    "litellm": _litellm,
    "langchain": _langchain,
    "strands": _strands,
}
"""By the value of `--for`; each function returns a whole program in Python, and `cli` a shell script."""


def _comments(call: RouteCall, install: str, *limits: str) -> list[str]:
    """Returns the comments above a program; limits: what the package does not report."""
    return [f"# {line}" for line in (*_facts(call), f"Install: {install}", *limits)]


def _facts(call: RouteCall) -> Iterator[str]:
    yield f"Route {call.route} of environment {call.environment}: {call.model}, called in {call.region}."
    if call.alias:
        yield f"The student's endpoint, from SSM parameter {call.alias} in {call.region}. The endpoint"
        yield "keeps its ARN through promotions and rollbacks, and changes only with the student's base model."
    if call.system is not None:
        yield "It sends the system prompt that the student was trained with. A promotion or a rollback may change that:"
        yield "print this program again then, or use distillery.client.Route, which reads the current one."
    if call.several:
        yield "The student was trained with several system prompts: send the right one with each request."
    if call.optimized:
        yield "Above its quota Bedrock serves optimized latency as standard, without an error."
    if call.steps > 1:
        yield f"One of the route's {call.steps} steps, without its fallbacks: distillery.client.Route tries them all."


def _literal(value: object) -> str:
    """Returns a text, a number or a mapping of texts as a Python literal with double quotes."""
    return json.dumps(value, ensure_ascii=False)


def _system(call: RouteCall) -> list[list[str]]:
    """Returns the definition of the system prompt, a line of text on each line; nothing without one."""
    if call.system is None:
        return []
    texts = call.system.split("\n")
    parts = [*(f"{text}\n" for text in texts[:-1]), *texts[-1:]]
    return [["SYSTEM = (", *(f"    {_escaped(_literal(part))}" for part in parts if part), ")"]]


def _escaped(text: str) -> str:
    """Escapes what a terminal or an editor would not show, in a Python literal of the same text."""
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in text)


def _block(opening: str, arguments: Sequence[str]) -> list[str]:
    """Returns the lines of a call with one argument on each line."""
    return [opening, *(f"    {argument}," for argument in arguments), ")"]


def _program(*parts: Sequence[str]) -> str:
    """Joins the parts with a blank line between them."""
    return "\n\n".join("\n".join(part) for part in parts) + "\n"
