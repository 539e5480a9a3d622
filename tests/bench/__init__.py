"""Benchmarks of time and cost, measured against a floor of the same kind.

`python -m tests.bench [name …]`: every bar is a ratio to something measured in the same run, a sum of dated prices, or
a count. Only the local Bedrock's bars are times of this machine. Exits with 1 if a bar is missed.
"""
