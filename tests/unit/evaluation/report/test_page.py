"""The page: what it shows, that text from elsewhere stays text, and that it needs nothing from outside."""

import base64
import hashlib
import re
from dataclasses import replace
from importlib import resources
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from distillery.core.escaping import lines
from distillery.evaluation.report import page
from distillery.evaluation.report.compare import compare_runs
from distillery.evaluation.report.document import Document
from distillery.evaluation.report.lineage import AcceptedBy, LossPoint, Training
from distillery.evaluation.report.page import render
from tests.fakes.hostile_text import ACTIVE, ATTACKS, ORDINARY, hostile
from tests.fakes.report import document, full, row
from tests.unit.evaluation.report.html import Page

MARKUP = (
    "<script>document.title='owned'</script>",
    "</pre></details><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "<!-- --><style>*{display:none}</style>",
    "</style><svg onload=alert(1)>",
    "{{ 7 * 7 }} {% raw %}",
    "&lt;b&gt; &amp; &#x3c;",
    "javascript:alert(1)",
)
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "article", "figure", "div"),
    *(
        "h1",
        "h2",
        "h3",
        "h4",
        "p",
        "small",
        "span",
        "bdi",
        "pre",
        "a",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "ul",
    ),
    *("li", "dl", "dt", "dd", "details", "summary", "figcaption", "svg", "g", "path", "circle", "rect", "text", "defs"),
}


def everywhere(text: str) -> Document:
    """A report with the text in every place that holds text of people, files or models."""
    whole = full()
    asked = row(0, text, text, student=text, teacher=(text, 0.0), base=text)
    answers = {
        role: replace(answer, reason=text, parts={text: 0.5}, stop_reason=text)
        for role, answer in asked.answers.items()
    }
    return replace(
        whole,
        recipe=text,
        run=text,
        measure=text,
        sentence=text,
        reasons=(text,),
        prompts=(replace(asked, answers=answers, system=whole.prompts[0].system),),
        contestants=tuple(replace(one, model=text) for one in whole.contestants),
        bars=tuple(replace(bar, name=text, meaning=text) for bar in whole.bars),
        breakdowns=tuple(
            replace(one, by=text, parts=tuple(replace(part, name=text) for part in one.parts))
            for one in whole.breakdowns
        ),
        confusion={
            role: tuple(replace(one, reference=text, answer=text) for one in found)
            for role, found in whole.confusion.items()
        },
        accepted=AcceptedBy(by=text, reason=text, on=text),
        training=Training(accepted=1, rejected=1, reasons={text: 1}),
        lineage=replace(whole.lineage, uploaded_by=(text,), dataset_uri=text, model_arn=text),
        method=replace(whole.method, notes=(text,), versions={text: text}),
    )


def assert_harmless(html: str) -> Page:
    found = Page.of(html)
    assert {tag for tag, _ in found.elements} <= ALLOWED
    anchors = {"#", *(f"#{one['id']}" for _, one in found.elements if "id" in one)}
    for tag, attributes in found.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset")], tag
        assert attributes.get("href", "#") in anchors, tag
    return found


@pytest.mark.slow
def test_the_page_shows_every_part_of_the_report() -> None:
    text = assert_harmless(render(full())).text
    for said in (
        "Inconclusive: better than untrained by 31 to 44 points",
        "this is the 7th look".capitalize(),
        "119 of 120",
        "Hold out about 140 more prompts (heldout_share, heldout_max), and run the recipe again.",
        "teacher_margin not worse than the teacher by 5 points or more",
        "at least −5.0 points +2.5 points at least −2.0 exact unconditional",
        "about 140 more prompts would decide",
        "at most 800 ms 380 ms",
        "account.password 30 100.0% 90.0%",
        "The run cost $2.26 once.",
        "3,150 answers",
        "never: it costs no more than the student",
        "541 prompts accepted, 9 rejected.",
        "Prompt 5: anthropic.claude-haiku-5-5 , missing",
        "Prompt 7: teacher , refused ( refusal )",
        "looks at the held-out prompts 7, by 5 candidates",
        "https://aws.amazon.com/bedrock/pricing/",
        "Order 4811 has not arrived, and nobody answers my calls.",
        "seed 20261123",
    ):
        assert said in text, said


def test_a_report_of_little_says_what_it_lacks() -> None:
    text = assert_harmless(render(document(contestants=(), bars=(), prompts=()))).text
    assert "Every answer is complete and scored." in text
    assert "The report does not contain the job's output." in text
    assert "there is no break-even volume" in text


def test_the_difference_to_an_earlier_run_is_shown() -> None:
    now = full()
    earlier = replace(document(run="support-a-b-1"), prompts=now.prompts[:3])
    text = Page.of(render(replace(now, difference=compare_runs(now, earlier)))).text
    assert "Since run support-a-b-1" in text
    assert "Both held out 3 of the same prompts" in text
    assert "The two runs were graded differently" in text


@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_shown_as_text_wherever_it_stands(text: str) -> None:
    found = assert_harmless(render(everywhere(text)))
    assert found.within("pre").count(text) >= 5
    assert text in found.within("bdi")


@pytest.mark.parametrize("text", [*ATTACKS.values(), *ORDINARY.values()])
def test_invisible_and_reordering_characters_are_spelled_out_and_every_script_stays(text: str) -> None:
    html = render(everywhere(text))
    assert not ACTIVE.search(html.replace("\u200c", "").replace("\u200d", ""))
    assert lines(text) in "".join(assert_harmless(html).within("pre"))


@given(hostile())
@settings(max_examples=15, deadline=None)
def test_no_text_becomes_markup(text: str) -> None:
    assert_harmless(render(everywhere(text)))


def test_right_to_left_text_is_kept_apart_from_what_stands_beside_it() -> None:
    found = Page.of(render(everywhere(ORDINARY["Hebrew"])))
    for tag, text in found.texts:
        if ORDINARY["Hebrew"] in text:
            assert tag in ("bdi", "pre", "title", "h4", "h2", "th", "p", "dd", "text"), tag
    assert {one.get("dir") for one in found.named("pre")} == {"auto"}
    style = found.within("style")[0]
    assert "bdi { unicode-bidi: isolate; }" in style


def test_a_text_of_100_kb_is_shown_whole() -> None:
    long = "<b>word</b> " * 8500
    assert len(long) > 100_000
    found = assert_harmless(render(document(prompts=(row(0, long, "a", student=long, teacher="a", base="a"),))))
    assert long in found.within("pre")
    assert all(len(text) < 300 for text in found.within("bdi"))


def test_texts_that_no_browser_opens_stay_in_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "TEXT_MAX", 400)
    text = Page.of(render(full())).text
    assert re.search(r"11\d more prompts are in report\.json", text)


def test_the_policy_allows_the_style_sheet_by_its_hash_and_nothing_else() -> None:
    html = render(full())
    found = Page.of(html)
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = [one["content"] for one in found.named("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert html.index("Content-Security-Policy") < html.index("<style>")
    assert not re.search(r"url\(|@import|@font-face", style)


def test_the_same_report_gives_the_same_page() -> None:
    assert render(full()) == render(full())


@pytest.mark.parametrize("rule", ["prefers-color-scheme: dark", "@media print", "max-width: 40rem"])
def test_the_style_sheet_has_rules_for_every_medium(rule: str) -> None:
    assert rule in Page.of(render(full())).within("style")[0]


def test_the_interval_plot_has_a_dot_and_a_line_for_each_score() -> None:
    charts = re.findall(r"<svg .*?</svg>", render(full()), re.DOTALL)
    plot, loss = (ElementTree.fromstring(chart) for chart in charts)  # noqa: S314  # ours
    names = ["".join(node.itertext()) for node in plot.iter() if node.tag.endswith("}text")]
    assert names[:5] == ["claude-haiku-5-5", "student", "live model", "teacher", "untrained"]
    assert str(plot.get("aria-label")).startswith("Scores with their intervals: anthropic.claude-haiku-5-5 90.0%;")
    dots = [node for node in plot.iter() if node.tag.endswith("}circle") and node.get("r") == "7"]
    ends = [node for node in plot.iter() if node.tag.endswith("}circle") and node.get("r") == "3"]
    assert (len(dots), len(ends)) == (5, 10)
    assert len([node for node in loss.iter() if node.tag.endswith("}circle")]) == 48


def test_a_loss_curve_that_is_flat_or_too_short_is_no_error() -> None:
    for loss in ((), (LossPoint(step=1, training=0.0),), (LossPoint(step=1, training=0.0), LossPoint(step=2))):
        assert "Loss by step" in render(document(training=Training(loss=loss))) or len(loss) < 2


def test_the_templates_are_data_of_the_package() -> None:
    """The wheel and the functions' archives hold every file of a package's folder."""
    folder = resources.files("distillery.evaluation.report") / "templates"
    assert {file.name for file in folder.iterdir()} == {
        *("background.html", "examples.html", "parts.html", "report.css", "report.html", "scores.html"),
    }
