"""An environment's settings: their types, their bounds, and what Bedrock would refuse.

`load` reads `environments/<name>.toml` and either returns `Settings` or raises `ConfigError` with every finding.
`warnings` lists what needs attention in valid settings.
"""

from distillery.settings.environment import (
    LONGEST_RUN_DAYS,
    LifecycleAcknowledgement,
    Logging,
    Route,
    Settings,
    VpcEndpoint,
)
from distillery.settings.fallback import FallbackPolicy, Step, policies
from distillery.settings.finding import ConfigError, Finding
from distillery.settings.reading import environment_names, load
from distillery.settings.warnings import warnings

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
    "environment_names",
    "load",
    "policies",
    "warnings",
]
