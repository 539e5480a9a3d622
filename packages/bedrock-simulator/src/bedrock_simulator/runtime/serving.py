"""How every API has its question answered: what the model can take, in which mode and tier, and how long it takes."""

from dataclasses import dataclass

from bedrock_simulator import errors
from bedrock_simulator.catalog import limits
from bedrock_simulator.catalog.models import Model
from bedrock_simulator.runtime import latency, modes, question, throttle
from bedrock_simulator.runtime.call import Call
from bedrock_simulator.runtime.question import Question, Reply

Timed = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Served:
    """An answer with what it used. `mode` of latency and `tier` are as served, None where nothing was asked for."""

    model: Model
    question: Question
    reply: Reply
    mode: str | None
    tier: str | None
    timing: latency.Timing

    @property
    def used(self) -> tuple[int, int]:
        """Input and output tokens."""
        return self.question.tokens, self.reply.tokens

    @property
    def metrics(self) -> dict[str, dict[str, int]]:
        """What the last chunk of a native stream tells of it."""
        told = {
            "inputTokenCount": self.used[0],
            "outputTokenCount": self.used[1],
            "invocationLatency": self.timing.total,
            "firstByteLatency": round(self.timing.first),
        }
        return {"amazon-bedrock-invocationMetrics": told}

    def pieces(self, most: int = 24) -> list[Timed]:
        """The answer as it is generated: milliseconds after the one before, and a text of one token or more.

        The last piece is empty and stands for the end. The first is there with the first token.
        """
        size = max(4, -(-len(self.reply.said) // most))
        said = [self.reply.said[at : at + size] for at in range(0, len(self.reply.said), size)] or [""]
        pause = self.timing.rest / len(said)
        return [(0.0 if at == 0 else pause, piece) for at, piece in enumerate(said)] + [(pause, "")]


def serve(call: Call, asked: Question, mode: str | None, tier: str | None) -> Served:
    """The answer to a question that the API has found well formed."""
    model = call.target.model
    allowed, served_tier = modes.latency(call, mode or "standard"), modes.tier(call, tier)
    _fits(asked, model)
    allowed, held = throttle.admit(call, asked, allowed)
    reply = question.answer(asked, call.target, call.teacher)
    taken = latency.timing(model.id, allowed, served_tier, reply.tokens, asked.prompt.text, call.settings.latency.seed)
    served = Served(model, asked, reply, mode and allowed, served_tier, taken)
    throttle.release(call, held, *served.used, taken)
    return served


def _fits(asked: Question, model: Model) -> None:
    """The sentence of each family for an input above the context window, as its users report it."""
    most = limits.of(model).context
    if asked.tokens <= most:
        return
    if model.provider == "Amazon":
        raise errors.ModelRefusal(
            "Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try "
            "again."
        )
    if model.provider == "Meta":
        raise errors.ModelRefusal(
            f"This model's maximum context length is {most} tokens. Please reduce the length of the prompt"
        )
    raise errors.ModelRefusal("Input is too long for requested model.")
