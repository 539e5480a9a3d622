"""The kinds of faults and their fields.

kind                 effect                                                              fields of its own
error                the call fails with an error that the operation declares            operation, error, message
slow                 the response is delayed by real seconds                             operation, seconds
no-answer            the work is done, then the connection is closed                     operation, seconds
stream               a stream ends after so many events: with an error that it           operation, events, error,
                     declares, or without one by closing the connection                  message
filtered             a content filter ends the answer: its text, and the stop reason     operation, message
                     `content_filtered`, where the model's own API has one
stuck-job            the job stays in its stage while the fault is listed                stage
failed-job           the job fails in its stage                                          stage, message
failed-deployment    a custom model deployment, or its update, fails                     message
failed-throughput    Provisioned Throughput fails while it is created                    message
stalled-throughput   Provisioned Throughput keeps its status while the fault is listed
lost-event           the event is not delivered
doubled-event        the event is delivered twice
delayed-event        the event is delivered virtual seconds late                         seconds

An error applies only to operations that declare it in botocore's model. Default messages are those of the API
reference, or as others observed them; where neither has one, the message is the simulator's.
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
    "filtered": frozenset({"operation", "message"}),
    "stuck-job": frozenset({"stage"}),
    "failed-job": frozenset({"stage", "message"}),
    "failed-deployment": frozenset({"message"}),
    "failed-throughput": frozenset({"message"}),
    "stalled-throughput": frozenset(),
    "lost-event": frozenset(),
    "doubled-event": frozenset(),
    "delayed-event": frozenset({"seconds"}),
}
MAX_SECONDS, MAX_COUNT = 10 * 365 * 24 * 3600, 10**9
_KIND_FIELDS = frozenset().union(*KINDS.values())


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. Raises ValueError if its fields do not fit its kind.

    Attributes:
        named: Affects only jobs, deployments and throughput whose name starts with it; in the runtime, model IDs. An
            event has the name of its job.
        account: Affects only this account.
        region: Affects only this Region.
        after: The number of matching calls that pass before the first one is affected.
        times: The maximum number of affected calls, None for no limit.
        probability: The probability of each, decided by the seed of `Faults`.
        id: Assigned by `Faults`.
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
        if problem := _find_problem(self):
            raise ValueError(problem)


def _find_problem(fault: Fault) -> str | None:
    if fault.kind not in KINDS:
        return f"unknown kind of fault {fault.kind!r}; allowed are {', '.join(KINDS)}"
    present = {each.name for each in fields(fault) if getattr(fault, each.name) != each.default}
    if unknown := present & _KIND_FIELDS - KINDS[fault.kind]:
        return f"a fault {fault.kind!r} has no field {', '.join(sorted(unknown))}"
    if fault.kind == "error" and not fault.error:
        return "a fault 'error' needs the name of an error, such as ThrottlingException"
    if not 0 <= fault.probability <= 1:
        return f"probability is {fault.probability:g}: it must be between 0 and 1"
    if not 0 <= fault.seconds <= MAX_SECONDS:
        return f"seconds is {fault.seconds:g}: write a number from 0 to {MAX_SECONDS} (ten years)"
    for name, least in (("after", 0), ("events", 0), ("times", 1)):
        count = getattr(fault, name)
        if count is not None and not least <= count <= MAX_COUNT:
            return f"{name} is {count}: write a number from {least} to {MAX_COUNT}"
    if fault.stage not in STAGES:
        return f"a job has no stage {fault.stage!r}; its stages are {', '.join(STAGES)}"
    return _undeclared(fault)


def _undeclared(fault: Fault) -> str | None:
    """Why no operation can return the fault's error; None if one can."""
    concerned = [each for each in _operations() if fault.operation in (ANY, each.name)]
    if not concerned:
        return f"Bedrock has no operation {fault.operation!r}"
    if fault.kind == "stream":
        concerned = [each for each in concerned if each.stream_errors]
        if not concerned:
            return f"{fault.operation} does not return a stream"
    if fault.kind == "filtered" and not any(each.name in service_model.INFERENCE_OPERATIONS for each in concerned):
        return f"no model answers in {fault.operation}"
    if not fault.error or any(fault.error in declared_errors(fault.kind, each) for each in concerned):
        return None
    known = sorted({name for each in concerned for name in declared_errors(fault.kind, each)})
    return f"{fault.operation} does not declare the error {fault.error}; it declares {', '.join(known)}"


def _operations() -> list[service_model.Operation]:
    return [each for service in service_model.SERVICES for each in service_model.operations(service)]


def declared_errors(kind: str, operation: service_model.Operation) -> dict[str, int]:
    """The errors, with their HTTP status, that a fault of this kind can produce in the operation."""
    return operation.stream_errors if kind == "stream" else operation.errors
