"""The Lambda handler that writes a verdict's report as a page. It has a layer with the packages of reports."""

from typing import Any

from distillery.core.aws import ObjectStore
from distillery.core.pipeline import Stage, Verdict
from distillery.core.steps import Event, product, step_handler
from distillery.evaluation.report import wire
from distillery.evaluation.report.page import render


def _report(event: Event, _context: Any) -> dict[str, str]:
    """The address of the page. It holds what `report.json` holds."""
    store, report = ObjectStore(), product(event, "verdict", Verdict).report_uri
    page = f"{report.removesuffix('.json')}.html"
    store.write(page, render(wire.parse(store.read(report))).encode(), content_type="text/html; charset=utf-8")
    return {"uri": page}


step = step_handler(Stage.EVALUATION, {"report": _report})
