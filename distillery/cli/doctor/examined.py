"""The environment that is examined: its settings where a checkout has them, its account, and clients."""

import dataclasses
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from distillery.cli.doctor.findings import DoctorFinding, unchecked
from distillery.cli.target import Target
from distillery.core import clock
from distillery.core.errors import DistilleryError
from distillery.core.names import Names

if TYPE_CHECKING:
    from distillery.settings import Settings

FOREIGN = "arn:aws:sts::"


@dataclass(frozen=True)
class Examined:
    """Attributes:
    on: The environment and the account.
    settings: The environment's settings; None where they cannot be read, which `unread` says.
    account_id, caller: Of the credentials.
    home, inference: The two Regions.
    """

    on: Target
    settings: "Settings | None"
    unread: DoctorFinding | None
    account_id: str
    caller: str
    home: str
    inference: str

    @property
    def names(self) -> Names:
        return Names(self.on.environment)

    @property
    def regions(self) -> tuple[str, ...]:
        """Both Regions, or the one that is both."""
        return tuple(dict.fromkeys((self.home, self.inference)))

    def client(self, service: str, region: str | None = None) -> Any:
        """A client, in the home Region by default."""
        return self.on.account.aws_client(service, region or self.home)

    @functools.cached_property
    def role_or_user(self) -> str | None:
        """The ARN that policies are simulated for; None for the root user. Raises errors of AWS."""
        if ":assumed-role/" not in self.caller:
            return None if self.caller.endswith(":root") else self.caller
        role = self.caller.split(":assumed-role/", 1)[1].split("/")[0]
        return str(self.client("iam").get_role(RoleName=role)["Role"]["Arn"])

    def deployed(self) -> "Iterator[tuple[str, dict[str, Any]]]":
        """(Region, stack) of the environment's stacks, as DescribeStacks describes them."""
        prefix = self.names.stack("")
        for region in self.regions:
            for page in self.client("cloudformation", region).get_paginator("describe_stacks").paginate():
                for stack in page["Stacks"]:
                    if stack["StackName"].startswith(prefix):
                        yield region, stack

    def resources(self, region: str, stack: str) -> list[dict[str, Any]]:
        """The resources of a stack, as ListStackResources lists them."""
        pages = self.client("cloudformation", region).get_paginator("list_stack_resources").paginate(StackName=stack)
        return [each for page in pages for each in page["StackResourceSummaries"]]


def examine(on: Target) -> Examined:
    """Reads the settings and asks who calls. Raises NotReached without credentials, which every check needs."""
    from distillery.client.aws import as_not_reached

    settings, unread = _settings(on.environment)
    home = on.region or (settings.home_region if settings and not on.local else None)
    on = dataclasses.replace(on, region=home)
    region = on.account.region
    with as_not_reached("asking AWS whose credentials these are"):
        who = on.account.aws_client("sts", region).get_caller_identity()
    inference = settings.inference_region if settings else _published_inference(on, region)
    return Examined(on, settings, unread, str(who["Account"]), str(who["Arn"]), region, inference)


def _settings(environment: str) -> "tuple[Settings | None, DoctorFinding | None]":
    """The settings, checked for their shape alone: what synth would refuse is a finding of its own."""
    why = "models, quotas, addresses and tags are read from the settings"
    try:
        from distillery.settings.reading import parse, read
    except ModuleNotFoundError as error:
        what = f"the settings cannot be read without the package {error.name}"
        return None, unchecked(what, why, "run it from a checkout (make install), or install the extra cli")
    try:
        return parse(read(environment), environment), None
    except (DistilleryError, OSError, ValueError) as error:
        return None, unchecked(f"the settings of {environment} cannot be read: {error}", why, "correct the file")


def _published_inference(on: Target, home: str) -> str:
    """The inference Region of what is deployed; the home Region where that is unknown."""
    from distillery.client import NotDeployed, NotReached

    try:
        return str(on.account.pipeline.get("inference_region", home))
    except (NotDeployed, NotReached):
        return home


def today() -> Any:
    return clock.now().date()
