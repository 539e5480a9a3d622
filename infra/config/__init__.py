"""An environment's settings: their typed shape, their bounds, and what Bedrock would refuse.

`load` reads `environments/<name>.toml` and either returns `Settings` or raises `ConfigError` with every finding.
`warnings` says what is not wrong yet.
"""

from infra.config.fallback import FallbackPolicy, Step, policies
from infra.config.finding import ConfigError, Finding
from infra.config.logging import Logging
from infra.config.reading import known, load
from infra.config.route import Route
from infra.config.settings import LONGEST_RUN_DAYS, LifecycleAcknowledgement, Settings
from infra.config.vpc_endpoint import VpcEndpoint
from infra.config.warnings import warnings

__all__ = [
    "LONGEST_RUN_DAYS",
    "ConfigError",
    "FallbackPolicy",
    "Finding",
    "LifecycleAcknowledgement",
    "Logging",
    "Route",
    "Settings",
    "Step",
    "VpcEndpoint",
    "known",
    "load",
    "policies",
    "warnings",
]
