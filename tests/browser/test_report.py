"""The report's page as a browser shows it: hostile text stays text, and the page fits phones, the dark and paper.

The page's policy allows no script. To measure, a test adds one to a copy of the page, with its hash in the policy.
"""

import base64
import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from distillery.core.escaping import lines
from distillery.evaluation.report.document import Document
from distillery.evaluation.report.page import render
from tests.browser.conftest import DARK, Browse
from tests.fakes.hostile_text import ATTACKS, ORDINARY
from tests.fakes.report import document, full, row
from tests.unit.evaluation.report.test_page import MARKUP, everywhere

REPORTED = re.compile(r'<output id="measured">(.*?)</output>', re.DOTALL)
PHONE, DESK = 500, 1000
"""Chromium's window is at least 500 pixels wide; the page changes at 640."""


def written(one: Document, folder: Path) -> Path:
    file = folder / "report.html"
    file.write_text(render(one), encoding="utf-8")
    return file


def measured(one: Document, folder: Path, browse: Browse, expression: str, *options: str, width: int = DESK) -> Any:
    """The value of an expression of JavaScript in the page."""
    script = f"""
      const out = document.createElement('output'); out.id = 'measured';
      out.textContent = JSON.stringify({expression}); document.body.append(out);"""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = render(one).replace("; base-uri", f"; script-src 'sha256-{digest}'; base-uri", 1)
    file = folder / "measured.html"
    file.write_text(page.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    found = REPORTED.search(browse(file, "--dump-dom", *options, width=width).stdout)
    assert found, "the script did not run"
    return json.loads(html.unescape(found[1]))


HOSTILE = {**{text: text for text in MARKUP}, **ATTACKS, **ORDINARY}


@pytest.mark.parametrize("name", HOSTILE)
def test_text_from_elsewhere_is_shown_as_text(name: str, browse: Browse, tmp_path: Path) -> None:
    text = HOSTILE[name]
    shown = measured(
        everywhere(text),
        tmp_path,
        browse,
        "[document.title, document.scripts.length, document.images.length, "
        "[...document.querySelectorAll('.example pre')].map(e => e.textContent)]",
    )
    title, scripts, images, texts = shown
    assert (scripts, images) == (1, 0), "only the script that measures"
    assert title != "owned"
    assert lines(text).strip("\n") in [each.strip("\n") for each in texts]


def test_nothing_is_blocked_and_nothing_is_fetched(browse: Browse, tmp_path: Path) -> None:
    said = browse(written(full(), tmp_path), "--dump-dom").stderr
    assert "CONSOLE" not in said
    assert "Content Security Policy" not in said


def test_the_policy_stops_what_escaping_would_let_through(browse: Browse, tmp_path: Path) -> None:
    """The second defence, alone: a script and a style attribute within the page have no effect."""
    page = render(document()).replace("</body>", "<script>document.title='owned'</script></body>")
    file = tmp_path / "report.html"
    file.write_text(page, encoding="utf-8")
    done = browse(file, "--dump-dom")
    assert "<title>owned</title>" not in done.stdout
    assert "Content Security Policy" in done.stderr


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", ["every part", "long words", "100 KB"])
def test_the_page_is_no_wider_than_the_window(name: str, width: int, browse: Browse, tmp_path: Path) -> None:
    long = "<b>word</b> " * 8500
    one = {
        "every part": full(),
        "long words": everywhere("x" * 3000),
        "100 KB": document(prompts=(row(0, long, "a", student=long, teacher="a", base="a"),)),
    }[name]
    wide, window, whole = measured(
        one,
        tmp_path,
        browse,
        "[document.documentElement.scrollWidth, window.innerWidth, "
        "Math.max(...[...document.querySelectorAll('pre')].map(e => e.textContent.length))]",
        width=width,
    )
    assert wide <= window
    assert name != "100 KB" or whole == len(long)


COLOURS = """[...document.querySelectorAll('h1 bdi, p, td, th, pre, a, dd, .mark, .grade, svg text')].map(e => {
  let ground = e; const style = getComputedStyle(e);
  while (ground && /, 0\\)$|transparent/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
  return [e.closest('svg') ? style.fill : style.color, getComputedStyle(ground || document.body).backgroundColor];})"""


@pytest.mark.parametrize("scheme", [[], [DARK]], ids=["light", "dark"])
def test_every_text_has_contrast(scheme: list[str], browse: Browse, tmp_path: Path) -> None:
    pairs = {tuple(pair) for pair in measured(full(), tmp_path, browse, COLOURS, *scheme)}
    grounds = [_luminance(ground) for _, ground in pairs]
    assert (max(grounds) < 0.2) if scheme else (min(grounds) > 0.8)
    assert {pair: _contrast(*pair) for pair in pairs if _contrast(*pair) < 4.5} == {}


def _luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, two: str) -> float:
    low, high = sorted((_luminance(one), _luminance(two)))
    return (high + 0.05) / (low + 0.05)


def test_right_to_left_text_does_not_move_its_neighbours(browse: Browse, tmp_path: Path) -> None:
    """The score after a Hebrew label stands right of it, as after a Latin one."""
    left, right = measured(
        everywhere(ORDINARY["Hebrew"]),
        tmp_path,
        browse,
        "(() => { const row = document.querySelector('#bars tbody tr');"
        " return [row.children[0].getBoundingClientRect().left, row.children[2].getBoundingClientRect().left]; })()",
    )
    assert left < right
    directions = measured(
        everywhere(ORDINARY["Hebrew"]),
        tmp_path,
        browse,
        "[...document.querySelectorAll('.example pre')].map(e => getComputedStyle(e).direction)",
    )
    assert "rtl" in directions


def test_the_charts_are_drawn(browse: Browse, tmp_path: Path) -> None:
    widths = measured(
        full(),
        tmp_path,
        browse,
        "[...document.querySelectorAll('svg.chart')].map(e => "
        "[e.getBoundingClientRect().width, e.querySelectorAll('circle').length])",
    )
    assert [count for _, count in widths] == [15, 48]
    assert all(width > 400 for width, _ in widths)


def test_paper_shows_texts_whole_and_no_navigation(browse: Browse, tmp_path: Path) -> None:
    long = "word " * 4000
    one = document(prompts=(row(0, long, "a", student="b", teacher="a", base="a"),))
    pdf = tmp_path / "report.pdf"
    browse(written(one, tmp_path), "--no-pdf-header-footer", f"--print-to-pdf={pdf}")
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes()))
    assert pages > 4, "20 KB in a box of 22 rem would fit on two pages"
