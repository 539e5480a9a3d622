"""`bedrock-simulator`, or `python -m bedrock_simulator`: starts the simulator as a server."""

import sys

from bedrock_simulator.server.server import main


def command() -> int:
    """The console command."""
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(command())
