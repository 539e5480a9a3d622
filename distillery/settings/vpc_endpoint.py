"""A way to Bedrock from inside a VPC, where the environment wants one."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

VpcId = Annotated[str, StringConstraints(pattern=r"^vpc-[0-9a-f]{8,17}$")]
SubnetId = Annotated[str, StringConstraints(pattern=r"^subnet-[0-9a-f]{8,17}$")]
SecurityGroupId = Annotated[str, StringConstraints(pattern=r"^sg-[0-9a-f]{8,17}$")]


class VpcEndpoint(BaseModel):
    """An interface endpoint for bedrock-runtime in the inference Region, in a VPC that is there already."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vpc_id: VpcId = Field(description="the id of a VPC of inference_region, such as 'vpc-0123456789abcdef0'")
    subnet_ids: tuple[SubnetId, ...] = Field(
        description='a list of ids, one for each Availability Zone, such as ["subnet-0123456789abcdef0"]', min_length=1
    )
    security_group_ids: tuple[SecurityGroupId, ...] = Field(
        description='a list of ids that let callers in on port 443, such as ["sg-0123456789abcdef0"]', min_length=1
    )
