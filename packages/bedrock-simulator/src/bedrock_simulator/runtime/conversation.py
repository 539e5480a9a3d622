"""Validates and reads conversations, in the format of Converse and of Nova's own bodies, and guardrail parameters.

Messages are the service's, as users report them; those that say "The local Bedrock" are the simulator's.

Guardrails are accepted where they could exist, and never intervene. A guardrail is one of the called Region and account
(users report the message for one of another Region).
"""

import json
from itertools import pairwise

from bedrock_simulator import errors
from bedrock_simulator.catalog.model_limits import Limits
from bedrock_simulator.models.text import Prompt
from bedrock_simulator.runtime.call import Params, RuntimeCall
from bedrock_simulator.runtime.prompt_cache import Checkpoint

_IGNORED = frozenset({"cachePoint", "reasoningContent", "toolUse"})  # they do not change the text
_TOOLS = frozenset({"toolUse", "toolResult"})
_RESULTS = frozenset({"text", "json"})


def read_conversation(params: Params, limits: Limits) -> Prompt:
    """Returns the system text and the conversation's text, without a prefilled answer at its end."""
    messages = params.get("messages") or []
    _check_roles([message["role"] for message in messages], limits)
    turns = [_message(message, index, params, limits) for index, message in enumerate(messages)]
    _check_results(messages)
    prompt_turns = turns if messages[-1]["role"] == "user" else turns[:-1]
    return Prompt(_system(params.get("system") or []), "\n".join(prompt_turns))


def _check_roles(roles: list[str], limits: Limits) -> None:
    if "system" in roles:
        raise errors.validation("The local Bedrock does not simulate system messages within a conversation.")
    if not roles or roles[0] != "user":
        raise errors.validation(
            "A conversation must start with a user message. Try again with a conversation that starts with a user "
            "message."
        )
    if any(role == before for before, role in pairwise(roles)):
        raise errors.validation(
            "A conversation must alternate between user and assistant roles. Make sure the conversation alternates "
            "between user and assistant roles and try again."
        )
    check_prefill(roles, limits)


def check_prefill(roles: list[str], limits: Limits) -> None:
    """Rejects a prefilled answer for newer Claude models, which do not continue one."""
    if roles[-1] != "user" and not limits.prefill:
        raise errors.ModelValidationError(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )


def _message(message: Params, index: int, params: Params, limits: Limits) -> str:
    if not message["content"]:
        raise errors.validation(
            f"The content field in the Message object at messages.{index} is empty. Add a ContentBlock object to the "
            "content field and try again."
        )
    for block in message["content"]:
        _check_block(block, params, limits)
    where = f"ContentBlock object at messages.{index}.content"
    parts = [_text(block, f"{where}.{at}") for at, block in enumerate(message["content"])]
    return "\n".join(text for text in parts if text)


def _check_block(block: Params, params: Params, limits: Limits) -> None:
    (kind,) = block
    if kind in _TOOLS and "toolConfig" not in params:
        raise errors.validation(
            "The toolConfig field must be defined when using toolUse and toolResult content blocks."
        )
    if kind in ("image", "document", "video", "audio") and kind not in limits.modalities:
        raise errors.validation(
            f"This model doesn't support the {kind} content block that you provided. Update the content block and try "
            "again."
        )
    results = [next(iter(part)) for part in block["toolResult"]["content"]] if kind == "toolResult" else []
    for refused in [*({kind} - {"text", "guardContent", "toolResult", *_IGNORED}), *(set(results) - _RESULTS)]:
        raise errors.validation(f"The local Bedrock takes text only, not {refused}.")


def _check_results(messages: list[Params]) -> None:
    """Requires the results of exactly the tools that the turn before has called."""
    called: list[str] = []
    for index, message in enumerate(messages):
        blocks = message["content"]
        given = [block["toolResult"]["toolUseId"] for block in blocks if "toolResult" in block]
        if len(given) > len(called):
            raise errors.validation(
                f"The number of toolResult blocks at messages.{index}.content exceeds the number of toolUse blocks of "
                "previous turn."
            )
        if missing := [each for each in called if each not in given]:
            raise errors.validation(
                f"Expected toolResult blocks at messages.{index}.content for the following Ids: {', '.join(missing)}"
            )
        called = [block["toolUse"]["toolUseId"] for block in blocks if "toolUse" in block]


def called_tools(messages: list[Params]) -> frozenset[str]:
    """The names of the tools that the model has called in the conversation."""
    blocks = [block for message in messages for block in message["content"]]
    return frozenset(block["toolUse"]["name"] for block in blocks if "toolUse" in block)


def checkpoints(params: Params) -> tuple[Checkpoint, ...]:
    """The checkpoints of prompt caching, in the order tools, system, messages."""
    messages = [block for message in params.get("messages") or [] for block in message["content"]]
    tools = params.get("toolConfig", {}).get("tools", [])
    found, prefix = [], ""
    for field, blocks in (("tools", tools), ("system", params.get("system") or []), ("messages", messages)):
        for block in blocks:
            if "cachePoint" in block:
                found.append(Checkpoint(field, prefix, block["cachePoint"].get("ttl", "5m")))
            else:
                prefix += counted(block)
    return tuple(found)


def counted(block: Params) -> str:
    """The text of a block as its tokens are counted."""
    return block["text"] if isinstance(block.get("text"), str) else json.dumps(block, default=str)


def _system(blocks: list[Params]) -> str:
    parts = [_text(block, f"SystemContentBlock object at system.{at}") for at, block in enumerate(blocks)]
    return " ".join(text for text in parts if text)


def _text(block: Params, where: str) -> str | None:
    (kind,) = block
    if kind in _IGNORED:
        return None
    if kind == "toolResult":
        parts = [
            part["text"] if "text" in part else json.dumps(part["json"]) for part in block["toolResult"]["content"]
        ]
        return "\n".join(parts) or None
    guarded: Params = block.get("guardContent", {})
    if guarded and "text" not in guarded:
        raise errors.validation("The local Bedrock takes text only, not images to guard.")
    text: str = guarded["text"]["text"] if guarded else block["text"]
    if not text.strip():
        field = "guard content" if guarded else "text"
        raise errors.validation(
            f"The {field} field in the {where} is blank. Add text to the {field} field, and try again."
        )
    return text


_NO_GUARDRAIL = "The guardrail identifier or version provided in the request does not exist."


def check_guardrail(call: RuntimeCall, config: Params) -> None:
    """Raises a ValidationException for an incomplete guardrail, or one of another account or Region."""
    named, version = config.get("guardrailIdentifier"), config.get("guardrailVersion")
    if bool(named) != bool(version):
        raise errors.validation("The guardrail identifier and the guardrail version must be provided together.")
    here = f"arn:aws:bedrock:{call.region}:{call.account}:guardrail/"
    if named and named.startswith("arn:") and not named.startswith(here):
        raise errors.validation(_NO_GUARDRAIL)


def guardrail_trace(config: Params) -> Params:
    """Returns the trace of a guardrail that did not intervene, if it is traced."""
    traced = config.get("guardrailIdentifier") and config.get("trace", "disabled") != "disabled"
    return {"guardrail": {"actionReason": "No action."}} if traced else {}
