"""The life-cycle watch against the simulated Bedrock: what it stores, notifies and measures."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from distillery.core.model_dates import DateKind, NamedModel, stored
from distillery.core.names import TAG_ENVIRONMENT, Names
from distillery.core.notices import Notices
from lambdas.model_dates.watch import ModelWatch
from simulator_support.fakes import World, distilled
from tests.fakes.errors import service_error
from tests.fakes.services import FakeSns, FakeSsm

NAMES = Names("dev")
PRO, MICRO, PREMIER = "amazon.nova-pro-v1:0", "amazon.nova-micro-v1:0", "amazon.nova-premier-v1:0"
SETTINGS = (
    NamedModel(where="recipes.support.teacher", model=PRO, region="us-east-1"),
    NamedModel(where="recipes.support.student", model=MICRO, region="us-east-1"),
    NamedModel(where="routes.fast.model", model=PREMIER, region="us-east-2"),
)


class Watched:
    """An environment with the watch; `bedrock` may be replaced for a Region."""

    def __init__(self, world: World, named: Sequence[NamedModel] = SETTINGS) -> None:
        self.world, self.sns, self.ssm = world, FakeSns(), FakeSsm()
        self.ssm.meta = SimpleNamespace(region_name="us-east-1")  # type: ignore[attr-defined]
        self.replaced: dict[str, Any] = {}
        self.named = named

    def run(self, on: date) -> list[DateKind]:
        found = ModelWatch(
            names=NAMES,
            named=self.named,
            ssm=self.ssm,  # type: ignore[arg-type]
            notices=Notices("topic", self.sns),  # type: ignore[arg-type]
            bedrock=lambda region: self.replaced.get(region) or self.world.client(region=region),
        ).run(datetime(on.year, on.month, on.day, 6, tzinfo=UTC))
        return [each.kind for each in found]


def at(day: date) -> World:
    return World(datetime(day.year, day.month, day.day, 6, tzinfo=UTC))


def test_nothing_to_say_is_stored_and_not_notified(capsys: pytest.CaptureFixture[str]) -> None:
    today = date(2026, 2, 1)
    watched = Watched(at(today))
    assert watched.run(today) == []
    assert watched.sns.published == []
    kept = stored(watched.ssm, NAMES)  # type: ignore[arg-type]
    assert kept is not None
    assert (kept.count, kept.findings, kept.at) == (0, (), "2026-02-01T06:00:00+00:00")
    (metric,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "LifeCycleChanges" in line]
    assert (metric["LifeCycleChanges"], metric["Environment"]) == (0, "dev")


def test_a_finding_is_notified_once_and_again_when_it_is_nearer() -> None:
    days = [
        date(2026, 6, 1),
        date(2026, 6, 20),
        date(2026, 6, 21),
        date(2026, 8, 1),
        date(2026, 8, 2),
        date(2026, 9, 14),
    ]
    watched, sent = Watched(at(days[0])), []
    for day in days:
        watched.world = at(day)
        watched.run(day)
        sent.append(len(watched.sns.published))
    assert sent == [1, 2, 2, 3, 3, 4]  # Legacy; 90 days; the same; 45 days; the same; ended
    assert all("routes.fast.model" in each["Message"] for each in watched.sns.published)


def test_what_cannot_be_sent_is_sent_the_next_day(monkeypatch: pytest.MonkeyPatch) -> None:
    day = date(2026, 6, 1)
    watched = Watched(at(day))
    with monkeypatch.context() as broken:
        broken.setattr(FakeSns, "publish", lambda *_, **__: (_ for _ in ()).throw(service_error("InternalError")))
        with pytest.raises(Exception, match="InternalError"):
            watched.run(day)
    watched.run(day)
    assert len(watched.sns.published) == 1


def test_a_region_that_does_not_answer_is_judged_by_the_catalog() -> None:
    day = date(2026, 6, 1)
    watched = Watched(at(day))

    def get_foundation_model(**_: Any) -> Any:
        raise service_error("AccessDeniedException")

    watched.replaced["us-east-2"] = SimpleNamespace(get_foundation_model=get_foundation_model)
    assert watched.run(day) == [DateKind.LEGACY]


def test_the_base_of_a_hosted_student_is_watched_though_no_recipe_names_it() -> None:
    day = date(2026, 2, 1)
    world, tags = at(day), [{"key": TAG_ENVIRONMENT, "value": "dev"}]
    arn = distilled(world, "dev-gone-1", customModelName="dev-gone-1", customModelTags=tags, jobTags=tags)
    world.client().create_custom_model_deployment(modelDeploymentName="dev-gone-live", modelArn=arn, tags=tags)
    watched = Watched(world, ())
    asked = []
    bedrock = world.client()
    read = bedrock.get_foundation_model

    def spy(**request: Any) -> Any:
        asked.append(request["modelIdentifier"])
        return read(**request)

    bedrock.get_foundation_model = spy
    watched.run(day)
    assert asked == [MICRO]


def test_the_parameter_keeps_what_it_can_hold() -> None:
    named = [NamedModel(where=f"routes.{n}.fallback[0]", model=PREMIER, region="us-east-1") for n in range(150)]
    day = date(2026, 9, 20)
    watched = Watched(at(day), named)
    watched.run(day)
    (text,) = watched.ssm.parameters.values()
    kept = stored(watched.ssm, NAMES)  # type: ignore[arg-type]
    assert kept is not None
    assert len(text.encode()) <= 4096
    assert (kept.count, len(kept.known), len(kept.findings)) == (1, 1, 0)
    watched.run(day)
    assert len(watched.sns.published) == 1


def test_the_days_until_the_end_are_a_metric_of_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    day = date(2026, 9, 4)
    Watched(at(day)).run(day)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "DaysUntilEnd" in line]
    assert {line["Model"]: line["DaysUntilEnd"] for line in lines}[PREMIER] == 10
