"""The system prompt that training prompts share."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt
from distillery.core.pipeline import Alias, Dataset
from distillery.core.serialization import from_wire, to_wire
from distillery.core.system_prompt import SystemPrompt, SystemPrompts, SystemPromptUse, object_key
from tests.fakes.pipeline import alias, dataset


def _prompts(*texts: str | None) -> list[Prompt]:
    return [Prompt(system=text, messages=(("user", "hello"),), reference=None) for text in texts]


@given(st.lists(st.none() | st.sampled_from(["a", "a ", "b", "é", "e\u0301"]), min_size=1, max_size=8))
def test_one_text_is_shared_and_several_are_not(texts: list[str | None]) -> None:
    found = SystemPrompts.of(_prompts(*texts))
    assert found == SystemPrompts.of(_prompts(*reversed(texts))), "in any order"
    assert found.different == len(set(texts))
    assert (found.use is SystemPromptUse.SEVERAL) == (len(set(texts)) > 1)
    assert (found.use is SystemPromptUse.SHARED) == (len(set(texts)) == 1 and texts[0] is not None)
    assert found.text == (texts[0] if found.use is SystemPromptUse.SHARED else None)
    assert found.described.is_stored == (found.text is not None)


@pytest.mark.parametrize("text", ["a", "😀" * 3800])
def test_a_key_is_the_content(text: str) -> None:
    described = SystemPrompts.of(_prompts(text)).described
    assert described.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert described.bytes == len(text.encode())
    assert object_key("support", described.sha256) == f"system-prompts/support/{described.sha256}.txt"
    assert described.at("s3://b/k").uri == "s3://b/k"


def test_without_a_text_there_is_no_address() -> None:
    none = SystemPrompt(use=SystemPromptUse.SEVERAL)
    assert none.at("s3://b/k") == none


def test_what_older_versions_wrote_is_read() -> None:
    for value, kind in ((alias(), Alias), (dataset(), Dataset)):
        wire = {name: each for name, each in to_wire(value).items() if "system" not in name}
        assert from_wire(kind, wire) == value
