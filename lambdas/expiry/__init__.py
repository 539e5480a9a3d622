"""Deletes old data sets that are not in use."""
