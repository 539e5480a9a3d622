"""Distillery's command line and client: what its users install."""

__version__ = "0.2.0"
"""Of the distribution: the build reads it here, and so does `distillery --version`, installed or not."""
