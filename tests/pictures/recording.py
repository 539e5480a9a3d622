"""Records `make demo` as an asciicast (docs/demo.cast) and draws the cast as an animated terminal (docs/demo.svg).

Format of a cast: https://docs.asciinema.org/manual/asciicast/v2/
"""

import json
import os
import re
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.account import ROOT
from local.emulator import process
from tests.pictures.drawing import MONO, escaped, picture

CAST = ROOT / "docs" / "demo.cast"
COLUMNS = 118
LONGEST_PAUSE = 2.5  # seconds; a deployment takes longer, and shows nothing new
CHARACTER, LINE, EDGE, BAR = 7.83, 19, 20, 44
SIZE = 13
COLORS = {"✓": "green", "promoted": "green", "$": "soft"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the terminal, and the second at which it appears."""

    at: float
    text: str


def record(port: int, file: Path = CAST) -> None:
    """Runs the demo on a port of its own, and writes what it prints, line by line, with its time."""
    if process.holding():
        raise SystemExit("a local account runs, and a recording shows how one starts: stop it first (`make down`)")
    command = [sys.executable, "-u", "-m", "local.demo", "--port", str(port)]
    environ = os.environ | {"COLUMNS": str(COLUMNS), "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
    began = time.monotonic()
    events: list[list[object]] = [[0.0, "o", f"$ make demo PORT={port}\r\n"]]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        events += ([round(time.monotonic() - began, 2), "o", text.rstrip("\n") + "\r\n"] for text in demo.stdout)
    process.stop()
    if demo.returncode:
        raise SystemExit(f"the demo ended with {demo.returncode}, and {file.name} was not written")
    header = {"version": 2, "width": COLUMNS, "height": len(events), "title": "make demo"}
    lines = [json.dumps(each, ensure_ascii=False) for each in (header, *events)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def lines_of(cast: str) -> Iterator[Line]:
    """Yields the lines of a cast, wrapped to its width, with pauses no longer than LONGEST_PAUSE."""
    header, *events = (json.loads(line) for line in cast.splitlines())
    shown = before = 0.0
    for at, _, text in events:
        shown += min(at - before, LONGEST_PAUSE)
        before = at
        for line in text.rstrip("\r\n").split("\r\n"):
            wrapped = textwrap.wrap(line, header["width"], drop_whitespace=False, replace_whitespace=False)
            yield from (Line(shown, part.rstrip()) for part in wrapped or [""])


def draw(cast: str) -> str:
    """Returns the terminal as an SVG. Its lines appear one by one, unless the reader prefers reduced motion."""
    lines = list(lines_of(cast))
    width = round(json.loads(cast.splitlines()[0])["width"] * CHARACTER + 2 * EDGE)
    height = BAR + len(lines) * LINE + EDGE
    body = [f'<circle cx="{EDGE + 18 * n}" cy="20" r="6" class="dot"/>' for n in range(3)]
    body.append(f'<text x="{width / 2:g}" y="25" text-anchor="middle" font-size="{SIZE}" class="soft">make demo</text>')
    for number, line in enumerate(lines):
        if line.text:
            y = BAR + SIZE + number * LINE
            body.append(
                f'<text x="{EDGE}" y="{y}" class="said body" xml:space="preserve" '
                f'style="animation-delay:{line.at:.2f}s">'
                f"{_painted(line.text)}</text>"
            )
    style = (
        f"text{{font-family:{MONO};white-space:pre}}.said{{font-size:{SIZE}px}}"
        "@media (prefers-reduced-motion:no-preference){.said{animation:appear .01s both}}"
        "@keyframes appear{from{opacity:0}}"
    )
    label = "A recording of make demo: account, deployment, a run through every stage, and the live alias's answer"
    return picture(width, height, label, body, style=style)


def _painted(text: str) -> str:
    first = re.match(r"\S+", text)
    color = COLORS.get(first[0]) if first else None
    if first is None or color is None:
        return escaped(text)
    return f'<tspan class="say-{color}">{escaped(first[0])}</tspan>{escaped(text[first.end() :])}'
