"""Distillery's command line and client: what its users install."""
