"""Policies as templates have them, compared with those that are live."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.cli.doctor.templates import ANYTHING, Scope, equal, resolve

SCOPE = Scope(
    account="111111111111",
    region="us-east-1",
    stack="s",
    resources={"Role": ("AWS::IAM::Role", "r-1"), "Queue": ("AWS::SQS::Queue", "https://q")},
    outputs={("foundation", "KeyArn"): "arn:key"},
)


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ({"Ref": "AWS::AccountId"}, "111111111111"),
        ({"Ref": "Queue"}, "https://q"),
        ({"Ref": "Missing"}, ANYTHING),
        ({"Fn::GetAtt": ["Role", "Arn"]}, "arn:aws:iam::111111111111:role/r-1"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, ANYTHING),
        ({"Fn::Join": [":", ["a", {"Ref": "AWS::Region"}, {"Ref": "Missing"}]]}, f"a:us-east-1:{ANYTHING}"),
        ({"Fn::Sub": "${AWS::Region}/${Role.Arn}"}, "us-east-1/arn:aws:iam::111111111111:role/r-1"),
        ({"Fn::GetStackOutput": {"StackName": "foundation", "OutputName": "KeyArn", "Region": "x"}}, "arn:key"),
        ({"Fn::If": ["c", 1, 2]}, ANYTHING),
        ({"a": [{"Ref": "AWS::Region"}], "b": 1}, {"a": ["us-east-1"], "b": 1}),
    ],
)
def test_functions_of_templates_are_resolved(value: Any, resolved: Any) -> None:
    assert resolve(value, SCOPE) == resolved


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ("a", ["a"], True),
        (["a", "b"], ["b", "a"], True),
        (["a", "b"], ["a"], False),
        (["a", "b"], ["a", "a"], False),
        ([ANYTHING, "a"], ["a", "b"], True),
        (["a", ANYTHING], ["b", "c"], False),
        (f"arn:{ANYTHING}:x", "arn:1:x", True),
        (f"arn:{ANYTHING}:x", "arn:1:y", False),
        ({"Bool": True}, {"Bool": "true"}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": "x"}, "x", False),
    ],
)
def test_a_policy_equals_what_means_the_same(expected: Any, actual: Any, same: bool) -> None:
    assert equal(expected, actual) is same


texts = st.text("abc:*/", max_size=4)
policies = st.recursive(
    texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)


@given(policies, st.randoms(use_true_random=False))
def test_the_order_of_lists_does_not_matter(policy: Any, random: Any) -> None:
    assert equal(policy, _shuffled(deepcopy(policy), random))


@given(st.lists(texts, min_size=1, unique=True), texts)
def test_another_item_is_another_policy(items: list[str], other: str) -> None:
    changed = [*items[1:], other + "!"]
    assert not equal(items, changed)


def _shuffled(value: Any, random: Any) -> Any:
    if isinstance(value, list):
        random.shuffle(value)
        return [_shuffled(each, random) for each in value]
    return {key: _shuffled(each, random) for key, each in value.items()} if isinstance(value, dict) else value
