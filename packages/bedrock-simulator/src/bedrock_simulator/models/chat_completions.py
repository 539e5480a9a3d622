"""A real model as the teacher, by the URL of a server of OpenAI's chat completions API.

Its API key, if it needs one, is the environment variable BEDROCK_SIMULATOR_TEACHER_KEY of the simulator.
"""

import json
import os
from functools import lru_cache
from typing import Any

import urllib3

from bedrock_simulator import json_text
from bedrock_simulator.errors import ServiceError
from bedrock_simulator.models.text import Prompt

API_KEY_VARIABLE = "BEDROCK_SIMULATOR_TEACHER_KEY"
MAX_CONCURRENT_CALLS = 8  # calls
_TIMEOUT = urllib3.Timeout(connect=5.0, read=120.0)
_RETRIES = urllib3.Retry(3, status_forcelist=(429, 500, 502, 503, 504), backoff_factor=0.5, allowed_methods=None)


class ChatCompletions:
    """One model of one server. Thread-safe."""

    def __init__(self, url: str, model: str) -> None:
        self._url, self._model = f"{url.rstrip('/')}/chat/completions", model
        self._pool = urllib3.PoolManager(maxsize=MAX_CONCURRENT_CALLS, timeout=_TIMEOUT, retries=_RETRIES)

    def answer(self, prompt: Prompt) -> str:
        """Returns the model's answer. Raises a ServiceError, ModelErrorException, if there is none."""
        system = [{"role": "system", "content": prompt.system}] if prompt.system else []
        body = {"model": self._model, "messages": [*system, {"role": "user", "content": prompt.text}]}
        headers = {"content-type": "application/json"}
        if key := os.environ.get(API_KEY_VARIABLE):
            headers["authorization"] = f"Bearer {key}"
        try:
            response = self._pool.request("POST", self._url, body=json.dumps(body), headers=headers)
        except urllib3.exceptions.HTTPError as why:
            raise self._failed(str(why)) from why
        if response.status != 200:
            raise self._failed(f"it answers {response.status}: {response.data[:200].decode(errors='replace')}")
        try:
            content: Any = json_text.parse(response.data)["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError) as why:
            raise self._failed("its response is not a chat completion") from why
        return str(content or "").strip()

    def _failed(self, why: str) -> ServiceError:
        return ServiceError("ModelErrorException", 424, f"The teacher at {self._url} does not answer: {why}")


@lru_cache(maxsize=8)
def connect(url: str, model: str) -> ChatCompletions:
    """Returns the client of a model, with its connection pool."""
    return ChatCompletions(url, model)
