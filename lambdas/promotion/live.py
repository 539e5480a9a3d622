"""The live endpoint: one per recipe and base model. Its ARN never changes; its model does.

Only the live endpoint has its route's tag, which lets callers in: nobody may call a candidate.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

from distillery.core import clock
from distillery.core.aliases import Aliases
from distillery.core.aws import client
from distillery.core.commitment import Commitments
from distillery.core.env_vars import Variable, read
from distillery.core.errors import EndpointFailed
from distillery.core.hosting import Hosted, Hosting, State, hosting_by_mode
from distillery.core.hosting_mode import HostingMode
from distillery.core.names import DISTILLED_PREFIX, TAG_ENVIRONMENT, TAG_RECIPE, TAG_ROUTE, Names, token
from distillery.core.pipeline import Endpoint, EndpointStatus
from distillery.core.recipe import Recipe
from distillery.core.unit_ceiling import UnitCeiling
from lambdas.promotion.target import PromotionTarget


@dataclass(frozen=True, slots=True)
class LiveEndpoint:
    """Brings the live endpoint to a target's model. Every call may be repeated.

    `may_create` raises where the endpoint of that name may not be created.
    """

    names: Names
    hosting: Mapping[HostingMode, Hosting]
    aliases: Aliases
    may_create: Callable[[str, Recipe], None] = lambda _name, _recipe: None
    commitments: Commitments = field(default_factory=Commitments)

    @classmethod
    def of_environment(cls) -> Self:
        """The endpoint that the function's environment variables configure, in its own Region."""
        names = Names(read(Variable.ENVIRONMENT))
        ceiling = UnitCeiling.of_environment(names)
        may_create = lambda name, recipe: ceiling.check(name, recipe, client("bedrock"))  # noqa: E731 a default of its own
        return cls(names, hosting_by_mode(), Aliases(), may_create, Commitments.of_environment())

    def promote(self, target: PromotionTarget) -> Endpoint:
        """The live endpoint, created with the model or updated to it."""
        name, hosting = self.name(target), self.hosting[target.recipe.hosting]
        existing = hosting.find(name)
        if existing and existing.state is State.FAILED and not self._in_use(existing, target):
            hosting.delete(name)
            existing = None
        if existing is None:
            return self._create(target, name, hosting)
        hosting.tag(existing.endpoint, self._route(target))  # it may be older than these tags, or made by hand
        if existing.state is State.UPDATE_FAILED:  # left by an earlier attempt; this one starts its own
            hosting.repoint(existing.endpoint, target.model_arn)
        else:
            _approach(existing, target, hosting)
        return existing.endpoint

    def describe(self, target: PromotionTarget) -> EndpointStatus:
        """READY when the endpoint serves the target's model. Raises EndpointFailed where it never will."""
        name, hosting = self.name(target), self.hosting[target.recipe.hosting]
        found = hosting.find(name)
        if found is None:
            raise EndpointFailed(f"live endpoint {name!r} does not exist; somebody deleted it. Run the recipe again")
        if found.status is EndpointStatus.PENDING or _approach(found, target, hosting):
            return EndpointStatus.PENDING
        return EndpointStatus.READY

    def name(self, target: PromotionTarget) -> str:
        return self.names.live(target.recipe.name, target.recipe.student)

    def _create(self, target: PromotionTarget, name: str, hosting: Hosting) -> Endpoint:
        """An evaluation has a token of its own: where the endpoint of the run's first try was deleted, the service
        would ignore a second request with the first one's. Raises NotAcknowledged."""
        self.may_create(name, target.recipe)
        term = self.commitments.starting(name, target.recipe, clock.now().date())
        return hosting.create(
            name=name,
            model_arn=target.model_arn,
            tags={TAG_RECIPE: target.recipe.name, **self._route(target)},
            token=token(target.mover, "live", *filter(None, [target.execution, term])),
            recipe=target.recipe,
            commitment=term,
        )

    def _route(self, target: PromotionTarget) -> dict[str, str]:
        """The tags that the policies of callers refer to."""
        return {TAG_ENVIRONMENT: self.names.environment, TAG_ROUTE: DISTILLED_PREFIX + target.recipe.name}

    def _in_use(self, existing: Hosted, target: PromotionTarget) -> bool:
        alias = self.aliases.read(self.names.alias(target.recipe.name))
        return alias is not None and alias.serving_arn == existing.endpoint.arn


def _approach(found: Hosted, target: PromotionTarget, hosting: Hosting) -> bool:
    """Starts an update where the endpoint serves another model and no update is in progress; True where it did.

    An update in progress, even to another model (of an aborted run), is awaited: `describe` is called again.
    """
    if found.state is not State.SERVING or found.model_arn == target.model_arn:
        return False
    hosting.repoint(found.endpoint, target.model_arn)
    return True
