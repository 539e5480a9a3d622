"""serving: a route is a name that callers use; its SSM parameter lists the steps to call."""

from collections.abc import Mapping, Sequence

from aws_cdk import CfnTag, Duration
from aws_cdk import aws_bedrock as bedrock
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from distillery.core.env_vars import Variable
from distillery.core.names import TAG_COST_CENTRE, URL_ALIAS, digest, short
from distillery.core.served_routes import CallerQuota, ServedRoute, ServedRoutes
from distillery.settings import FallbackPolicy, RouteSettings, VpcEndpoint
from distillery.settings.route_map import Applications, applications_of, needs_probe, route_map, tags_of
from infra.constructs.arn import Location
from infra.constructs.function import Function
from infra.constructs.layers import served_routes_layer
from infra.constructs.permissions import Permission, calling, policy_at, running, storage
from infra.constructs.ssm_outputs import publish
from infra.constructs.stack_context import StackContext


class ServingStage(Construct):
    """The routes, in the inference Region; endpoints and aliases of distilled models are in the home Region.

    Each route has a parameter, a managed policy that a team attaches to its own role, and application profiles.
    """

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        home_region: str,
        policies: Sequence[FallbackPolicy],
        reserved_concurrency: int | None = None,
        quota: CallerQuota | None = None,
    ) -> None:
        super().__init__(scope, ident)
        self._names, self._location, self._home = context.names, Location.of(self), Location.of(self).at(home_region)
        self._lenders = context.lenders
        self._last_profile: bedrock.CfnApplicationInferenceProfile | None = None
        applications = {policy.route.name: self._route(policy) for policy in policies}
        offer = ServedRoutes(routes=tuple(_offered(policy.route) for policy in policies), quota=quota)
        self.function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.serving.handler.invoke",
            description="Resolves a route to a model and calls it",
            timeout=Duration.minutes(3),
            permissions=self._every(policies, list(applications.values())),
            layers=[served_routes_layer(self, "Offer", offer)],
            reserved_concurrency=reserved_concurrency,
        )
        if quota:
            self._count(context)
        self.alias = self._alias() if offer.needs_caller else None
        self.url = self._url()

    def _count(self, context: StackContext) -> None:
        """Counts each caller's usage."""
        from infra.constructs.table import QuotaTable  # the CDK's DynamoDB module is slow to import

        table = QuotaTable(self, "Quotas", key=context.key).table
        self.function.allow_more(*storage.update_counters(table))
        self.function.add_environment({Variable.QUOTAS: table.table_name})

    def _alias(self) -> lambda_.CfnAlias:
        """The alias that the URL belongs to if routes or quotas depend on the caller: the same code, another name."""
        name = self.function.function.function_name
        return lambda_.CfnAlias(self, "UrlAlias", function_name=name, function_version="$LATEST", name=URL_ALIAS)

    def _url(self) -> str:
        arn, qualifier = self.function.arn, URL_ALIAS if self.alias else None
        url = lambda_.CfnUrl(self, "Url", auth_type="AWS_IAM", target_function_arn=arn, qualifier=qualifier)
        if self.alias:
            url.add_resource_dependency(self.alias)
        return url.attr_function_url

    def _route(self, policy: FallbackPolicy) -> Applications:
        """Creates the resources of one route, in order of dependency. Returns its application profiles."""
        name, ident = policy.route.name, policy.route.name.replace("/", "-")
        applications = {key: self._profile(policy, *key) for key in applications_of(policy)}
        publish(
            self,
            f"Route-{ident}",
            name=self._names.route(name),
            description=policy.route.description,
            value=route_map(policy, self._names, applications).document(),
        )
        findings = [self._names.probed(name)] if needs_probe(policy) else []
        permissions = [running.read_parameters(self._location, self._names.route(name), *findings)]
        permissions += calling.call_models(self._location, policy.models, _by_model(applications))
        if policy.recipes:
            permissions += calling.call_students(self._home, self._names, policy.recipes, self._lenders)
        does = f"Call the route {name} of {self._names.environment}"
        policy_at(self, f"Callers-{ident}", f"{self._names.route(name)}/", does, *permissions)
        return applications

    def _profile(self, policy: FallbackPolicy, model: str, centre: str) -> str:
        """Identified by its model, whatever its position among the steps: a new order of steps changes no profile.

        Names that people choose have no underscore, so it separates two of them. One profile is created after the
        other: parallel requests may end in a ConflictException (Terraform's provider repeats them for two minutes).
        """
        route = policy.route.name.replace("/", "_")
        name = "_".join(part for part in (route, centre) if part)
        made = _application_profile(
            self,
            f"Profile-{name}-{model}",
            name=f"{self._names.prefix}{name}",
            description=f"Distillery route {route}" + (f" for {centre}" if centre else ""),
            model=model,
            profile=policy.models[model],
            tags=tags_of(policy, self._names) | ({TAG_COST_CENTRE: centre} if centre else {}),
        )
        if self._last_profile:
            made.add_resource_dependency(self._last_profile)
        self._last_profile = made
        return made.attr_inference_profile_arn

    def _every(self, policies: Sequence[FallbackPolicy], applications: Sequence[Applications]) -> list[Permission]:
        """The function's permissions for all routes together, without streaming: a role's policies are limited to
        10,240 characters."""
        models = {model: profile for policy in policies for model, profile in policy.models.items()}
        made: dict[str, list[str]] = {}
        for of_one in applications:
            for model, arns in _by_model(of_one).items():
                made.setdefault(model, []).extend(arns)
        findings = [self._names.probed("*")] if any(map(needs_probe, policies)) else []
        students = any(policy.recipes for policy in policies)
        return [
            running.read_parameters(self._location, self._names.route("*"), *findings),
            *calling.call_models(self._location, models, made, calling.ONCE),
            *(calling.call_every_student(self._home, self._names, calling.ONCE, self._lenders) if students else ()),
        ]


def vpc_endpoint(scope: Construct, ident: str, wanted: VpcEndpoint) -> str:
    """The id of an interface endpoint with private DNS: code in the VPC reaches it under Bedrock's usual name.

    Its policy admits principals of this account to invoke models. Their own policies decide which models. Source: UG
    vpc-interface-endpoints.
    """
    from aws_cdk import aws_ec2 as ec2  # slow to import

    location = Location.of(scope)
    ours = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": list(calling.CALL),
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalAccount": location.account}},
    }
    return ec2.CfnVPCEndpoint(
        scope,
        ident,
        service_name=f"com.amazonaws.{location.region}.bedrock-runtime",
        vpc_endpoint_type="Interface",
        vpc_id=wanted.vpc_id,
        subnet_ids=list(wanted.subnet_ids),
        security_group_ids=list(wanted.security_group_ids),
        private_dns_enabled=True,
        policy_document={"Version": "2012-10-17", "Statement": [ours]},
    ).ref


def _application_profile(
    scope: Construct,
    ident: str,
    *,
    name: str,
    description: str,
    model: str,
    profile: str | None,
    tags: Mapping[str, str],
) -> bedrock.CfnApplicationInferenceProfile:
    """Creates an application inference profile: a model under an ARN of our own, whose cost has our tags.

    A change of any property but the tags replaces the profile, and names are unique. The name therefore ends in a
    digest of these properties, so that the new profile can exist before the old one is deleted.

    Args:
        scope: The construct that the profile belongs to.
        ident: Its construct id, different for each `name`: otherwise a profile that moves in the tree would take a
            name that is still in use.
        name: Beginning of the profile's name.
        description: Its description.
        model: Id of the model, which is copied if there is no `profile`.
        profile: Id of the system profile that is copied.
        tags: Tags of the profile, which its cost has too.

    Returns:
        The profile.
    """
    location, suffix = Location.of(scope), short(digest([description, profile, model]), 8)
    source = location.arn("bedrock", f"inference-profile/{profile}") if profile else location.foundation_model(model)
    return bedrock.CfnApplicationInferenceProfile(
        scope,
        ident,
        inference_profile_name=f"{name}-{suffix}",
        description=description,
        model_source=bedrock.CfnApplicationInferenceProfile.InferenceProfileModelSourceProperty(copy_from=source),
        tags=[CfnTag(key=key, value=value) for key, value in tags.items()],
    )


def _offered(route: RouteSettings) -> ServedRoute:
    return ServedRoute(name=route.name, principals=route.principals)


def _by_model(applications: Applications) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for (model, _), arn in applications.items():
        found.setdefault(model, []).append(arn)
    return found
