"""The exit codes of the command, which scripts and CI branch on. docs/reference/command.md is generated from them."""

from enum import IntEnum

from distillery.core import errors
from distillery.core.errors import BadRequest, DistilleryError, Failed, QuotaUnavailable, Refused, Unfinished
from distillery.core.ledger.items import WAITING_OUTCOMES
from distillery.core.pipeline import Outcome


class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    FINDINGS = 1
    BAD_INPUT = 2
    WAITS = 3
    REFUSED = 4
    FAILED_RUN = 5
    NOT_PASSED = 6
    AWS_ERROR = 7
    INTERRUPTED = 130
    BROKEN_PIPE = 141


MEANINGS = {
    ExitCode.OK: "success",
    ExitCode.FINDINGS: "the command worked and found something wrong, or was not confirmed; or an unexpected error",
    ExitCode.BAD_INPUT: "wrong arguments, a file that cannot be read, or a name that does not exist",
    ExitCode.WAITS: "something waits: a run for a person's decision or for its canary, or copies that `forget` kept",
    ExitCode.REFUSED: "the pipeline refused: over budget, another run is active, prompts rejected, not admitted, …",
    ExitCode.FAILED_RUN: "the run failed, or what was started broke",
    ExitCode.NOT_PASSED: "the run ended without a promotion: rejected, inconclusive, declined or stopped",
    ExitCode.AWS_ERROR: "AWS denied the call, throttled it or did not answer; or there are no credentials",
    ExitCode.INTERRUPTED: "interrupted (Ctrl-C); runs continue",
    ExitCode.BROKEN_PIPE: "nobody reads the output any more",
}

ALWAYS = (ExitCode.OK, ExitCode.BAD_INPUT, ExitCode.INTERRUPTED, ExitCode.BROKEN_PIPE)
_FOLLOWS = (ExitCode.WAITS, ExitCode.FAILED_RUN, ExitCode.NOT_PASSED)
_ASKS = (ExitCode.FINDINGS, ExitCode.REFUSED, ExitCode.FAILED_RUN, ExitCode.AWS_ERROR)
"""Of verbs that call functions: an error that they do not know is an unexpected one."""
VERB_CODES: dict[str, tuple[ExitCode, ...]] = {
    "doctor": (ExitCode.FINDINGS, ExitCode.AWS_ERROR),
    "check": (ExitCode.FINDINGS,),
    "convert": (ExitCode.FINDINGS,),
    "run": (*_ASKS, *_FOLLOWS),
    "collect": _ASKS,
    "status": (ExitCode.AWS_ERROR,),
    "watch": (*_FOLLOWS, ExitCode.AWS_ERROR),
    "report": (ExitCode.AWS_ERROR,),
    "evaluate": _ASKS,
    "stop": _ASKS,
    "resume": _ASKS,
    "golden": (ExitCode.REFUSED, ExitCode.AWS_ERROR),
    "verify": (ExitCode.REFUSED,),
    "key": (ExitCode.AWS_ERROR,),
    "promote": _ASKS,
    "promotions": _ASKS,
    "approve": _ASKS,
    "accept": _ASKS,
    "reject": _ASKS,
    "rollback": _ASKS,
    "models": _ASKS,
    "retire": _ASKS,
    "clean": _ASKS,
    "forget": (ExitCode.FINDINGS, ExitCode.WAITS, ExitCode.AWS_ERROR),
    "routes": (ExitCode.AWS_ERROR,),
    "ask": _ASKS,
    "snippets": (ExitCode.AWS_ERROR,),
    "probe": (ExitCode.FINDINGS, ExitCode.AWS_ERROR),
    "bench": (ExitCode.FINDINGS, ExitCode.AWS_ERROR),
}
"""The codes of each verb besides those that every verb has (`ALWAYS`)."""

_OUTCOMES = {
    Outcome.PROMOTED: ExitCode.OK,
    Outcome.FAILED: ExitCode.FAILED_RUN,
    **dict.fromkeys((Outcome.REJECTED, Outcome.INCONCLUSIVE, Outcome.DECLINED, Outcome.STOPPED), ExitCode.NOT_PASSED),
    **dict.fromkeys(WAITING_OUTCOMES, ExitCode.WAITS),
}


def of_run(outcome: Outcome) -> ExitCode:
    """The code of a run that has ended, or that waits."""
    return _OUTCOMES.get(outcome, ExitCode.FINDINGS)


def of_error(error: Exception) -> ExitCode:
    """The code of an error whose message is meant for users."""
    if isinstance(error, DistilleryError):
        return _of_kind(type(error))
    if isinstance(error, OSError):
        return ExitCode.BAD_INPUT
    from distillery.client import FunctionRefused, NotDeployed  # boto3, imported after an error only

    if isinstance(error, FunctionRefused):
        kind = getattr(errors, error.name, None)
        if isinstance(kind, type) and issubclass(kind, DistilleryError):
            return _of_kind(kind)
        return ExitCode.FINDINGS
    return ExitCode.BAD_INPUT if isinstance(error, NotDeployed) else ExitCode.AWS_ERROR


def _of_kind(kind: type[DistilleryError]) -> ExitCode:
    if issubclass(kind, BadRequest) or kind.__name__ == "ConfigError":  # of the settings, which need pydantic
        return ExitCode.BAD_INPUT
    if issubclass(kind, QuotaUnavailable | Unfinished):
        return ExitCode.AWS_ERROR
    if issubclass(kind, Refused):
        return ExitCode.REFUSED
    return ExitCode.FAILED_RUN if issubclass(kind, Failed) else ExitCode.FINDINGS
