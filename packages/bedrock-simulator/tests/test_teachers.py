"""The sources of a teacher's answers: a rule file, a labelled file, or a real model behind a URL."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bedrock_simulator.models import chat_completions, rules, teacher
from bedrock_simulator.models.storage import JobInputError
from bedrock_simulator.models.text import Prompt
from bedrock_simulator.settings import TeacherSettings
from simulator_support.fakes import SYSTEM, TODAY, World, answer, distilled, jsonl, prompts, say

PRO = "us.amazon.nova-pro-v1:0"
KNOWN = prompts()[0]["messages"][0]["content"][0]["text"]


def trained(**settings: Any) -> World:
    return World(TODAY, teacher=TeacherSettings(error_rate=0.0, **settings))


def test_a_rule_file_says_what_the_teacher_says(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text('[words]\nlogin = ["frobnicat"]\n[topics]\nmagic = ["abracadabra"]\n')
    world = trained(rules=str(file))
    assert answer(say(world, PRO, "please frobnicate")) == "login"
    assert answer(say(world, PRO, "Abracadabra!", system="You help.")) == "topic.magic"
    assert answer(say(world, PRO, "where is my parcel", system="You help.")) == "topic.other"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("words", "Expected"),
        ("[verbs]\n", "has verbs; allowed are .words. and .topics."),
        ('[words]\na = "b"\n', "a of .* must be a list of patterns"),
        ('[topics]\na = ["("]\n', "a of .* is not a pattern: missing"),
    ],
)
def test_an_invalid_rule_file_is_an_error(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=sentence):
        rules.load(file)


def test_a_labelled_set_is_known_before_any_training_file(tmp_path: Path) -> None:
    file = tmp_path / "labelled.jsonl"
    file.write_bytes(jsonl(prompts()))
    world = trained(labelled=str(file))
    assert answer(say(world, PRO, KNOWN)) == "refund"
    assert answer(say(world, PRO, "credit me for item 7000")) == "refund"
    known = teacher.create_teacher(TeacherSettings(labelled=str(file)), {SYSTEM: {"abracadabra": "login"}})
    assert known.answer(Prompt(SYSTEM, "abracadabra")) == "login"
    assert len(known.golden_answers[SYSTEM]) == 121


def test_a_labelled_file_without_answers_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "bare.jsonl"
    file.write_bytes(jsonl(prompts(golden=False)))
    with pytest.raises(JobInputError, match="has no prompt with an answer"):
        teacher.read_labelled(file)


class Model(BaseHTTPRequestHandler):
    """Returns the prompt that it got, or what a test sets."""

    requested: list[tuple[str, dict[str, Any], str | None]]
    status, body = 200, b""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.requested.append((self.path, body, self.headers["authorization"]))
        generated = f" {body['messages'][-1]['content'].upper()}\n"
        answered = {"choices": [{"message": {"role": "assistant", "content": generated}}]}
        self.send_response(Model.status)
        self.end_headers()
        self.wfile.write(Model.body or json.dumps(answered).encode())

    def log_message(self, *_: Any) -> None:
        """Logs nothing."""


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server of the chat completions API."""
    Model.requested, Model.status, Model.body = [], 200, b""
    monkeypatch.setenv(chat_completions.API_KEY_VARIABLE, "sesame")
    with ThreadingHTTPServer(("127.0.0.1", 0), Model) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


def test_a_real_model_answers_in_the_teachers_place(url: str) -> None:
    world = trained(url=url, model="large")
    assert answer(say(world, PRO, "where is my parcel")) == "WHERE IS MY PARCEL"
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "where is my parcel"}]
    assert Model.requested == [("/v1/chat/completions", {"model": "large", "messages": messages}, "Bearer sesame")]


def test_a_student_is_trained_on_the_real_models_answers(url: str) -> None:
    world = trained(url=url, model="large")
    model = distilled(world)
    (resources,) = [each for each in world.bedrock._regions.values() if each.models]
    assert all(generated == question.upper() for question, generated in resources.models[model].student.pairs)
    assert len(Model.requested) == len(resources.models[model].student.pairs) == 120


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (401, b"who are you", "it answers 401: who are you"),
        (200, b"{}", "its response is not a chat completion"),
        (200, b"hello", "its response is not a chat completion"),
    ],
)
def test_a_real_model_that_does_not_answer_is_the_models_error(
    url: str, status: int, body: bytes, sentence: str
) -> None:
    Model.status, Model.body = status, body
    with pytest.raises(ClientError, match=sentence) as refusal:
        say(trained(url=url, model="large"), PRO, "hello")
    reported = refusal.value.response
    assert (reported["Error"]["Code"], reported["ResponseMetadata"]["HTTPStatusCode"]) == ("ModelErrorException", 424)


def test_a_job_fails_with_the_reason_where_its_teacher_does_not_answer() -> None:
    world = trained(url="http://127.0.0.1:9/v1", model="large")
    world.objects.objects["train-bucket", "train.jsonl"] = jsonl(prompts())
    with pytest.raises(KeyError):
        distilled(world)
    failed = world.client().get_model_customization_job(jobIdentifier="distill-intent-1")
    assert failed["status"] == "Failed"
    assert "The teacher at http://127.0.0.1:9/v1/chat/completions does not answer" in failed["failureMessage"]


@pytest.mark.parametrize("model", [PRO, "amazon.nova-micro-v1:0"])
@pytest.mark.parametrize("words", [1, 80, 1000])
def test_a_text_of_so_many_words_has_as_many(model: str, words: int) -> None:
    world = World(TODAY, teacher=TeacherSettings(error_rate=1.0))
    assert len(answer(say(world, model, f"Write about bees in {words} words.", system="You write.")).split()) == words


@pytest.mark.parametrize("requested", ["Write 0 words.", "in 80 wordsmiths", "many words"])
def test_filler_text_needs_a_number_of_words(requested: str) -> None:
    assert answer(say(trained(), PRO, requested, system="You write.")).startswith("topic.")
