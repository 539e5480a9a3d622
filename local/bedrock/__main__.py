"""`python -m local.bedrock`: the simulator as a server of its own."""

import sys

try:
    from local.bedrock.door.server import main
except ModuleNotFoundError as missing:
    print(
        f"{missing.name} is missing here: run `make install`, then `.venv-local/bin/python -m local.bedrock`.",
        file=sys.stderr,
    )
    sys.exit(1)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
