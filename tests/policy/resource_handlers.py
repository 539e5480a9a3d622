"""What CloudFormation calls to create, read, update and delete a resource of each type in the templates."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

HANDLERS: Mapping[str, Mapping[str, list[str]]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
"""IAM actions by type and operation: `HANDLERS["AWS::KMS::Alias"]["create"] == ["kms:CreateAlias"]`."""
