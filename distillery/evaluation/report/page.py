"""The report as one HTML page that needs no network and runs no script.

The page's policy is `default-src 'none'`; its one style sheet is allowed by its hash. Every value is escaped: invisible
and reordering characters are spelled out (`distillery.core.escaping`), and markup is text.
"""

import base64
import functools
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from distillery.core.escaping import lines
from distillery.evaluation.report import charts, words
from distillery.evaluation.report.advice import advice
from distillery.evaluation.report.document import Document
from distillery.evaluation.report.rows import PromptRow, name
from distillery.evaluation.report.selection import incomplete, instructive
from distillery.evaluation.report.sentence import sentence

INCOMPLETE_MAX = 100
"""The maximum number of incomplete answers that are listed one by one."""
TEXT_MAX = 20_000_000
"""Characters of prompts and answers in the list of all prompts. A browser opens a page of that size."""


def render(document: Document) -> str:
    """The whole page. The same document gives the same text."""
    style = _style()
    listed, left_out = _listed(document)
    found = list(incomplete(document.prompts))
    return (
        _environment()
        .get_template("report.html")
        .render(
            document=document,
            sentence=document.sentence or sentence(document),
            style=style,
            policy=content_security_policy(style),
            plot=charts.interval_plot(document.ranked),
            loss=charts.loss_curve(document.training.loss) if document.training else Markup(),
            chosen=instructive(document.prompts),
            incomplete=found[:INCOMPLETE_MAX],
            incomplete_count=len(found),
            advice=advice(document),
            listed=listed,
            left_out=left_out,
        )
    )


def content_security_policy(style: str) -> str:
    """The Content-Security-Policy of a page that has this style sheet and loads nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _listed(document: Document) -> tuple[list[PromptRow], int]:
    """The prompts that the page lists with their texts, and how many more there are."""
    listed: list[PromptRow] = []
    size = 0
    for row in document.prompts:
        size += sum(map(len, _texts(row)))
        if size > TEXT_MAX and listed:
            break
        listed.append(row)
    return listed, len(document.prompts) - len(listed)


def _texts(row: PromptRow) -> Iterator[str]:
    yield from (block.text for message in row.messages for block in message.content)
    yield from (block.text for block in row.system)
    yield from (answer.text for answer in row.answers.values())
    yield row.reference or ""


@functools.cache
def _style() -> str:
    source, _, _ = _loader().get_source(Environment(autoescape=True), "report.css")
    return source.strip()


def _loader() -> PackageLoader:
    return PackageLoader("distillery.evaluation.report", "templates")


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=_loader(),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_FILTERS)
    environment.globals["safe_style"] = _as_style
    return environment


def _shown(value: object) -> object:
    """What a template prints. Markup is ours; anything else is text from elsewhere."""
    return value if isinstance(value, Markup) else lines(value)


def _as_style(style: str) -> Markup:
    return Markup(style)  # noqa: S704  # a file of this package


_FILTERS: Mapping[str, Any] = {
    "name": name,
    "percent": words.percent,
    "points": words.signed_points,
    "interval": words.interval,
    "difference": words.difference,
    "usd": words.usd,
    "count": words.count,
    "bar_value": words.bar_value,
    "bar_interval": words.bar_interval,
    "needed": words.needed,
    "more": words.more,
    "score": words.score,
}
