"""Data sets end, but for those that are in use."""
