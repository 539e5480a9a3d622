"""Bedrock's runtime from inside a VPC, without internet access (UG vpc-interface-endpoints).

Imported only for environments with an endpoint, because the CDK's EC2 module is slow to import.
"""

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from distillery.settings.environment import VpcEndpoint
from infra.constructs.arn import Location
from infra.constructs.permissions.calling import CALL


def vpc_endpoint(scope: Construct, ident: str, wanted: VpcEndpoint) -> str:
    """The id of an interface endpoint with private DNS: code in the VPC reaches it under Bedrock's usual name.

    Its policy admits principals of this account to invoke models. Their own policies decide which models.
    """
    location = Location.of(scope)
    ours = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": list(CALL),
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
