"""Short programs that call one step of a route, by the packages people use. Generated from the published map; each is
run by `make snippets` with the real package. Nothing here calls AWS."""

from collections.abc import Callable

from distillery.snippets import awscli, boto3, langchain, litellm, strands
from distillery.snippets.call import Call

SNIPPETS: dict[str, Callable[[Call], str]] = {
    "boto3": boto3.snippet,
    "cli": awscli.snippet,
    "litellm": litellm.snippet,
    "langchain": langchain.snippet,
    "strands": strands.snippet,
}
"""By the name that `--for` takes; each gives a whole program: Python, but `cli` is a shell's."""

__all__ = ["SNIPPETS", "Call"]
