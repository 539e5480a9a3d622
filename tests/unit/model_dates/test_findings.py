"""What follows from the dates of models: findings, in the order of their urgency."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core import catalog
from distillery.core.model_dates import DateKind, NamedModel, ReportedDates, dump, find

REGION = "us-east-1"
PRO, MICRO, PREMIER = "amazon.nova-pro-v1:0", "amazon.nova-micro-v1:0", "amazon.nova-premier-v1:0"
TEACHER = NamedModel(where="recipes.support.teacher", model=PRO, region=REGION)
OLD = NamedModel(where="recipes.old.teacher", model=PREMIER, region=REGION)  # Legacy 2026-03-13, ends 2026-09-14
TODAY = date(2026, 11, 23)


def kinds(*named: NamedModel, on: date = TODAY, **reported: ReportedDates) -> list[DateKind]:
    reports = {(each.model, each.region): reported["report"] for each in named} if reported else {}
    return [finding.kind for finding in find(named, reports, on)]


@pytest.mark.parametrize(
    ("days_left", "kind", "warned"),
    [
        (91, None, 0),
        (90, DateKind.ENDING, 90),
        (46, DateKind.ENDING, 90),
        (45, DateKind.ENDING, 45),
        (1, DateKind.ENDING, 45),
        (0, DateKind.ENDED, 0),
        (-30, DateKind.ENDED, 0),
    ],
)
def test_an_end_that_the_service_states_is_warned_of(days_left: int, kind: DateKind | None, warned: int) -> None:
    end = TODAY + timedelta(days=days_left)
    found = find([TEACHER], {(PRO, REGION): ReportedDates(end=end)}, TODAY)
    about_end = [each for each in found if each.kind is not DateKind.CHANGED]
    assert [(each.kind, each.warned, each.day) for each in about_end] == ([(kind, warned, end)] if kind else [])
    assert [each.kind for each in found if each.kind is DateKind.CHANGED] == [
        DateKind.CHANGED
    ]  # no catalog has that day


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 3, 12), []),
        (date(2026, 3, 13), [DateKind.LEGACY]),
        (date(2026, 6, 15), [DateKind.LEGACY]),
        (date(2026, 6, 16), [DateKind.ENDING]),
        (date(2026, 9, 13), [DateKind.ENDING]),
        (date(2026, 9, 14), [DateKind.ENDED]),
    ],
)
def test_without_a_report_the_catalog_decides(on: date, expected: list[DateKind]) -> None:
    assert kinds(OLD, on=on) == expected


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (ReportedDates(), []),
        (ReportedDates(legacy=True), [DateKind.LEGACY, DateKind.CHANGED]),
        (ReportedDates(legacy=True, legacy_from=TODAY), [DateKind.LEGACY, DateKind.CHANGED]),
        (ReportedDates(legacy_from=TODAY + timedelta(days=200)), [DateKind.CHANGED]),
        (ReportedDates(known=False), [DateKind.GONE]),
        (ReportedDates(end=TODAY + timedelta(days=20)), [DateKind.ENDING, DateKind.CHANGED]),
    ],
)
def test_a_date_that_the_catalog_does_not_have_is_a_change(report: ReportedDates, expected: list[DateKind]) -> None:
    assert kinds(TEACHER, report=report) == expected


def test_dates_that_the_catalog_has_are_no_change() -> None:
    report = ReportedDates(legacy=True, legacy_from=date(2026, 3, 13), end=date(2026, 9, 14))
    assert kinds(OLD, on=date(2026, 4, 1), report=report) == [DateKind.LEGACY]


def test_a_finding_names_every_place_the_successor_and_the_setting() -> None:
    places = [OLD, NamedModel(where="routes.smart.model", model=PREMIER, region=REGION)]
    (finding,) = find(places, {}, date(2026, 8, 1))
    assert finding.places == ("recipes.old.teacher", "routes.smart.model")
    assert "ends on 2026-09-14, in 44 days" in finding.text
    successor = catalog.model(PREMIER).successor
    if successor:
        assert f'write "{successor}" in recipes.old.teacher and routes.smart.model' in finding.text
    else:
        assert "choose another model in recipes.old.teacher and routes.smart.model" in finding.text


def test_an_endpoint_is_no_setting() -> None:
    hosted = NamedModel(where="endpoint dev-old-live", model=PREMIER, region=REGION, is_setting=False)
    (finding,) = find([hosted], {}, date(2026, 8, 1))
    assert "used by endpoint dev-old-live" in finding.text
    assert finding.text.endswith("as the student of a recipe, then distil a student of it")


def test_a_nearer_warning_and_another_day_are_new() -> None:
    end = date(2027, 1, 20)
    reports = {(PRO, REGION): ReportedDates(end=end)}
    later = {(PRO, REGION): ReportedDates(end=end + timedelta(days=1))}
    days = [end - timedelta(days=left) for left in (90, 60, 45, 10)]
    keys = [find([TEACHER], reports, day)[0].key for day in days]
    assert keys[0] == keys[1] != keys[2] == keys[3]
    assert find([TEACHER], later, days[3])[0].key not in keys


DAYS = st.dates(date(2025, 1, 1), date(2030, 1, 1))
REPORTS = st.builds(
    ReportedDates, known=st.booleans(), legacy=st.booleans(), legacy_from=st.none() | DAYS, end=st.none() | DAYS
)


@given(
    st.lists(st.sampled_from([model.id for model in catalog.models()]), max_size=4), st.lists(REPORTS, min_size=4), DAYS
)
def test_findings_are_ordered_and_each_state_is_said_once(
    models: list[str], reported: list[ReportedDates], on: date
) -> None:
    named = [NamedModel(where=f"recipes.r{n}.teacher", model=model, region=REGION) for n, model in enumerate(models)]
    reports = dict(zip(((model, REGION) for model in dict.fromkeys(models)), reported, strict=False))
    found = find(named, reports, on)
    order = list(DateKind)
    assert [order.index(each.kind) for each in found] == sorted(order.index(each.kind) for each in found)
    states = [each.model for each in found if each.kind is not DateKind.CHANGED]
    assert len(states) == len(set(states))
    assert len({each.key for each in found}) == len(found)
    assert {place for each in found for place in each.places} <= {each.where for each in named}


def test_the_layer_holds_what_the_settings_name() -> None:
    assert '"where": "recipes.support.teacher"' in dump([TEACHER])
