"""What `make` says to the person who waits for it."""

import re

import pytest

from local.account import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = re.findall(r"^install: (.*?) ##", MAKEFILE, re.MULTILINE)[0].split()


@pytest.mark.parametrize("target", [".venv-uv/ok", *TARGETS])
def test_each_part_of_an_installation_says_what_it_is_and_how_large(target: str) -> None:
    recipe = re.search(rf"^{re.escape(target)}:.*\n((?:\t.*\n|  .*\n)+)", MAKEFILE, re.MULTILINE)
    assert recipe is not None
    assert re.search(r'echo "(installing|fetching) .+ \([\d.]+ [MG]B on disk\)"', recipe[1])
