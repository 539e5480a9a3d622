"""Python Lambdas fail and log as on AWS, and run on an interpreter that has an old boto3 and nothing else.

AWS: a failed invocation returns `{errorMessage, errorType, requestId, stackTrace}`, where errorType is the
    exception's class name, which Step Functions matches in Retry and Catch
    (https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html). A module that does not import is
    `Runtime.ImportModuleError`, and a process that was killed is `Runtime.ExitError`. The runtime holds boto3 and no
    other package. It gives the root logger a handler, so that a logger's INFO reaches the log once its level allows
    (lambda/latest/dg/python-logging.html).
ministack: errorType is always `Runtime.HandlerError`; the interpreter is the emulator's own, with all its packages;
    nothing below a warning is logged. Lines that come later than 50 ms after the answer are lost, or counted as the
    next invocation's.
Patch: the worker reports the class, handles logging, and marks the end of an invocation's log; the interpreter is
    the one named by DISTILLERY_LAMBDA_PYTHON. (Not patched: the request id and the time in a logged line.)
"""

import os
import queue
import time
from contextvars import ContextVar
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

REPORTED = '"error": str(e), "trace": traceback.format_exc()'
WITH_TYPE = '"error": str(e), "error_type": type(e).__name__, "trace": traceback.format_exc()'
LOGGING = 'import logging\nlogging.basicConfig(format="[%(levelname)s]\\t%(message)s")\n'
END = "--- end of the invocation ---"
_ANSWERED = "        _real_stdout.flush()\n\nrun()"
_LOGGED = f"        print({END!r}, file=sys.stderr, flush=True)\n{_ANSWERED}"
_INIT_FAILED = "Worker init failed: "
_DIED = "Worker process died"
_LONGEST_LOG = 30.0  # seconds, real: how late a line may come after the answer

_failure: ContextVar[dict[str, Any] | None] = ContextVar("failure", default=None)


def worker_script() -> str:
    """Returns ministack's Python worker with a logging handler, and with the class of an exception in its report."""
    script: str = lambda_runtime._PYTHON_WORKER_SCRIPT
    for replaced, by in ((REPORTED, WITH_TYPE), (_ANSWERED, _LOGGED)):
        if script.count(replaced) != 1:
            raise RuntimeError("ministack's Lambda worker script has changed: adapt local/emulator/hooks/lambdas.py")
        script = script.replace(replaced, by)
    return LOGGING + script


def read_log(worker: Any) -> str:
    """Returns all that a worker's last invocation logged, including lines that arrive after the answer."""
    lines: list[str] = []
    until = time.monotonic() + _LONGEST_LOG
    while time.monotonic() < until:
        try:
            line = worker._stderr_queue.get(timeout=0.05)
        except queue.Empty:
            if not worker._stderr_thread.is_alive():  # it died before the end
                break
            continue
        if line == END:
            break
        lines.append(line)
    return "\n".join(lines)


def failure_body(result: dict[str, Any], request_id: str) -> dict[str, Any]:
    """Returns Lambda's response for the exception that a worker reported."""
    trace = str(result.get("trace", "")).splitlines(keepends=True)[1:-1]
    return {
        "errorMessage": result["error"],
        "errorType": result["error_type"],
        "requestId": request_id,
        "stackTrace": trace,
    }


def install() -> None:
    """Replaces the interpreter, its worker script, and the shape of a failure."""
    script = worker_script()
    detect = lambda_runtime._detect_runtime_binary
    invoke = lambda_runtime.Worker.invoke
    execute = lambda_svc._execute_function_warm

    def detect_runtime_binary(runtime: str) -> tuple[str, str]:
        if runtime.startswith("python"):
            return os.environ.get("DISTILLERY_LAMBDA_PYTHON") or detect(runtime)[0], script
        return detect(runtime)  # type: ignore[no-any-return]  # ministack has no types

    def invoke_and_record_failure(self: Any, event: Any, request_id: str, **options: Any) -> dict[str, Any]:
        result: dict[str, Any] = invoke(self, event, request_id, **options)
        _failure.set(result if result.get("error_type") else None)
        return result

    def execute_function_warm(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        _failure.set(None)
        out: dict[str, Any] = execute(func, event, request_id)
        failed = _failure.get()
        if out.get("error") and failed:
            out["body"] = failure_body(failed, request_id)
        elif out.get("error") and str(out["body"].get("errorMessage", "")).startswith(_INIT_FAILED):
            message = str(out["body"]["errorMessage"]).removeprefix(_INIT_FAILED)
            out["body"] = {"errorMessage": message, "errorType": "Runtime.ImportModuleError", "requestId": request_id}
        elif out.get("error") and str(out["body"].get("errorMessage", "")).startswith(_DIED):
            message = f"RequestId: {request_id} Error: Runtime exited with error: signal: killed"
            out["body"] = {"errorMessage": message, "errorType": "Runtime.ExitError"}
        return out

    lambda_runtime._detect_runtime_binary = detect_runtime_binary
    lambda_runtime.Worker.invoke = invoke_and_record_failure
    lambda_runtime.Worker._drain_stderr_bounded = read_log
    lambda_svc._execute_function_warm = execute_function_warm
