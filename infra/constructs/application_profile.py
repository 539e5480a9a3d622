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
    """The ARN of a profile copied from the system profile, or from the model of this Region where there is none.

    Every property but its tags replaces it, and names are unique: so its name tells what would replace it, and the new
    one is there before the old one goes. What differs in its name must differ in `ident` too, or a profile that changed
    its location would be made anew under the name that its old location still holds.
    """
    location, told = Location.of(scope), short(digest([description, profile, model]), 8)
    source = location.arn("bedrock", f"inference-profile/{profile}") if profile else location.foundation_model(model)
    made = bedrock.CfnApplicationInferenceProfile(
        scope,
        ident,
        inference_profile_name=f"{name}-{told}",
        description=description,
        model_source=bedrock.CfnApplicationInferenceProfile.InferenceProfileModelSourceProperty(copy_from=source),
        tags=[CfnTag(key=key, value=value) for key, value in tags.items()],
    )
    return made.attr_inference_profile_arn
