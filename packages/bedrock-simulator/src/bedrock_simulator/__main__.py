"""`bedrock-simulator`, or `python -m bedrock_simulator`: the simulator as a server of its own."""

import sys

from bedrock_simulator.server.server import main


def command() -> int:
    """The console command."""
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(command())
