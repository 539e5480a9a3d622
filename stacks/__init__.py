"""Composition only: which constructs stand in which stack."""
