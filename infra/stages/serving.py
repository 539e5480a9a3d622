"""serving: a route is a name that callers use; its parameter says what to call."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_bedrock as cfn_bedrock
from constructs import Construct

from infra.config import Route
from infra.parts.function import Function
from infra.parts.ground import Ground
from infra.parts.permissions import Permission, bedrock, keys, running
from infra.parts.place import Place
from infra.parts.published import publish
from lambdas.shared.names import digest, short
from lambdas.shared.variables import Variable


class Serving(Construct):
    """Stands in the inference Region; the endpoints and aliases of distilled models are in the home Region."""

    def __init__(
        self, scope: Construct, ident: str, *, ground: Ground, home_region: str, routes: Mapping[str, Route]
    ) -> None:
        super().__init__(scope, ident)
        self._names, self._place, self._home = ground.names, Place.of(self), Place.of(self).at(home_region)
        permissions = [running.read_parameters(self._place, self._names.route("*"))]
        for route in routes.values():
            leads, needed = self._to_alias(route) if route.recipe else self._to_model(route)
            self._publish(route, leads)
            permissions += needed
        if any(route.recipe for route in routes.values()):
            permissions += self._students()
        self.function = Function(
            self,
            "Function",
            ground=ground,
            handler="lambdas.serving.handler.invoke",
            description="Resolves a route to a model and calls it",
            timeout=Duration.minutes(3),
            permissions=permissions,
            environment={Variable.HOME_REGION: home_region},
        )

    def _publish(self, route: Route, leads: dict[str, Any]) -> None:
        publish(
            self,
            f"Route-{route.name.replace('/', '-')}",
            name=self._names.route(route.name),
            description=route.description,
            value={"route": route.name, "latency": route.latency, **leads},
        )

    def _to_alias(self, route: Route) -> tuple[dict[str, Any], tuple[Permission, ...]]:
        """Needs nothing of its own: what all students need is said once."""
        assert route.recipe is not None
        return {"kind": "alias", "alias": self._names.alias(route.recipe), "region": self._home.region}, ()

    def _to_model(self, route: Route) -> tuple[dict[str, Any], tuple[Permission, ...]]:
        """Through an application profile where the route has one, so that its cost carries our tags."""
        assert route.model is not None
        source = self._source(route)
        application: tuple[str, ...] = ()
        if route.application_profile:
            application = (self._application_profile(route, source).attr_inference_profile_arn,)
        if route.profile:
            needed = bedrock.through_profiles(self._place, {route.model: route.profile}, *application)
        else:
            needed = bedrock.in_region(self._place, route.model, *application)
        identifier = next(iter(application), route.profile or route.model)
        return {"kind": "model", "model": route.model, "identifier": identifier, "region": self._place.region}, needed

    def _source(self, route: Route) -> str:
        if route.profile:
            return self._place.arn("bedrock", f"inference-profile/{route.profile}")
        return self._place.foundation_model(str(route.model))

    def _application_profile(self, route: Route, source: str) -> cfn_bedrock.CfnApplicationInferenceProfile:
        """Every property but its tags replaces it, and names are unique: so a name tells what would replace it."""
        told = short(digest([route.profile, route.model]), 8)
        return cfn_bedrock.CfnApplicationInferenceProfile(
            self,
            f"Profile-{route.name}",
            inference_profile_name=f"{self._names.prefix}{route.name}-{told}",
            description=f"Distillery route {route.name}",
            model_source=cfn_bedrock.CfnApplicationInferenceProfile.InferenceProfileModelSourceProperty(
                copy_from=source
            ),
        )

    def _students(self) -> tuple[Permission, ...]:
        return (
            running.read_parameters(self._home, self._names.alias("*")),
            bedrock.invoke_students(self._home),
            keys.use_models_by_alias(self._home, self._names.key_alias),
        )
