"""One thing that goes wrong on request, and what cannot be asked for.

kind                 what happens                                                        its own fields
error                the call is refused with an error that the operation declares       operation, error, message
slow                 the answer is kept back for real seconds                            operation, seconds
no-answer            the work is done, then the connection is closed                     operation, seconds
stream               a stream ends after so many events: with an error that it           operation, events, error,
                     declares, or without one by a closed connection                     message
stuck-job            the job never leaves its stage, while the fault is listed           stage
failed-job           the job fails in its stage                                          stage, message
failed-deployment    a custom model deployment, or its update, fails                     message
failed-throughput    Provisioned Throughput that is being created fails                  message
stalled-throughput   Provisioned Throughput stays as it is, while the fault is listed
lost-event           the event is never delivered
doubled-event        the event is delivered twice
delayed-event        the event is delivered virtual seconds late                         seconds
"""

from dataclasses import dataclass, fields

from bedrock_simulator.protocol import service_model

ANY = "*"
STAGES = ("Validation", "DataProcessing", "Training")
KINDS: dict[str, frozenset[str]] = {
    "error": frozenset({"operation", "error", "message"}),
    "slow": frozenset({"operation", "seconds"}),
    "no-answer": frozenset({"operation", "seconds"}),
    "stream": frozenset({"operation", "events", "error", "message"}),
    "stuck-job": frozenset({"stage"}),
    "failed-job": frozenset({"stage", "message"}),
    "failed-deployment": frozenset({"message"}),
    "failed-throughput": frozenset({"message"}),
    "stalled-throughput": frozenset(),
    "lost-event": frozenset(),
    "doubled-event": frozenset(),
    "delayed-event": frozenset({"seconds"}),
}
_OWN = frozenset().union(*KINDS.values())


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. ValueError, in one sentence, for one that cannot be.

    named: concerns only the job, deployment, throughput, or in the runtime the model id, whose name begins so; an
    event's is its job's. account, region: only there. after: so many occasions pass first; times: at most so many
    are struck, None for all; probability: the chance of each, decided by the decider's seed. id: given by `Faults`.
    """

    kind: str
    operation: str = ANY
    error: str = ""
    message: str = ""
    seconds: float = 0.0
    events: int = 0
    stage: str = "Training"
    named: str = ""
    account: str = ANY
    region: str = ANY
    after: int = 0
    times: int | None = None
    probability: float = 1.0
    id: str = ""

    def __post_init__(self) -> None:
        if problem := _problem(self):
            raise ValueError(problem)


def _problem(fault: Fault) -> str | None:
    if fault.kind not in KINDS:
        return f"there is no fault {fault.kind!r}: there are {', '.join(KINDS)}"
    given = {each.name for each in fields(fault) if getattr(fault, each.name) != each.default}
    if strange := given & _OWN - KINDS[fault.kind]:
        return f"a fault {fault.kind!r} has no {', '.join(sorted(strange))}"
    if fault.kind == "error" and not fault.error:
        return "a fault 'error' needs the error to answer with, such as ThrottlingException"
    if not 0 <= fault.probability <= 1:
        return f"probability is {fault.probability:g}: it must be between 0 and 1"
    if fault.after < 0 or fault.events < 0 or fault.seconds < 0 or (fault.times is not None and fault.times < 1):
        return "after, events and seconds cannot be negative, and times must be at least 1"
    if fault.stage not in STAGES:
        return f"a job has no stage {fault.stage!r}: it has {', '.join(STAGES)}"
    return _undeclared(fault)


def _undeclared(fault: Fault) -> str | None:
    """Why no operation could answer with the fault's error."""
    concerned = [each for each in _operations() if fault.operation in (ANY, each.name)]
    if not concerned:
        return f"Bedrock has no operation {fault.operation!r}"
    if fault.kind == "stream":
        concerned = [each for each in concerned if each.stream_errors]
        if not concerned:
            return f"{fault.operation} answers with no stream"
    if not fault.error or any(fault.error in declared(fault.kind, each) for each in concerned):
        return None
    known = sorted({name for each in concerned for name in declared(fault.kind, each)})
    return f"{fault.operation} declares no {fault.error}: it declares {', '.join(known)}"


def _operations() -> list[service_model.Operation]:
    return [each for service in service_model.SERVICES for each in service_model.operations(service)]


def declared(kind: str, operation: service_model.Operation) -> dict[str, int]:
    """The errors, with their HTTP status, that a fault of this kind can make of the operation's answer."""
    return operation.stream_errors if kind == "stream" else operation.errors
