"""Every format in which a request or an answer is logged: what is good is kept, and what was stopped is not."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt
from distillery.core.logs import LogSource
from lambdas.collection.reasons import Reason
from lambdas.collection.requests import ANY, RequestFormat
from lambdas.collection.selection import Selection
from tests.unit.collection.records import ACCOUNT, PRO, ROUTE, Json, converse, lines, record, reply

CARD = Prompt(system="Classify.", messages=(("user", "Card lost"),), reference=None)


def choose(*records: Json, form: RequestFormat = ANY, multi_turn: bool = True, **source: Any) -> Selection:
    selection = Selection(
        source=LogSource(match=ROUTE, **source),
        account=ACCOUNT,
        multi_turn=multi_turn,
        fetch=lambda _: None,
        is_teacher=lambda logged: logged == PRO,
        limit=10,
        form=form,
    )
    return selection.read(lines(*records))


def user(*blocks: Any, system: Any = ({"text": "Classify."},)) -> Json:
    return {"system": list(system), "messages": [{"role": "user", "content": list(blocks)}]}


POINT = {"cachePoint": {"type": "default"}}
EPHEMERAL = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
LLAMA_SYSTEM = "<|start_header_id|>system<|end_header_id|>\n\nClassify.<|eot_id|>"
LLAMA_USER = "<|start_header_id|>user<|end_header_id|>\n\nCard lost<|eot_id|>"
LLAMA_ASSISTANT = "<|start_header_id|>assistant<|end_header_id|>"
SAME: dict[str, Json] = {
    "converse": converse("Card lost"),
    "a cache point in the system prompt": user({"text": "Card lost"}, system=[{"text": "Classify."}, POINT]),
    "a cache point in the message": user({"text": "Card lost"}, POINT),
    "cache points everywhere": user(POINT, {"text": "Card lost"}, POINT, system=[POINT, {"text": "Classify."}, POINT]),
    "a cache point with a time to live": user({"text": "Card lost"}, {"cachePoint": {"type": "default", "ttl": "1h"}}),
    "a cache point that cuts the text": user({"text": "Card "}, POINT, {"text": "lost"}),
    "a cache point that cuts the system prompt": user(
        {"text": "Card lost"}, system=[{"text": "Class"}, POINT, {"text": "ify."}]
    ),
    "Nova's key of a block": user({"text": "Card lost", **POINT}, system=[{"text": "Classify.", **POINT}]),
    "Anthropic's key of a block": user(
        {"type": "text", "text": "Card lost", **EPHEMERAL}, system=[{"type": "text", "text": "Classify.", **EPHEMERAL}]
    ),
    "Anthropic's key that cuts the text": user(
        {"type": "text", "text": "Card ", **EPHEMERAL}, {"type": "text", "text": "lost"}
    ),
    "Anthropic's automatic caching": {**converse("Card lost"), **EPHEMERAL},
    "keys without values": user({"type": "text", "text": "Card lost", "cache_control": None, "citations": None}),
    "text for a guardrail": user({"guardContent": {"text": {"text": "Card lost", "qualifiers": ["query"]}}}),
    "Anthropic's plain texts": {"system": "Classify.", "messages": [{"role": "user", "content": "Card lost"}]},
    "Llama's template": {"prompt": f"<|begin_of_text|>{LLAMA_SYSTEM}{LLAMA_USER}{LLAMA_ASSISTANT}", "top_p": 0.9},
    "Llama's template with line ends": {"prompt": f"{LLAMA_SYSTEM}\n{LLAMA_USER}\n{LLAMA_ASSISTANT}\n\n"},
}


@pytest.mark.parametrize("body", SAME.values(), ids=SAME)
def test_a_request_is_the_same_prompt_in_every_format(body: Json) -> None:
    choice = choose(record(body))
    assert (choice.prompts, choice.left_out) == ([CARD], {})


def test_all_formats_of_a_prompt_are_one_prompt() -> None:
    choice = choose(*map(record, SAME.values()))
    assert choice.prompts == [CARD]
    assert choice.left_out == {Reason.REPEATED: len(SAME) - 1}


LEFT_OUT: dict[str, tuple[Json, Reason]] = {
    "two texts": (user({"text": "Card "}, {"text": "lost"}), Reason.SEVERAL_BLOCKS),
    "two texts and then a cache point": (user({"text": "Card "}, {"text": "lost"}, POINT), Reason.SEVERAL_BLOCKS),
    "a cache point alone": (user(POINT), Reason.EMPTY),
    "an image and a cache point": (user({"image": {}}, POINT), Reason.MORE_THAN_TEXT),
    "an image for a guardrail": (user({"guardContent": {"image": {}}}), Reason.MORE_THAN_TEXT),
    "a cache point among tools": (converse("a", toolConfig={"tools": [POINT]}), Reason.TOOLS),
    "tools and no conversation": ({"tools": [{"name": "a"}]}, Reason.TOOLS),
    "Llama's answer begun": ({"prompt": f"{LLAMA_USER}{LLAMA_ASSISTANT}It is"}, Reason.PREFILLED),
    "Llama's template without an answer": ({"prompt": LLAMA_USER}, Reason.PREFILLED),
    "Llama's tools": (
        {"prompt": f"{LLAMA_USER}<|start_header_id|>ipython<|end_header_id|>1<|eot_id|>{LLAMA_ASSISTANT}"},
        Reason.UNKNOWN_TEMPLATE,
    ),
    "text before Llama's template": ({"prompt": f"Hi {LLAMA_USER}{LLAMA_ASSISTANT}"}, Reason.UNKNOWN_TEMPLATE),
    "another token of Llama": ({"prompt": LLAMA_USER.replace("lost", "<|eom_id|>")}, Reason.UNKNOWN_TEMPLATE),
    "Llama 2": ({"prompt": "<s>[INST] Card lost [/INST]"}, Reason.UNKNOWN_TEMPLATE),
    "a plain text": ({"prompt": "Card lost"}, Reason.UNKNOWN_TEMPLATE),
}


@pytest.mark.parametrize(("body", "reason"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_a_request_that_is_no_single_text_is_left_out(body: Json, reason: Reason) -> None:
    choice = choose(record(body))
    assert (choice.prompts, choice.left_out) == ([], {reason: 1})


def test_a_dialogue_in_llamas_template_is_one() -> None:
    turns = f"{LLAMA_USER}{LLAMA_ASSISTANT}\n\nWhich card?<|eot_id|>{LLAMA_USER}{LLAMA_ASSISTANT}"
    (prompt,) = choose(record({"prompt": turns})).prompts
    assert prompt.messages == (("user", "Card lost"), ("assistant", "Which card?"), ("user", "Card lost"))
    assert choose(record({"prompt": turns}), multi_turn=False).left_out == {Reason.SEVERAL_TURNS: 1}


@given(st.lists(st.text("ab \n", min_size=1).filter(str.strip) | st.none(), min_size=1, max_size=8))
def test_a_text_that_cache_points_cut_is_whole(pieces: list[str | None]) -> None:
    """None is a cache point. Two texts without one between them are not joined."""
    blocks = [POINT if piece is None else {"text": piece} for piece in pieces]
    choice = choose(record(user(*blocks)))
    texts = [piece for piece in pieces if piece is not None]
    if any(one is not None and other is not None for one, other in itertools.pairwise(pieces)):
        assert choice.left_out == {Reason.SEVERAL_BLOCKS: 1}
    elif texts:
        assert [prompt.messages[0][1] for prompt in choice.prompts] == ["".join(texts)]
    else:
        assert choice.left_out == {Reason.EMPTY: 1}


def anthropic(text: str, stop: str | None) -> Json:
    return {"type": "message", "role": "assistant", "content": [{"type": "text", "text": text}], "stop_reason": stop}


def nova_stream(text: str, stop: str | None) -> list[Json]:
    return [
        {"messageStart": {"role": "assistant"}},
        *({"contentBlockDelta": {"delta": {"text": one}, "contentBlockIndex": 0}} for one in text),
        {"contentBlockStop": {"contentBlockIndex": 0}},
        *([{"messageStop": {"stopReason": stop}}] if stop else []),
        {"metadata": {"usage": {"inputTokens": 9, "outputTokens": 2}, "metrics": {}, "trace": {}}},
    ]


def anthropic_stream(text: str, stop: str | None) -> list[Json]:
    message: Json = {"id": "msg", "type": "message", "role": "assistant", "content": [], "stop_reason": None}
    return [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        *({"type": "content_block_delta", "delta": {"type": "text_delta", "text": one}} for one in text),
        {"type": "content_block_stop", "index": 0},
        *([{"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}}] if stop else []),
        {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"outputTokenCount": 2}},
    ]


def llama_stream(text: str, stop: str | None) -> list[Json]:
    events = [{"generation": one, "stop_reason": None} for one in text]
    return [*events, {"generation": "", "stop_reason": stop, "amazon-bedrock-invocationMetrics": {}}]


FORMATS: dict[str, Any] = {
    "converse": reply,
    "nova": lambda text, stop: {**reply(text, stop), "usage": {"inputTokens": 9}},
    "anthropic": anthropic,
    "llama": lambda text, stop: {"generation": text, "prompt_token_count": 9, "stop_reason": stop},
    "nova, streamed": nova_stream,
    "anthropic, streamed": anthropic_stream,
    "llama, streamed": llama_stream,
    "one event": lambda text, stop: [anthropic(text, stop)],
}
STOPPED = {
    "max_tokens": Reason.TRUNCATED,
    "length": Reason.TRUNCATED,
    "model_context_window_exceeded": Reason.TRUNCATED,
    "tool_use": Reason.TOOL_USE,
    "pause_turn": Reason.UNKNOWN_STOP_REASON,
    "malformed_model_output": Reason.UNKNOWN_STOP_REASON,
    None: Reason.NO_STOP_REASON,
}
INTERVENED = {
    "guardrail_intervened": Reason.GUARDRAIL,
    "content_filtered": Reason.FILTERED,
    "CONTENT_FILTERED": Reason.FILTERED,
    "refusal": Reason.FILTERED,
}


@pytest.mark.parametrize("answer", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("stop", ["end_turn", "stop_sequence", "stop"])
def test_an_answer_is_the_same_in_every_format(answer: Any, stop: str) -> None:
    (prompt,) = choose(record(converse("Card lost"), answer("it is a loss", stop)), use_responses=True).prompts
    assert prompt.reference == "it is a loss"


@pytest.mark.parametrize("answer", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize(("stop", "reason"), STOPPED.items())
def test_an_answer_that_is_not_complete_is_not_used_and_its_prompt_is(
    answer: Any, stop: str | None, reason: Reason
) -> None:
    call = record(converse("Card lost"), answer("it is", stop))
    assert choose(call, use_responses=True).left_out == {reason: 1}
    assert choose(call).prompts == [CARD]


@pytest.mark.parametrize("answer", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize(("stop", "reason"), INTERVENED.items())
@pytest.mark.parametrize("use_responses", [True, False])
def test_what_a_guardrail_or_a_filter_stopped_is_not_a_prompt(
    answer: Any, stop: str, reason: Reason, use_responses: bool
) -> None:
    choice = choose(record(converse("Card lost"), answer("Sorry.", stop)), use_responses=use_responses)
    assert (choice.prompts, choice.left_out) == ([], {reason: 1})


@pytest.mark.parametrize("action", ["INTERVENED", "GUARDRAIL_INTERVENED"])
@pytest.mark.parametrize("answer", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("use_responses", [True, False])
def test_what_invoke_model_says_of_a_guardrail_is_seen_in_every_format(
    answer: Any, action: str, use_responses: bool
) -> None:
    body, said = answer("Sorry.", "end_turn"), {"amazon-bedrock-guardrailAction": action}
    marked = [*body[:-1], {**body[-1], **said}] if isinstance(body, list) else {**body, **said}
    assert choose(record(converse("a"), marked), use_responses=use_responses).left_out == {Reason.GUARDRAIL: 1}


def test_a_guardrail_that_let_a_call_pass_is_no_reason() -> None:
    trace = {"trace": {"guardrail": {"inputAssessment": {"g": {"contentPolicy": {"filters": [{"action": "NONE"}]}}}}}}
    passed = {**reply("loss"), **trace, "amazon-bedrock-guardrailAction": "NONE"}
    assert choose(record(converse("Card lost"), passed)).prompts == [CARD]


def test_an_answer_that_quotes_a_stop_reason_is_an_answer() -> None:
    quoting = reply(json.dumps({"stopReason": "guardrail_intervened", "stop_reason": "refusal"}))
    assert choose(record(converse("Card lost"), quoting)).prompts == [CARD]


DIRECT = RequestFormat(single_block=True, any_template=True)
TAKEN_DIRECTLY = {
    "converse": converse("Card lost"),
    "a cache point in the system prompt": SAME["a cache point in the system prompt"],
    "Anthropic's key of a block": SAME["Anthropic's key of a block"],
    "Llama's template": SAME["Llama's template"],
    "Llama 2": {"prompt": "<s>[INST] Card lost [/INST]"},
    "a plain text": {"prompt": "Card lost"},
}
NOT_TAKEN_DIRECTLY = {
    "a cache point in the message": (SAME["a cache point in the message"], Reason.BLOCKS_DIRECT),
    "a cache point that cuts the text": (SAME["a cache point that cuts the text"], Reason.BLOCKS_DIRECT),
    "Anthropic's plain texts": (SAME["Anthropic's plain texts"], Reason.BLOCKS_DIRECT),
    "text for a guardrail": (SAME["text for a guardrail"], Reason.BLOCKS_DIRECT),
    "no prompt": ({"prompt": " "}, Reason.UNKNOWN_TEMPLATE),
}


@pytest.mark.parametrize("body", TAKEN_DIRECTLY.values(), ids=TAKEN_DIRECTLY)
def test_a_job_that_reads_logs_takes_these_requests(body: Json) -> None:
    assert choose(record(body), form=DIRECT).usable == 1


@pytest.mark.parametrize(("body", "reason"), NOT_TAKEN_DIRECTLY.values(), ids=NOT_TAKEN_DIRECTLY)
def test_a_job_that_reads_logs_does_not_take_these_requests(body: Json, reason: Reason) -> None:
    assert choose(record(body), form=DIRECT).left_out == {reason: 1}
