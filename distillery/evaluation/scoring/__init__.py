"""Scores from outside the library: what is sent to judges and functions, and how their replies are read."""
