"""The Lambda handler that writes a verdict's report as a page. It has a layer with the packages of reports."""

from typing import Any

from distillery.core.aws import ObjectStore
from distillery.core.env_vars import Variable, read
from distillery.core.pipeline import Run, Stage, Verdict
from distillery.core.steps import Event, product, step_handler
from distillery.evaluation.report import wire
from distillery.evaluation.report.page import render
from lambdas.evaluation.parts import PAGE, Parts


def _report(event: Event, _context: Any) -> dict[str, str]:
    """The address of the page. It holds what `report.json` holds."""
    parts = Parts(product(event, "run", Run), read(Variable.DATA_BUCKET), ObjectStore())
    document = wire.parse(parts.store.read(product(event, "verdict", Verdict).report_uri))
    parts.store.write(parts.uri(PAGE), render(document).encode(), content_type="text/html; charset=utf-8")
    return {"uri": parts.uri(PAGE)}


step = step_handler(Stage.EVALUATION, {"report": _report})
