"""Held-out prompts that are near duplicates of what the live model was trained on are left out of its comparison."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt, to_line
from distillery.core.recipe_options import Curation, NearDuplicates
from distillery.datasets.curation.near_duplicates import cluster_leaders
from distillery.datasets.curation.overlap import near_trained
from lambdas.evaluation.live import seen
from tests.fakes.pipeline import recipe
from tests.unit.evaluation.harness import WIDE, Harness
from tests.unit.evaluation.test_contestants import promote

TRAINED = (
    "Please tell me when the parcel that I ordered for my daughter last week from your shop will arrive at our house"
)
OTHERS = [
    f"Where do I find the {one} of the machine in the {two}, and how long does it take until it works again"
    for one in ("switch", "handle", "filter", "manual", "serial plate", "warranty card")
    for two in ("kitchen", "cellar", "garden", "office", "workshop")
]
LIKENESS = 0.8


def prompt(text: str, reference: str | None = None, system: str | None = None) -> Prompt:
    return Prompt(system=system, messages=(("user", text),), reference=reference)


def found(held: Prompt, trained: Prompt) -> bool:
    others = [prompt(text, trained.reference) for text in OTHERS]
    return bool(seen([held], [*others, trained], likeness=LIKENESS).left_out)


@pytest.mark.parametrize(
    ("held", "is_near"),
    [
        (f"{TRAINED}!", True),
        (f"{TRAINED}, please.", True),
        (TRAINED.replace("tell me", "let me know"), False),
        (TRAINED.replace("parcel", "invoice"), False),
        (TRAINED.replace("will arrive", "will not arrive"), False),
        (f"{TRAINED} 7", False),
        (OTHERS[0], True),
        ("", False),
    ],
)
def test_a_near_duplicate_is_found_and_another_question_is_not(held: str, is_near: bool) -> None:
    assert found(prompt(held), prompt(TRAINED)) is is_near


@pytest.mark.parametrize(
    ("held", "trained", "is_near"),
    [("late", "late", True), ("late", "lost", False), ("late", None, True), (None, "late", True)],
)
def test_another_answer_tells_prompts_apart_only_where_both_have_one(
    held: str | None, trained: str | None, is_near: bool
) -> None:
    assert found(prompt(f"{TRAINED}!!", held), prompt(TRAINED, trained)) is is_near


def test_another_system_prompt_makes_another_task() -> None:
    assert not found(prompt(f"{TRAINED}!", system="a"), prompt(TRAINED, system="b"))


def test_they_are_counted_and_take_their_families_with_them() -> None:
    asked = [prompt(TRAINED), prompt(f"{TRAINED}!!"), prompt("Something else altogether"), prompt("Its relative")]
    result = seen(asked, [prompt(TRAINED)], [0, 1, 2, 1], likeness=LIKENESS)
    assert (set(result.left_out), result.near) == ({0, 1, 3}, 1)
    without = seen(asked, [prompt(TRAINED)], [0, 1, 2, 1])
    assert (set(without.left_out), without.near) == ({0}, 0)


VOCABULARY = ("when", "where", "will", "my", "the", "parcel", "invoice", "arrive", "please", "lost", "not", "late")
WORDS = st.lists(st.sampled_from(VOCABULARY), max_size=9)


@given(st.lists(WORDS.map(" ".join), max_size=8), st.lists(WORDS.map(" ".join), max_size=8))
def test_whatever_curation_would_pair_is_found(held: list[str], trained: list[str]) -> None:
    """The leader of a training prompt among held-out prompts is a near duplicate of it, with the same counts."""
    both = [*map(prompt, held), *map(prompt, trained)]
    leaders = cluster_leaders(both, threshold=LIKENESS)[len(held) :]
    result = near_trained(both[: len(held)], both[len(held) :], threshold=LIKENESS)
    assert {leader for leader in leaders if leader < len(held)} <= result


@given(st.lists(st.sampled_from(OTHERS), max_size=20), st.lists(st.sampled_from(OTHERS), max_size=20))
def test_the_blocks_make_no_difference_to_equal_prompts(held: list[str], trained: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lambdas.evaluation.live.BLOCK", 3)
        patch.setattr("distillery.datasets.curation.overlap.BLOCK", 2)
        result = seen([*map(prompt, held)], [*map(prompt, trained)], likeness=LIKENESS)
    assert result.left_out == {index for index, text in enumerate(held) if text in trained}


@pytest.mark.parametrize(("near", "left_out"), [(NearDuplicates.REPORT, [7]), (NearDuplicates.IGNORE, [])])
def test_the_plan_leaves_them_out_and_the_report_says_so(
    monkeypatch: pytest.MonkeyPatch, near: NearDuplicates, left_out: list[int]
) -> None:
    harness = Harness(monkeypatch)
    promote(harness, [to_line(prompt(f"{TRAINED}!!", "label.7"))])
    run = harness.open(of=recipe(curation=Curation(near_duplicates=near), **WIDE))
    lines = harness.store.objects[run.dataset.heldout_uri].decode().splitlines()
    lines[7] = to_line(prompt(TRAINED, "label.7"))
    harness.store.objects[run.dataset.heldout_uri] = "".join(f"{line}\n" for line in lines).encode()
    harness.judged()
    plan = json.loads(harness.store.objects[f"s3://data/evaluations/{run.id}/contestants.json"])
    (live,) = (one for one in plan["contestants"] if one["role"] == "live")
    assert live.get("left_out", []) == left_out
    report = harness.store.objects[f"s3://data/evaluations/{run.id}/report.json"].decode()
    assert ("1 of the prompts left out are near duplicates" in report) is bool(left_out)


def test_it_needs_no_package_beyond_those_of_the_layer() -> None:
    """The layer of graders has numpy, and not what the checks of a data set need."""
    missing = ("msgspec", "phonenumbers", "py3langid", "stdnum")
    code = f"import sys\nfor name in {missing}: sys.modules[name] = None\nimport distillery.datasets.curation.overlap"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
