"""Meta Llama: a prompt with special tokens between turns."""

from bedrock_simulator import errors
from bedrock_simulator.catalog.model_limits import Limits
from bedrock_simulator.models import text
from bedrock_simulator.runtime.call import Params
from bedrock_simulator.runtime.generation import InferenceRequest
from bedrock_simulator.runtime.inference import InferenceResult
from bedrock_simulator.runtime.native.schema import Field, check

_DEFAULT = 512  # of max_gen_len
_SHARE = Field(("Number",), minimum=0, maximum=1)


def read(body: Params, limits: Limits) -> InferenceRequest:
    """Reads a request's body."""
    fields = {
        "prompt": Field(("String",), required=True),
        "temperature": _SHARE,
        "top_p": _SHARE,
        "max_gen_len": Field(("Integer",), minimum=1, maximum=limits.output),
        "images": Field(("JSONArray",)),
    }
    check(body, fields)
    if "images" in body:
        raise errors.validation("The local Bedrock takes text only, not images.")
    return InferenceRequest(text.parse_llama_prompt(body["prompt"]), body.get("max_gen_len", _DEFAULT))


def write(result: InferenceResult) -> Params:
    """Returns the response's body."""
    used = result.used
    return {
        "generation": result.completion.text,
        "prompt_token_count": used[0],
        "generation_token_count": used[1],
        "stop_reason": _stop_reason(result),
    }


def events(result: InferenceResult) -> list[tuple[float, Params]]:
    """Returns the bodies of a streamed response."""
    *pieces, end = result.pieces()
    first = result.timing.first
    found: list[tuple[float, Params]] = []
    for at, (wait, piece) in enumerate(pieces):
        counted = result.used[0] if at == 0 else None
        chunk = {"generation": piece, "prompt_token_count": counted, "generation_token_count": at + 1}
        found.append((first if at == 0 else wait, {**chunk, "stop_reason": None}))
    last = {"generation": "", "prompt_token_count": None, "generation_token_count": result.used[1]}
    return [*found, (end[0], {**last, "stop_reason": _stop_reason(result), **result.metrics})]


def _stop_reason(result: InferenceResult) -> str:
    return "length" if result.completion.stop_reason == "max_tokens" else "stop"
