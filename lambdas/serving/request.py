"""The request of a caller: a route and a conversation, within the function's limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from distillery.core.conversation import ROLES
from distillery.core.errors import BadRequest

FIELDS = {"route", "prompt", "messages", "system", "max_tokens", "key"}
MAX_TOKENS = 8192
"""Upper limit of `max_tokens`: Bedrock reserves `maxTokens` from the quota that all callers of a model share (user
guide, monitoring-runtime-metrics). Default: the route's."""
MAX_CHARACTERS = 200_000
"""Of all texts of a request together: about 50,000 tokens."""
MAX_TURNS = 100
MAX_KEY = 256
"""Characters of a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvokeRequest:
    """conversation: `messages`, and `system` if given, as in Converse. max_tokens: None for the route's default. key:
    whom the request is for, by which a canary splits; None if the request does not say."""

    route: str
    conversation: Mapping[str, Any]
    max_tokens: int | None
    key: str | None = None


def parse_request(event: Any) -> InvokeRequest:
    """Parse and check a request. Raises BadRequest, whose message never quotes the caller's text."""
    if not isinstance(event, dict):
        raise BadRequest("the request is not a JSON object; send {'route': …, 'prompt': …}")
    if unknown := event.keys() - FIELDS:
        raise BadRequest(f"the request has unknown fields {sorted(unknown)}; allowed: {sorted(FIELDS)}")
    system = {"system": [{"text": _text(event["system"], "system")}]} if "system" in event else {}
    conversation = {"messages": _messages(event), **system}
    _check_size(conversation)
    return InvokeRequest(
        route=_text(event.get("route"), "route"),
        conversation=conversation,
        max_tokens=_max_tokens(event["max_tokens"]) if "max_tokens" in event else None,
        key=_key(event["key"]) if "key" in event else None,
    )


def _check_size(conversation: Mapping[str, Any]) -> None:
    blocks = [block for turn in conversation["messages"] for block in turn["content"]]
    characters = sum(len(block["text"]) for block in [*blocks, *conversation.get("system", ())])
    if characters > MAX_CHARACTERS:
        raise BadRequest(f"the request has {characters} characters; at most {MAX_CHARACTERS} are allowed; shorten it")


def _messages(event: Mapping[str, Any]) -> list[dict[str, Any]]:
    if ("prompt" in event) == ("messages" in event):
        raise BadRequest("the request needs either 'prompt' (one text) or 'messages' (turns); send one of them")
    if "prompt" in event:
        return [_message("user", _text(event["prompt"], "prompt"))]
    turns = event["messages"]
    if not isinstance(turns, list) or not turns:
        raise BadRequest("'messages' is not a list of turns; send [{'role': 'user', 'content': 'text'}]")
    if len(turns) > MAX_TURNS:
        raise BadRequest(f"'messages' has {len(turns)} turns; at most {MAX_TURNS} are allowed; leave out the oldest")
    if len(turns) % 2 == 0:
        raise BadRequest("the last of 'messages' is not by the user; leave out the answer that you ask for")
    return [_turn(turn, ROLES[i % 2], f"messages[{i}]") for i, turn in enumerate(turns)]


def _turn(turn: Any, role: str, where: str) -> dict[str, Any]:
    if not isinstance(turn, dict) or turn.keys() != {"role", "content"}:
        raise BadRequest(f"{where} must have exactly 'role' and 'content'")
    if turn["role"] != role:
        raise BadRequest(f"{where} is not by {role!r}; turns must alternate, starting with the user")
    content = turn["content"]
    if isinstance(content, list) and len(content) == 1 and isinstance(content[0], dict):
        content = content[0].get("text")  # the structure of Converse
    return _message(role, _text(content, f"{where}.content"))


def _message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": [{"text": text}]}


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadRequest(f"{where!r} is missing or not a text; send a text that is not empty")
    if not _is_unicode(value):
        raise BadRequest(
            f"{where!r} contains half of a surrogate pair, which is not a character; send whole characters"
        )
    return value


def _is_unicode(text: str) -> bool:
    """JSON can contain half of a surrogate pair, such as `\\ud83d`, which cannot be encoded."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _key(value: Any) -> str:
    if len(key := _text(value, "key")) > MAX_KEY:
        raise BadRequest(f"'key' has {len(key)} characters; at most {MAX_KEY} are allowed; send a shorter name")
    return key


def _max_tokens(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_TOKENS:
        raise BadRequest(f"'max_tokens' must be a whole number from 1 to {MAX_TOKENS}")
    return value
