"""Which logged calls become prompts, and why the others do not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt
from distillery.core.logs import LogSource, Operator
from distillery.core.names import TAG_RUN
from lambdas.collection.reasons import Reason
from lambdas.collection.selection import Selection
from tests.unit.collection.forged_records import APP, FORGED, GENUINE, TEACHERS
from tests.unit.collection.records import ACCOUNT, PRO, ROUTE, Json, converse, lines, record, reply

SEVERAL = {"messages": [{"role": "user", "content": [{"text": "a"}, {"text": "b"}]}]}
BODY = "s3://logs/body.json.gz"


def choose(*records: Json, most: int = 10, multi_turn: bool = True, bodies: Any = None, **source: Any) -> Selection:
    choice = Selection(
        source=LogSource(**{"match": ROUTE, **source}),
        account=ACCOUNT,
        multi_turn=multi_turn,
        fetch=(bodies or {}).get,
        is_teacher=lambda logged: logged == PRO,
        limit=most,
    )
    return choice.read(lines(*records))


def test_a_call_is_what_was_asked_without_its_answer() -> None:
    (prompt,) = choose(record(converse("Card lost"), reply("loss"))).prompts
    assert prompt == Prompt(system="Classify.", messages=(("user", "Card lost"),), reference=None)


def test_a_logged_answer_is_the_reference_where_the_recipe_uses_answers() -> None:
    (prompt,) = choose(record(converse("Card lost"), reply("loss")), use_responses=True).prompts
    assert prompt.reference == "loss"


ANTHROPIC = {"system": "Classify.", "messages": [{"role": "user", "content": "Card lost"}], "max_tokens": 9}
BLOCKS = {**ANTHROPIC, "messages": [{"role": "user", "content": [{"type": "text", "text": "Card lost"}]}]}


@pytest.mark.parametrize("body", [ANTHROPIC, BLOCKS])
def test_a_request_in_anthropics_own_shape_is_the_same_prompt(body: Json) -> None:
    answered = {"content": [{"type": "text", "text": "loss"}], "stop_reason": "end_turn"}
    (prompt,) = choose(record(body, answered, operation="InvokeModel"), use_responses=True).prompts
    assert prompt == Prompt(system="Classify.", messages=(("user", "Card lost"),), reference="loss")


def test_the_newest_answer_to_a_prompt_is_kept_whatever_the_order_of_files() -> None:
    calls = [
        record(converse("Card lost"), reply("old"), at="2026-11-22T09:00:00Z"),
        record(converse("Card lost"), reply("new"), at="2026-11-23T09:00:00Z"),
        record(converse("Card lost"), reply("cut", stop="max_tokens"), at="2026-11-24T09:00:00Z"),
    ]
    for order in (calls, calls[::-1]):
        choice = choose(*order, use_responses=True)
        assert [prompt.reference for prompt in choice.prompts] == ["new"]
        assert choice.left_out == {"it was asked more than once": 1, "the answer is truncated": 1}


LEFT_OUT: dict[str, tuple[Json, dict[str, Any], str]] = {
    "failed": (record(converse("a"), errorCode="ThrottlingException"), {}, "the call failed"),
    "template": (
        record({"prompt": "\n\nHuman: a\n\nAssistant:"}),
        {},
        "its prompt is in a model's own template, which is not known",
    ),
    "another format": (record({"inputText": "a"}), {}, "no conversation is logged"),
    "text delivery off": (record(None), {}, "its request was not logged"),
    "image": (
        record({"messages": [{"role": "user", "content": [{"image": {}}]}]}),
        {},
        "a turn contains more than text",
    ),
    "blocks": (record(SEVERAL), {}, "a turn has several blocks"),
    "tools": (record(converse("a", toolConfig={"tools": [{}]})), {}, "tools were offered"),
    "empty": (record(converse(" ")), {}, "a turn is empty"),
    "surrogate": (record(converse("a\ud800")), {}, "a text contains half of a surrogate pair"),
    "begun": (
        record({"messages": [*converse("a")["messages"], {"role": "assistant", "content": [{"text": "b"}]}]}),
        {},
        "the request prefills the answer",
    ),
    "roles": (record({"messages": [{"role": "assistant", "content": [{"text": "b"}]}]}), {}, "turns do not alternate"),
    "long": (record(converse("x" * 17_000)), {}, "it is longer than 16384 bytes"),
    "gone": (record("s3://elsewhere/body"), {}, "its request is stored in an object that cannot be read"),
    "another model": (
        record(converse("a"), reply("b"), model="amazon.nova-micro-v1:0"),
        {"use_responses": True},
        "another model than the teacher answered",
    ),
    "streamed": (
        record(converse("a"), [{"chunk": 1}]),
        {"use_responses": True},
        "the answer is logged in a format that is not known",
    ),
    "no answer": (record(converse("a")), {"use_responses": True}, "no answer is logged"),
    "answer gone": (
        record(converse("a"), "s3://elsewhere/body"),
        {"use_responses": True},
        "its answer is stored in an object that cannot be read",
    ),
    "no text": (record(converse("a"), reply(" ")), {"use_responses": True}, "the answer has no text"),
}


@pytest.mark.parametrize(("call", "source", "reason"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_a_call_is_left_out_for_a_reason_that_is_counted(call: Json, source: dict[str, Any], reason: str) -> None:
    choice = choose(call, **source)
    assert (choice.prompts, choice.calls, choice.left_out) == ([], 1, {reason: 1})


def test_dialogues_are_for_students_that_learn_from_them() -> None:
    turns = [("user", "a"), ("assistant", "b"), ("user", "c")]
    dialogue = {"messages": [{"role": role, "content": [{"text": text}]} for role, text in turns]}
    assert choose(record(dialogue)).prompts[0].turns == 2
    assert choose(record(dialogue), multi_turn=False).prompts == []


def test_a_body_that_lies_elsewhere_is_fetched() -> None:
    (prompt,) = choose(record(BODY), bodies={BODY: converse("Card lost")}).prompts
    assert prompt.messages == (("user", "Card lost"),)


def test_calls_that_the_filter_does_not_take_and_the_products_own_are_not_counted() -> None:
    choice = choose(
        record(converse("a"), metadata={"distillery:route": "fast"}),
        record(converse("b"), metadata=None),
        record(converse("c"), metadata={**ROUTE, TAG_RUN: "support-x-y-1"}),
        {"schemaType": "Another"},
    )
    assert (choice.lines, choice.calls, choice.prompts, choice.left_out) == (4, 0, [], {})
    own = record(converse("c"), metadata={TAG_RUN: "support-x-y-1"})
    assert choose(own, operator=Operator.NOT).calls == 0


def test_so_many_are_kept_and_always_the_same() -> None:
    calls = [record(converse(f"Question {number}")) for number in range(40)]
    every = choose(*calls, most=100).prompts
    assert [prompt.digest for prompt in every] == sorted(prompt.digest for prompt in every)
    assert choose(*calls, most=7).prompts == choose(*calls[::-1], most=7).prompts == every[:7]


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(lambda v: json.dumps(v).encode()))
def test_no_line_breaks_it(line: bytes) -> None:
    choice = Selection(
        source=LogSource(match=ROUTE),
        account=ACCOUNT,
        multi_turn=True,
        fetch=lambda _: None,
        is_teacher=lambda _: True,
        limit=1,
    )
    assert choice.read([line]).calls == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "content", "text", "messages", "system", "output"]), inner)
    ),
    max_leaves=12,
)


@given(asked=JSON, answered=JSON)
def test_no_body_breaks_it(asked: Any, answered: Any) -> None:
    choice = choose(record({"messages": asked, "system": answered}, answered), record(asked), use_responses=True)
    assert choice.calls == 2


def texts(choice: Selection) -> set[str]:
    return {prompt.messages[0][1] for prompt in choice.prompts}


def test_only_what_the_recipes_principals_asked_is_learnt_from() -> None:
    choice = choose(*GENUINE, *FORGED, most=100, principals=TEACHERS)
    assert texts(choice) == {"the application", "another session of it", "in another partition", "a user"}
    assert choice.left_out == {Reason.OTHER_PRINCIPAL: len(FORGED)}
    assert choice.usable == len(GENUINE)


@pytest.mark.parametrize("forged", FORGED, ids=lambda one: str(one.get("identity")))
def test_nothing_that_a_record_says_elsewhere_makes_a_principal(forged: Json) -> None:
    assert choose(forged, principals=TEACHERS).prompts == []


def test_another_principals_later_call_does_not_take_the_place_of_a_teachers() -> None:
    ours = record(converse("Card lost"), reply("loss"), at="2026-11-22T09:00:00Z", identity={"arn": APP})
    poisoned = record(converse("Card lost"), reply("evil"), identity={"arn": f"{APP}/x"})
    (prompt,) = choose(poisoned, ours, use_responses=True, principals=TEACHERS).prompts
    assert prompt.reference == "loss"


def test_no_body_of_another_principal_is_fetched() -> None:
    class Bodies:
        def get(self, uri: str) -> None:
            raise AssertionError(uri)

    assert choose(record(BODY), bodies=Bodies(), principals=TEACHERS).prompts == []


def test_whoever_asked_is_learnt_from_where_a_recipe_names_nobody() -> None:
    assert len(choose(*GENUINE, *FORGED, most=100).prompts) == len(GENUINE) + len(FORGED)
