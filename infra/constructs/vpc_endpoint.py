"""Bedrock's runtime from inside a VPC, without a way to the internet (UG vpc-interface-endpoints).

A module of its own, imported where an environment has one: the CDK's module of EC2 takes its time.
"""

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from distillery.settings.environment import VpcEndpoint
from infra.constructs.arn import Location
from infra.constructs.permissions.calling import CALL


def vpc_endpoint(scope: Construct, ident: str, wanted: VpcEndpoint) -> str:
    """The id of an interface endpoint; by private DNS, code in the VPC finds it under Bedrock's usual name.

    Its policy lets principals of this account through, to invoke models: which ones is their own policies' business.
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
