"""What this project costs in time and money, measured against a floor of its own kind.

`python -m tests.bench [name …]`: every bar is a ratio to something measured in
the same run, a sum from dated prices, or a count; only the local Bedrock's own are times of this machine. It exits with
1 where a bar is missed.
"""
