"""Distillery's command line and client: what its users install."""

__version__ = "0.2.0"
"""Of the distribution: the build reads it here, and so does `distillery --version`, installed or not."""

WHEEL = f"distillery_bedrock-{__version__}-py3-none-any.whl"
"""What a hint tells people to install: a release's, since no index has the distribution yet."""
