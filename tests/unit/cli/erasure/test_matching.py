"""A searched text is found however a file escapes it, and nothing else is."""

import csv
import gzip
import io
import json
from functools import partial

import pytest

from distillery.cli.erasure import matching
from distillery.core.conversation import Prompt, to_line
from distillery.core.errors import BadRequest
from distillery.datasets.curation.personal_data import mask_text

SAID = "My name is Zoë Müller,\nand I live at \u201cElm\u2009Street\u201d 5"
PROMPT = Prompt(system="Classify.", messages=(("user", SAID),), reference="moving")
LINE = to_line(PROMPT)
OTHER = to_line(Prompt(system="Classify.", messages=(("user", "Where is my card?"),), reference="card"))
CALL = json.dumps({"input": {"inputBodyJson": {"messages": [{"role": "user", "content": [{"text": SAID}]}]}}})
NESTED = json.dumps({"modelInput": json.dumps({"messages": [{"role": "user", "content": [{"text": SAID}]}]})})
POINT = {"cachePoint": {"type": "default"}}
PIECES = [SAID[:14], SAID[14:]]
CUT = {"messages": [{"role": "user", "content": [{"text": PIECES[0]}, POINT, {"text": PIECES[1]}]}]}
USER, ASSISTANT = (f"<|start_header_id|>{role}<|end_header_id|>" for role in ("user", "assistant"))
LLAMA = {"prompt": f"{USER}\n\n{SAID}<|eot_id|>{ASSISTANT}"}
STREAMS = {
    "Nova": [{"messageStart": {}}, *({"contentBlockDelta": {"delta": {"text": one}}} for one in PIECES)],
    "Anthropic": [{"type": "content_block_delta", "delta": {"type": "text_delta", "text": one}} for one in PIECES],
    "Llama": [{"generation": one, "stop_reason": None} for one in PIECES],
    "an older model": [{"completion": one} for one in PIECES],
}


def _call(body: object) -> bytes:
    return json.dumps({"input": {"inputBodyJson": body}}).encode()


def _table(*cells: str) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([["n", "call"], *(["1", cell] for cell in cells)])
    return text.getvalue()


SPELLED = {
    "a line of a data set": f"{OTHER}\n{LINE}\n".encode(),
    "a line with every letter escaped": json.dumps(json.loads(LINE)).encode(),
    "other letter case and white space": to_line(
        Prompt(system=None, messages=(("user", SAID.upper().replace(" ", "  ")),), reference=None)
    ).encode(),
    "a packed file": gzip.compress(f"{OTHER}\n{LINE}\n".encode()),
    "a logged call": gzip.compress(CALL.encode()),
    "a logged call whose text a cache point cuts": _call(CUT),
    "a logged call in Llama's template": _call(LLAMA),
    "a stored body whose text a cache point cuts": json.dumps(CUT).encode(),
    "JSON within JSON": NESTED.encode(),
    "JSON over many lines": json.dumps({"rows": [json.loads(OTHER), json.loads(LINE)]}, indent=2).encode(),
    "a cell of a table": _table(OTHER, CALL).encode(),
    "a line of bad lines that were put aside": json.dumps({"line": 3, "text": LINE}).encode(),
    "a file whose other bytes are no text": b"\xff\xfe\n" + LINE.encode(),
}


@pytest.mark.parametrize("spelled", SPELLED.values(), ids=SPELLED)
def test_a_text_and_a_prompt_are_found_however_a_file_spells_them(spelled: bytes) -> None:
    assert matching.matches(spelled, matching.text_matcher("zoë müller, and i live"))
    assert matching.matches(spelled, matching.prompt_matcher([PROMPT]))


@pytest.mark.parametrize("spelled", [b"", f"{OTHER}\n".encode(), gzip.compress(OTHER.encode()), _table(OTHER).encode()])
def test_what_holds_it_not_is_not_found(spelled: bytes) -> None:
    assert not matching.matches(spelled, matching.text_matcher("Zoë Müller"))
    assert not matching.matches(spelled, matching.prompt_matcher([PROMPT]))


@pytest.mark.parametrize("events", STREAMS.values(), ids=STREAMS)
def test_a_text_is_found_in_the_pieces_of_a_streamed_answer(events: list[object]) -> None:
    """In a logged call, and in a stored body."""
    for body in ({"output": {"outputBodyJson": events}}, events):
        spelled = json.dumps(body).encode()
        assert matching.matches(spelled, matching.text_matcher("zoë müller, and i live"))
        assert not matching.matches(spelled, matching.text_matcher("zoë moulin, and i live"))


def test_texts_of_different_turns_are_not_one() -> None:
    turns = [
        {"role": "user", "content": [{"text": PIECES[0]}]},
        {"role": "assistant", "content": [{"text": PIECES[1]}]},
    ]
    for body in ({"messages": turns}, {"input": {"inputBodyJson": {"messages": turns}}}):
        assert not matching.matches(json.dumps(body).encode(), matching.text_matcher("zoë müller, and i live"))


def test_a_prefix_or_a_single_turn_of_a_prompt_is_not_a_match() -> None:
    short = Prompt(system=None, messages=(("user", "Where is my card?"),), reference=None)
    longer = Prompt(system=None, messages=(("user", "Where is my card? It is late."),), reference=None)
    both = Prompt(
        system=None, messages=(("user", "Where is my card?"), ("assistant", "?"), ("user", "Here")), reference="x"
    )
    assert not matching.matches(to_line(longer).encode(), matching.prompt_matcher([short]))
    assert not matching.matches(to_line(short).encode(), matching.prompt_matcher([both]))
    assert matching.matches(to_line(both).encode(), matching.prompt_matcher([both, short]))


def test_a_prompt_is_found_where_its_personal_data_was_masked() -> None:
    said = Prompt(system=None, messages=(("user", "Write to zoe@example.com about my card"),), reference=None)
    masked = Prompt(system=None, messages=(("user", "Write to [EMAIL] about my card"),), reference=None)
    holds = matching.prompt_matcher([said], mask_text)
    assert matching.matches(to_line(masked).encode(), holds)


@pytest.mark.parametrize("placeholder", ["[EMAIL]", "[MAIL]"])
def test_a_prompt_is_found_with_usual_and_with_compact_placeholders(placeholder: str) -> None:
    said = Prompt(system=None, messages=(("user", "Write to a@b.co about my card"),), reference=None)
    masked = Prompt(system=None, messages=(("user", f"Write to {placeholder} about my card"),), reference=None)
    holds = matching.prompt_matcher([said], mask_text, partial(mask_text, compact=True))
    assert matching.matches(to_line(masked).encode(), holds)


@pytest.mark.parametrize("text", ["", "  ", "abc", " a\n"])
def test_a_text_that_stands_in_nearly_every_file_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="would match nearly every file"):
        matching.text_matcher(text)


def test_a_packed_file_that_is_cut_off_is_reported_and_not_taken_for_empty() -> None:
    with pytest.raises(OSError, match="cannot be read"):
        matching.matches(gzip.compress(LINE.encode())[:-9], matching.text_matcher("Zoë Müller"))


def test_a_file_of_prompts_that_holds_anything_else_is_refused_by_its_line() -> None:
    assert matching.read_prompts(f"{LINE}\n\n{OTHER}\n".encode())[0] == PROMPT
    with pytest.raises(BadRequest, match="line 2 is not a prompt"):
        matching.read_prompts(f"{LINE}\nZoë\n".encode())
    with pytest.raises(BadRequest, match="contains no prompt"):
        matching.read_prompts(b"\n")
