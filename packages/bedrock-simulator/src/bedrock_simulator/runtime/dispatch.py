"""Where a call to the runtime is run: outside of the engine's lock, with an id, and logged if the account logs."""

import itertools
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.faults import FaultInjector
from bedrock_simulator.ports import Logs, Objects, Request, Response
from bedrock_simulator.protocol import service_model
from bedrock_simulator.protocol.service_model import Operation
from bedrock_simulator.runtime.burndown import Burndown
from bedrock_simulator.runtime.call import Call, Outcome
from bedrock_simulator.runtime.invocation_logs import LOGGED_OPERATIONS, Invocation, InvocationLogs

SIMULATED_HEADER = {"x-simulated-model": "true"}

Operations = Mapping[str, Callable[[Call], Outcome]]


class RuntimeDispatcher:
    """The runtime's operations, the tokens they use and the logs they leave. Safe to call from several threads."""

    def __init__(self, operations: Operations, objects: Objects, logs: Logs) -> None:
        self._operations = operations
        self._logs, self.burndown = InvocationLogs(objects, logs), Burndown()
        self._calls = itertools.count()

    def run(
        self,
        operation: Operation,
        request: Request,
        call: Call,
        logging: Mapping[str, Any] | None,
        mishaps: FaultInjector,
    ) -> Response:
        """The answer on the wire; raises ServiceError. `logging` is the account's configuration, if it has one."""
        mine = Invocation(self._id(call), operation.name, request, call, logging or {})
        logged = logging is not None and operation.name in LOGGED_OPERATIONS
        try:
            outcome = self._operations[operation.name](call)
        except errors.ServiceError as error:
            if logged:
                self._logs.note(mine, mine.refused(error.code))
            raise
        if logged:
            self._logs.note(mine, mine.answered(outcome))
        headers = {**SIMULATED_HEADER, "x-amzn-requestid": mine.id, **outcome.headers}
        return service_model.respond(operation, mishaps.between(outcome.members), headers, outcome.delay)

    def _id(self, call: Call) -> str:
        name = f"{call.account}/{call.region}/{call.now.isoformat()}/{next(self._calls)}"
        return str(uuid.uuid5(uuid.NAMESPACE_OID, name))

    def deliver(self, now: datetime) -> None:
        """Delivers what has been logged."""
        self._logs.deliver(now)

    def clear(self) -> None:
        """Forgets what has not been delivered, and what tokens were used."""
        self._logs.clear()
        self.burndown.clear()
