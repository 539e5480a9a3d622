"""Outputs of a stack for the command line, as JSON in one SSM parameter."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_ssm as ssm
from constructs import Construct


def publish(scope: Construct, ident: str, *, name: str, description: str, value: Mapping[str, Any]) -> None:
    """Stores the value as JSON under a name from `distillery/core/names`."""
    text = Stack.of(scope).to_json_string(dict(value))
    ssm.StringParameter(scope, ident, parameter_name=name, description=description, string_value=text)
