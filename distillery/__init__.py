"""Distillery's command line and client: what its users install."""

__version__ = "0.2.0"
"""Of the distribution: the build reads it here, and so does `distillery --version`, installed or not."""

WHEEL = f".build/dist/distillery_bedrock-{__version__}-py3-none-any.whl"
"""Path of the wheel in a checkout after `make wheel`. A release has a file of the same name; no index has it yet."""

WHEEL_SOURCE = "build this file with `make wheel` in a checkout, or use the wheel of a release"
"""What follows an install command in an error message."""
