"""An environment's settings: their typed shape, their bounds, and what Bedrock would refuse.

`load` reads `environments/<name>.toml` and either returns `Settings` or raises `ConfigError` with every finding.
`warnings` says what is not wrong yet.
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
from distillery.settings.reading import known, load
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
    "known",
    "load",
    "policies",
    "warnings",
]
