"""The condition keys of a Bedrock request: from its body, or from headers of InvokeModel.

Source: Service Authorization Reference for Amazon Bedrock (`bedrock:ServiceTier`, `bedrock:GuardrailIdentifier`,
`aws:RequestTag`, `aws:TagKeys`). A guardrail is its ARN, and `:VERSION` unless that is the draft:
https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-permissions-id.html.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import get_account_id, get_region

from local.emulator.kms import Conditions

Header = Callable[[str], str | None]
"""Returns a header of the current request, by its lower-case name."""
_DRAFT = "DRAFT"
_TAGS = ("jobTags", "tags", "targetModelTags", "customModelTags")


@dataclass(frozen=True, slots=True)
class Invocation:
    """The options of a call to a model; `guardrail` is an ARN."""

    tier: str | None = None
    guardrail: str | None = None
    version: str | None = None

    @property
    def keys(self) -> Conditions:
        """The condition keys."""
        draft = self.version in (None, _DRAFT)
        named = self.guardrail if draft else f"{self.guardrail}:{self.version}"
        return {
            **({"bedrock:ServiceTier": self.tier} if self.tier else {}),
            **({"bedrock:GuardrailIdentifier": named} if self.guardrail and named else {}),
        }


def invocation(operation: str, body: dict[str, Any], header: Header) -> Invocation:
    """Returns the options of the current request; the native body of a model contains none."""
    if operation.startswith("InvokeModel"):
        tier, named, version = (
            header(f"x-amzn-bedrock-{name}") for name in ("service-tier", "guardrailidentifier", "guardrailversion")
        )
    else:
        tier = _member(body, "serviceTier", "type")
        named, version = (_member(body, "guardrailConfig", f"guardrail{name}") for name in ("Identifier", "Version"))
    return Invocation(tier, _guardrail_arn(named), version)


def _member(body: dict[str, Any], name: str, inner: str) -> str | None:
    found = body.get(name)
    value = found.get(inner) if isinstance(found, dict) else None
    return value if isinstance(value, str) else None


def _guardrail_arn(named: str | None) -> str | None:
    if not named or named.startswith("arn:"):
        return named or None
    return f"arn:aws:bedrock:{get_region()}:{get_account_id()}:guardrail/{named}"


def tagging(body: dict[str, Any]) -> Conditions:
    """Returns the tags that a request sets, and the keys of tags that it sets or removes."""
    given = [tag for member in _TAGS for tag in _list(body, member) if isinstance(tag, dict)]
    named = {f"aws:RequestTag/{tag.get('key')}": str(tag.get("value")) for tag in given}
    keys = [str(tag.get("key")) for tag in given] + [str(key) for key in _list(body, "tagKeys")]
    return {**named, **({"aws:TagKeys": list(dict.fromkeys(keys))} if keys else {})}


def _list(body: dict[str, Any], member: str) -> list[Any]:
    found = body.get(member)
    return found if isinstance(found, list) else []
