"""The pictures in docs/ are current, complete, and can be read on a light and on a dark page."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from os import environ
from pathlib import Path
from xml.etree import ElementTree

import pytest

from distillery.core.pipeline import Stage
from local.account import ROOT
from tests.pictures import drawing
from tests.pictures.__main__ import drawn
from tests.pictures.recording import COLUMNS, LONGEST_PAUSE, draw, lines_of

DOCS = ROOT / "docs"
ALL = sorted(DOCS.glob("*.svg"))
TEMPLATES = sorted((ROOT / "tests" / "snapshot" / "prod").glob("*.json"))
PARTS = {"canary": "promotion", "scoring": "evaluation"}
"""Modules of stages that are a part of another stage."""
SERVICES = {
    "AWS::Athena": "Athena",
    "AWS::Bedrock": "Bedrock",
    "AWS::Budgets": "Budgets",
    "AWS::CloudWatch": "CloudWatch",
    "AWS::DynamoDB": "DynamoDB",
    "AWS::Events": "EventBridge",
    "AWS::Glue": "Glue",
    "AWS::IAM": "IAM",
    "AWS::KMS": "KMS",
    "AWS::Lambda": "Lambda",
    "AWS::Logs": "CloudWatch Logs",
    "AWS::S3": "S3",
    "AWS::SNS": "SNS",
    "AWS::SQS": "SQS",
    "AWS::SSM": "SSM",
    "AWS::StepFunctions": "Step Functions",
}
BY_EVERY_FUNCTION = {"IAM", "CloudWatch Logs"}
"""Named once, below the picture, as what each function has."""


def _texts(svg: str) -> list[str]:
    return ["".join(each.itertext()) for each in ElementTree.fromstring(svg).iter() if each.tag.endswith("}text")]  # noqa: S314  # ours


@pytest.mark.parametrize("name", drawn())
def test_a_generated_picture_is_current(name: str) -> None:
    """UPDATE=1 writes it."""
    file = DOCS / name
    if environ.get("UPDATE"):
        file.write_text(drawn()[name], encoding="utf-8")
    assert file.read_text(encoding="utf-8") == drawn()[name], "run python -m tests.pictures"


@pytest.mark.parametrize("file", ALL, ids=lambda file: file.name)
def test_every_picture_has_a_dark_variant_a_ground_and_a_description(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert "@media (prefers-color-scheme" in text
    root = ElementTree.fromstring(text)  # noqa: S314  # ours
    assert root.get("role") == "img"
    assert root.get("aria-label")
    _, _, width, height = (root.get("viewBox") or "").split()
    (ground,) = [each for each in root if each.tag.endswith("}rect") and each.get("class") == "ground"]
    assert (ground.get("width"), ground.get("height")) == (width, height)


@pytest.mark.parametrize("file", ALL, ids=lambda file: file.name)
def test_every_picture_is_shown_by_a_page(file: Path) -> None:
    pages = [page.read_text(encoding="utf-8") for page in (ROOT / "README.md", *DOCS.glob("*.md"))]
    assert any(re.search(rf"!\[[^]]+\]\((docs/)?{re.escape(file.name)}\)", page) for page in pages)


def test_every_stage_is_in_the_picture_of_the_pipeline_in_order() -> None:
    folders = {folder.stem for folder in (ROOT / "infra" / "stages").glob("*.py")} - {"__init__"}
    texts = [text for text in _texts(drawn()["pipeline.svg"]) if text in folders]
    assert texts == ["collection", *(stage.value for stage in Stage), "serving"]
    assert {*texts, *PARTS} == folders
    for part, stage in PARTS.items():
        assert f"from infra.stages.{part} import" in (ROOT / "infra" / "stages" / f"{stage}.py").read_text("utf-8")


def test_every_stack_is_in_the_picture_of_the_services_and_no_other() -> None:
    stacks = {text.removeprefix("stack ") for text in _texts(drawn()["services.svg"]) if text.startswith("stack ")}
    assert stacks == {file.stem for file in TEMPLATES}


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.stem)
def test_every_service_of_a_stack_is_named_in_it(file: Path) -> None:
    name = file.stem
    template = json.loads(file.read_text(encoding="utf-8"))
    kinds = set(re.findall(r"\"(AWS::\w+)::\w+\"", json.dumps(template)))
    wanted = {SERVICES[kind] for kind in kinds} - BY_EVERY_FUNCTION
    named = " ".join(_of_stack(name))
    assert [service for service in sorted(wanted) if not re.search(rf"\b{service}\b", named)] == []
    note = _texts(drawn()["services.svg"])[-1]
    assert all(service in note for service in BY_EVERY_FUNCTION)


def _of_stack(name: str) -> Iterator[str]:
    """Yields the texts within a stack's frame: from its name to the name of the next."""
    within = False
    for text in _texts(drawn()["services.svg"]):
        if text.startswith("stack ") or text == "Amazon Bedrock":
            within = text == f"stack {name}"
        if within:
            yield text


@pytest.mark.parametrize("name", ["pipeline.svg", "promotion.svg", "services.svg"])
def test_every_arrow_begins_and_ends_at_a_box(name: str) -> None:
    root = ElementTree.fromstring(drawn()[name])  # noqa: S314  # ours
    boxes = [
        tuple(float(each.get(side) or 0) for side in ("x", "y", "width", "height"))
        for each in root.iter()
        if each.tag.endswith("}rect") and each.get("class") in drawing.BOXES
    ]

    def touches(x: float, y: float) -> bool:
        return any(
            left - 3 <= x <= left + width + 3
            and top - 3 <= y <= top + height + 3
            and min(abs(x - left), abs(x - left - width), abs(y - top), abs(y - top - height)) <= 3
            for left, top, width, height in boxes
        )

    arrows = [each.get("d") or "" for each in root.iter() if (each.get("class") or "").startswith("line")]
    assert arrows
    for arrow in arrows:
        points = [tuple(map(float, point.split())) for point in re.split("[ML]", arrow) if point]
        assert touches(*points[0]), arrow
        assert touches(*points[-1]), arrow


def _luminance(color: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = (int(color[n : n + 2], 16) / 255 for n in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("variant", "colors"), [(0, drawing.LIGHT), (1, drawing.DARK)], ids=["light", "dark"])
def test_every_text_can_be_read_on_its_ground(variant: int, colors: Mapping[str, str]) -> None:
    """4.5 to 1, as WCAG asks for."""
    grounds = [colors["ground"], *(both[variant][0] for both in drawing.BOXES.values())]
    assert min(_contrast(colors[text], ground) for text in ("ink", "body") for ground in grounds) >= 4.5
    below = [colors["soft"], colors["alarm"], *(both[variant][1] for both in drawing.BOXES.values())]
    assert min(_contrast(text, colors["ground"]) for text in below) >= 4.5


def test_the_recording_shows_the_demo_to_its_end_and_its_pauses_are_short() -> None:
    lines = list(lines_of((DOCS / "demo.cast").read_text(encoding="utf-8")))
    said = "\n".join(line.text for line in lines)
    assert all(f" {stage.value} took " in said for stage in Stage)
    assert "promoted" in said.splitlines()
    times = [line.at for line in lines]
    assert times == sorted(times)
    assert max(after - before for before, after in pairwise(times)) <= LONGEST_PAUSE + 0.001  # of rounding
    assert max(len(line.text) for line in lines) <= COLUMNS


def test_a_recording_is_drawn_as_it_was_said() -> None:
    events = [
        {"version": 2, "width": 30, "height": 2},
        [0.0, "o", "$ a <b> & 'c'\r\n"],
        [90.0, "o", "✓  two   three\r\n"],
    ]
    svg = draw("\n".join(json.dumps(event) for event in events))
    assert _texts(svg) == ["make demo", "$ a <b> & 'c'", "✓  two   three"]
    assert f"animation-delay:{LONGEST_PAUSE:.2f}s" in svg
