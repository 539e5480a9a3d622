"""The alias of a distilled student: the endpoint and the model that it names, and its canary, if it has one."""

from collections.abc import Mapping
from dataclasses import dataclass

from distillery.client.canary import AliasedCanary, parse_canary
from distillery.client.errors import UnreadableAlias
from distillery.client.route_map import IS_MODEL, IS_TIME, check_fields, is_object, matches, parse_object
from distillery.client.system_prompt import UNKNOWN_PROMPT, StudentPrompt

_ENDPOINT_ARN = matches(
    r"arn:aws(-[a-z]+)*:bedrock:[a-z]{2}(-[a-z]+)+-[0-9]:[0-9]{12}:(custom-model-deployment|provisioned-model)/[a-z0-9]{12}"
)
"""Bedrock API, `CustomModelDeploymentArn` and `ProvisionedModelArn`: the endpoints that promotion creates."""


@dataclass(frozen=True, slots=True)
class AliasedEndpoint:
    """The endpoint that an alias names, the ARN of the model that it serves, and what that was trained with.

    `paused`: set outside of its recipe's business hours, when the endpoint does not exist: `since` and `until`.
    `canary`: the one that the alias names, perhaps one that is over.
    """

    arn: str
    model: str
    prompt: StudentPrompt = UNKNOWN_PROMPT
    paused: Mapping[str, str] | None = None
    canary: AliasedCanary | None = None


def parse_alias(text: str, region: str) -> AliasedEndpoint:
    """Parses an alias. Its endpoint must be in the alias's Region. The text of UnreadableAlias quotes no value."""
    try:
        alias = parse_object(text)
        check_fields(alias, {"endpoint": is_object, "current": IS_MODEL})
        endpoint = alias["endpoint"]
        check_fields(endpoint, {"arn": _ENDPOINT_ARN})
        if (actual := endpoint["arn"].split(":")[3]) != region:
            raise ValueError(f"its endpoint is in {actual}, the alias is in {region}")
        model = alias["current"]
        if (paused := alias.get("paused")) is not None:
            if not is_object(paused):
                raise ValueError("paused holds an invalid value")
            check_fields(paused, {"since": IS_TIME, "until": IS_TIME})
            paused = {"since": paused["since"], "until": paused["until"]}
    except (ValueError, KeyError) as error:
        raise UnreadableAlias(f"the alias names no endpoint that promotion could have created: {error}") from error
    try:
        prompt = StudentPrompt.of(alias)
    except (ValueError, KeyError):  # its own text is not quoted: what failed may have a prompt at hand
        raise UnreadableAlias("the alias's `system` holds no value that promotion writes") from None
    canary = parse_canary(alias, lambda arn: _ENDPOINT_ARN(arn) and arn.split(":")[3] == region)
    return AliasedEndpoint(arn=endpoint["arn"], model=model, prompt=prompt, paused=paused, canary=canary)
