"""What faults do to a call: before it is answered, and to the answer.

A fault of an error strikes only the operations that declare the error in botocore's model. Sentences are those of the
API reference, or the service's as seen by others; where neither has one, they are ours.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from bedrock_simulator import errors
from bedrock_simulator.fault import Fault, declared
from bedrock_simulator.faults import Faults, Occasion
from bedrock_simulator.ports import Chunk, Interrupted, Request, Response
from bedrock_simulator.protocol.service_model import Operation, Params

SENTENCES = {
    "AccessDeniedException": "You don't have access to the model with the specified model ID.",
    "InternalServerException": "An internal server error occurred. Retry your request.",
    "ModelErrorException": "The request failed due to an error while processing the model.",
    "ModelNotReadyException": "The model specified in the request is not ready to serve inference requests.",
    "ModelStreamErrorException": "An error occurred while streaming the response. Retry your request.",
    "ModelTimeoutException": "The request took too long to process. Processing time exceeded the model timeout length.",
    "ServiceUnavailableException": "The service isn't currently available. Try again later.",
    "ThrottlingException": "Too many requests, please wait before trying again.",
}
_NO_SENTENCE = "The call failed (this simulated account was told to fail it)."


class Mishaps:
    """What faults make of one call. A call of the host's own (`Request.spared`) meets none."""

    def __init__(self, faults: Faults, request: Request, operation: Operation, params: Params) -> None:
        self._faults, self._operation, self._spared, self._broken = faults, operation, request.spared, False
        named = str(params.get("modelId", ""))
        self._occasion = Occasion(request.account, request.region, operation.name, named)

    def _strikes(self, kind: str) -> Fault | None:
        if self._spared or not self._faults:
            return None
        occasion = replace(self._occasion, errors=declared(kind, self._operation))
        return self._faults.strikes(kind, occasion)

    def before(self) -> None:
        """Raises the ServiceError that is to be answered in place of the work."""
        if fault := self._strikes("error"):
            status = declared("error", self._operation)[fault.error]
            raise errors.ServiceError(fault.error, status, _sentence(fault))

    def between(self, answer: Params) -> Params:
        """The answer's members, of which a stream may end early."""
        name = self._operation.stream
        fault = self._strikes("stream") if name else None
        if name is None or fault is None:
            return answer
        events = [*islice(answer[name], fault.events)]
        if fault.error:
            events.append((0.0, {fault.error[0].lower() + fault.error[1:]: {"message": _sentence(fault)}}))
        self._broken = not fault.error
        return {**answer, name: events}

    def after(self, response: Response) -> Response:
        """The response: broken off, late, or missing."""
        if self._broken:
            pieces = [(0.0, response.body)] if response.chunks is None else response.chunks
            response = replace(response, body=b"", chunks=_broken_off(pieces))
        if fault := self._strikes("slow"):
            response = replace(response, delay=response.delay + fault.seconds)
        if fault := self._strikes("no-answer"):
            response = replace(response, delay=response.delay + fault.seconds, dropped=True)
        return response


def _broken_off(pieces: Iterable[Chunk]) -> Iterator[Chunk]:
    yield from pieces
    raise Interrupted


def _sentence(fault: Fault) -> str:
    return fault.message or SENTENCES.get(fault.error, _NO_SENTENCE)
