"""The floor of `distillery check`: starts Python, imports the same libraries, and decodes the same lines.

decode.py FILE          with typer and what typer loads to parse a command line
decode.py FILE bare     with msgspec alone
"""

import sys

if sys.argv[2:] != ["bare"]:
    import pydantic  # noqa: F401  # typer's, to convert arguments
    import typer  # noqa: F401  # the command's

from msgspec.json import Decoder

from distillery.datasets.validation.fast_path import ConversationRecord

if __name__ == "__main__":
    decode = Decoder(ConversationRecord).decode
    with open(sys.argv[1], "rb") as file:
        records = [decode(line) for line in file]
    assert records
