"""Finds and deletes every copy of a text."""
