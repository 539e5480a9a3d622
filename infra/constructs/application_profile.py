"""Application inference profiles: a model under an ARN of our own, whose cost carries our tags."""

from collections.abc import Mapping

from aws_cdk import CfnTag
from aws_cdk import aws_bedrock as bedrock
from constructs import Construct

from distillery.core.names import digest, short
from infra.constructs.arn import Location


def application_profile(
    scope: Construct,
    ident: str,
    *,
    name: str,
    description: str,
    model: str,
    profile: str | None,
    tags: Mapping[str, str],
) -> str:
    """The ARN of a profile that is copied from the system profile, or from the Region's model if there is none.

    A change of any property but the tags replaces the profile, and names are unique. The name therefore ends in a
    digest of these properties, so that the new profile can exist before the old one is deleted. Profiles whose names
    differ need different `ident`s: else one that moves in the tree would take a name that is still in use.
    """
    location, suffix = Location.of(scope), short(digest([description, profile, model]), 8)
    source = location.arn("bedrock", f"inference-profile/{profile}") if profile else location.foundation_model(model)
    made = bedrock.CfnApplicationInferenceProfile(
        scope,
        ident,
        inference_profile_name=f"{name}-{suffix}",
        description=description,
        model_source=bedrock.CfnApplicationInferenceProfile.InferenceProfileModelSourceProperty(copy_from=source),
        tags=[CfnTag(key=key, value=value) for key, value in tags.items()],
    )
    return made.attr_inference_profile_arn
