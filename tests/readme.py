"""The blocks of the root README, so that tests run what a reader copies."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
COMMAND = ".venv/bin/distillery"


def blocks(language: str) -> list[str]:
    """Returns the fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def shell_lines() -> list[list[str]]:
    """Returns the words of every line of the README's `sh` blocks, without the comments."""
    return [shlex.split(line, comments=True) for block in blocks("sh") for line in block.splitlines()]


def command(verb: str, **replaced: str) -> list[str]:
    """Returns the words of the README's `distillery` command with this verb, without the program.

    Args:
        verb: The verb, for example `run`.
        **replaced: Words that stand for something of the reader, and what to use here: `prompts` is `my-prompts.jsonl`.
    """
    (words,) = [words[1:] for words in shell_lines() if words[:2] == [COMMAND, verb]]
    names = {"my-prompts.jsonl": replaced.get("prompts", "my-prompts.jsonl")}
    return [names.get(word, word) for word in words]
