"""An environment's settings: their types, their bounds, and what Bedrock would refuse.

`load` reads `environments/<name>.toml` and either returns `Settings` or raises `ConfigError` with every finding.
`warnings` lists what needs attention in valid settings.
"""

from distillery.settings.checks.model_usage import named_models
from distillery.settings.environment import (
    LONGEST_RUN_DAYS,
    LifecycleAcknowledgement,
    Logging,
    RouteSettings,
    Settings,
    VpcEndpoint,
)
from distillery.settings.fallback import FallbackPolicy, FallbackStep, policies
from distillery.settings.finding import ConfigError, ConfigFinding
from distillery.settings.reading import environment_names, load
from distillery.settings.warnings import warnings

__all__ = [
    "LONGEST_RUN_DAYS",
    "ConfigError",
    "ConfigFinding",
    "FallbackPolicy",
    "FallbackStep",
    "LifecycleAcknowledgement",
    "Logging",
    "RouteSettings",
    "Settings",
    "VpcEndpoint",
    "environment_names",
    "load",
    "named_models",
    "policies",
    "warnings",
]
