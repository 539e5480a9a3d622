"""The split into training and held-out prompts."""

import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt
from distillery.datasets.split import HashedPrompt, Split, split

texts = st.lists(st.sampled_from(["a", "A", " a", "b", "B", "c", "d", "e", "E  ", "f", "g", "h"]), unique=True)
shares = st.floats(0, 1)
MANY = [f"prompt {number}" for number in range(2_000)]


def rows(texts: list[str], reference: str | None = "x") -> list[HashedPrompt]:
    prompts = [Prompt(system=None, messages=(("user", text),), reference=reference) for text in texts]
    return [HashedPrompt.of(prompt) for prompt in prompts]


def held(parts: Split) -> tuple[HashedPrompt, ...]:
    return parts.heldout + parts.held_back


@given(texts, shares, st.integers(0, 10))
def test_no_held_out_prompt_is_trained_on_even_in_another_case(given: list[str], share: float, most: int) -> None:
    parts = split(rows(given), share=share, max_heldout=most)
    assert not {row.twin_digest for row in parts.train} & {row.twin_digest for row in held(parts)}
    assert len({row.twin_digest for row in held(parts)}) == len(held(parts))
    assert len(parts.heldout) <= most
    assert len(parts.train) + len(held(parts)) + parts.dropped == len(given)


@given(texts, shares, st.integers(0, 10), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(given: list[str], share: float, most: int, by: random.Random) -> None:
    shuffled = by.sample(given, len(given))
    one, other = (split(rows(order), share=share, max_heldout=most) for order in (given, shuffled))
    assert one.heldout == other.heldout
    assert set(one.train) == set(other.train)


@pytest.mark.slow
@given(st.integers(1, 2_000), st.integers(1, 2_000), st.sampled_from([0.05, 0.2, 0.5]), st.sampled_from([20, 200]))
def test_what_was_held_out_is_never_trained_on_when_a_file_grows(
    before: int, after: int, share: float, most: int
) -> None:
    small, large = (split(rows(MANY[:count]), share=share, max_heldout=most) for count in sorted((before, after)))
    assert not set(held(small)) & set(large.train)
    assert set(small.train) <= set(large.train)


@given(texts)
def test_training_prompts_keep_the_order_of_the_input(given: list[str]) -> None:
    prompts = rows(given)
    parts = split(prompts, share=0.5, max_heldout=10)
    assert list(parts.train) == [row for row in prompts if row in parts.train]


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5])
def test_about_the_share_is_held_out(share: float) -> None:
    parts = split(rows(MANY), share=share, max_heldout=200)
    expected = share * len(MANY)
    assert abs(len(held(parts)) - expected) < 4 * expected**0.5
    assert len(parts.heldout) == min(200, len(held(parts)))
    assert len(parts.train) + len(held(parts)) == len(MANY)


def test_accuracy_is_measurable_only_if_every_held_out_prompt_has_a_reference() -> None:
    labelled, bare = rows(["a", "b", "c"]), rows(["d"], reference=None)
    assert split(labelled, share=1, max_heldout=9).labelled
    assert not split(labelled + bare, share=1, max_heldout=9).labelled
    assert not split(labelled, share=0, max_heldout=9).labelled


@given(st.lists(st.integers(0, 6), min_size=1, max_size=60), st.floats(0.01, 0.5))
def test_every_label_of_several_prompts_is_held_out_and_asked(given: list[int], share: float) -> None:
    labels = [f"label {number}" for number in given]
    prompts = rows(MANY[: len(labels)])
    parts = split(prompts, share=share, max_heldout=10, labels=labels)
    label_of = dict(zip(prompts, labels, strict=True))
    asked = {label_of[row] for row in parts.heldout}
    assert {label for label in labels if labels.count(label) > 1} <= asked


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60), st.floats(0, 1))
def test_no_family_is_on_both_sides(numbers: list[int], share: float) -> None:
    leaders = [numbers.index(number) for number in numbers]
    prompts = rows(MANY[: len(leaders)])
    parts = split(prompts, share=share, max_heldout=10, families=leaders)
    family = dict(zip(prompts, leaders, strict=True))
    assert not {family[row] for row in parts.train} & {family[row] for row in held(parts)}
    assert len(parts.train) + len(held(parts)) + parts.dropped == len(prompts)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=40), st.sampled_from(["", "Hi"]), st.floats(0, 1))
def test_cuts_of_one_dialogue_are_on_one_side(turns: list[int], greeting: str, share: float) -> None:
    """A longer cut contains the answer that a shorter one asks for."""
    prompts, dialogue = [], {}
    for number, most in enumerate(turns):
        said = [greeting] * bool(greeting) + [f"Where is the parcel number {number}?", "And when?", "Sure?", "Thanks."]
        for cut in range(1 + bool(greeting), most + 1):
            told = [(role, text) for each in said[:cut] for role, text in (("user", each), ("assistant", "Tomorrow."))]
            row = HashedPrompt.of(Prompt(system=None, messages=tuple(told[:-1]), reference="x"))
            prompts.append(row)
            dialogue[row.digest] = number
    parts = split(prompts, share=share, max_heldout=10)
    assert not {dialogue[row.digest] for row in parts.train} & {dialogue[row.digest] for row in held(parts)}
    assert parts.dropped == 0


def test_where_growth_joins_families_held_out_wins() -> None:
    """A prompt that was trained on leaves training when a new one makes it a near duplicate of a held-out one."""
    prompts = rows(MANY[:200])
    before = split(prompts, share=0.2, max_heldout=200)
    one, other = prompts.index(before.heldout[0]), prompts.index(before.train[0])
    families = [min(one, other) if index in (one, other) else index for index in range(200)]
    after = split(prompts, share=0.2, max_heldout=200, families=families)
    assert before.train[0] not in after.train
    assert (after.heldout, after.dropped) == (before.heldout, 1)


@given(st.lists(st.sampled_from(["acme", "globex", "initech", "", None]), min_size=1, max_size=60), st.floats(0, 1))
def test_no_group_is_on_both_sides(groups: list[str | None], share: float) -> None:
    prompts = rows(MANY[: len(groups)])
    parts = split(prompts, share=share, max_heldout=10, groups=groups)
    group = dict(zip(prompts, groups, strict=True))
    both = {group[row] for row in parts.train} & {group[row] for row in held(parts)}
    assert both <= {"", None}
    assert parts.dropped == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4)), min_size=2, max_size=60, unique=True))
def test_a_group_of_which_a_label_is_held_out_is_asked_and_not_dropped(given: list[tuple[str, int]]) -> None:
    found = rows([f"{group} {number}" for group, number in given])
    groups = [group for group, _ in given]
    parts = split(found, share=0.01, max_heldout=1000, labels=[number for _, number in given], groups=groups)
    assert parts.dropped == 0
    sides = [{row.prompt.messages[0][1][0] for row in side} for side in (parts.train, parts.heldout)]
    assert not sides[0] & sides[1]


def test_a_group_is_on_its_side_whatever_else_is_in_the_file() -> None:
    named = [f"customer {number % 50}" for number in range(400)]
    sides = [
        {row.digest for row in split(rows(MANY[:count]), share=0.3, max_heldout=9, groups=named[:count]).train}
        for count in (200, 400)
    ]
    assert sides[0] == sides[1] & {row.digest for row in rows(MANY[:200])}


@pytest.mark.parametrize(("share", "most"), [*product([0.2, 0.5], [5, 50])])
def test_the_prompts_that_are_asked_come_in_the_order_of_their_digests(share: float, most: int) -> None:
    parts = split(rows(MANY[:300]), share=share, max_heldout=most)
    digests = [row.opening_digest for row in held(parts)]
    assert digests == sorted(digests)


@given(
    st.lists(st.sampled_from(["10²", "102", "1½", "11/2", "x₂", "x2", "X2", "①", "1", "ℝ", "R"]), max_size=20), shares
)
def test_formulas_are_different_prompts_on_one_side(given: list[str], share: float) -> None:
    """`X2` and `x2` are the same, and `x₂` is another one."""
    parts = split(rows(given), share=share, max_heldout=3)
    sides = [{row.prompt.messages[0][1] for row in side} for side in (parts.train, held(parts))]
    for one, other in (("10²", "102"), ("1½", "11/2"), ("x₂", "x2"), ("①", "1"), ("ℝ", "R")):
        for first, second in (sides, sides[::-1]):
            assert not (one in first and other in second) or one == "1½"
    distinct = set(given) - ({"X2"} if "x2" in given else set())
    assert len({row.twin_digest for row in (*parts.train, *held(parts))}) == len(distinct)


@pytest.mark.parametrize(("depend", "families"), [(True, 10), (False, 80)])
def test_groups_are_families_only_where_answers_within_one_depend_on_each_other(depend: bool, families: int) -> None:
    named = [f"customer {number % 10}" for number in range(80)]
    parts = split(rows(MANY[:80]), share=1, max_heldout=80, groups=named, groups_depend=depend)
    assert len(parts.heldout) == 80
    assert len(set(parts.families) or range(80)) == families


@given(st.lists(st.integers(0, 30), min_size=2, max_size=60), st.integers(1, 60))
def test_what_is_asked_shares_a_number_exactly_with_its_family(numbers: list[int], most: int) -> None:
    leaders = [numbers.index(number) for number in numbers]
    prompts = rows(MANY[: len(leaders)])
    parts = split(prompts, share=1, max_heldout=most, families=leaders)
    leader = dict(zip(prompts, leaders, strict=True))
    asked = [leader[row] for row in parts.heldout]
    told = parts.families or tuple(range(len(asked)))
    assert [told.index(number) for number in told] == [asked.index(family) for family in asked]
    assert (parts.families == ()) == (len(set(asked)) == len(asked))
