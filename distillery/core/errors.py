"""Every error of the product. A name here is the name that the state machine retries or catches.

DistilleryError
├── Refused                  nothing was started; what was asked for cannot work. Never retried.
│   ├── BadRequest           an event or a request of the wrong shape
│   │   └── NoModel          a request to a route that there is not, or that nothing was promoted to yet
│   ├── NotAdmitted          a route, or a decision, that is not the caller's
│   ├── OverQuota            a request that may take more than is left of its caller's quota
│   ├── DatasetRejected      the prompts break a rule of the service or of the recipe
│   ├── OverBudget           the worst case is above the recipe's budget, or what is left of its month
│   ├── RunActive            the recipe has another active run
│   ├── ModelUnavailable     the service says a model is legacy, ended, or not to be customized
│   ├── QuotaTooSmall        the account may not host what the recipe needs
│   ├── NotAcknowledged      a commitment would start, and nobody has acknowledged it in the last days
│   ├── StillBilling         what is to be removed bills or serves; its stacks know of it, so it goes first
│   ├── LoggingOwned         the account's logging configuration in this Region is another's
│   ├── UnusableLogs         the logs hold too few calls that a recipe can learn from, or too much to read
│   ├── NothingToRollBack    there is no model to return to, or the version must be named
│   ├── NothingToAccept      the run has no student that a person could make live
│   ├── OutsideWindow        students go live in the promotion window, and it is closed
│   ├── NothingToStop        the run has ended, waits for a decision, or is going live
│   ├── NothingToResume      the run has nothing that was paid for and could be continued
│   ├── RunStopped           a person stopped the run: its steps start nothing more
│   └── RecordRefused        the signed record of a run does not admit its student
├── Failed                   work was started and ended badly. Caught; what it left is cleaned up.
│   ├── JobFailed            the customization job failed or was stopped
│   ├── JobStalled           the customization job stalled and was stopped; the run starts another. Retried.
│   ├── EndpointFailed       a deployment or Provisioned Throughput ended in Failed
│   ├── EvaluationFailed     answers are missing where a verdict needs them
│   └── SystemPromptLost     the system prompt that a student was trained with is missing or was altered
├── QuotaUnavailable         what is left of a caller's quota cannot be found out; nothing was asked
├── Unfinished               the time of one invocation ran out; the next resumes. Retried.
│   └── EndpointChanging     the service creates or updates an endpoint, and accepts nothing else meanwhile. Retried.
└── Misconfigured            a function was deployed without a setting it needs
"""

from collections.abc import Iterator

from distillery.core.escaping import one_line

SENTENCE_MAX = 4000


class DistilleryError(Exception):
    """The root of the tree. The text is always one line, because it goes to logs, e-mail, ledger and terminals."""

    def __init__(self, *args: object) -> None:
        super().__init__(*(one_line(each, SENTENCE_MAX) if isinstance(each, str) else each for each in args))


class Refused(DistilleryError):
    """Nothing was started."""


class BadRequest(Refused):
    """An event or a request of the wrong shape."""


class NoModel(BadRequest):
    """The route does not exist, or nothing can be called under it yet."""


class NotAdmitted(Refused):
    """The caller may not use the route, or may not make the decision."""


class OverQuota(Refused):
    """The request exceeds the quota. `retry_after`: seconds until the quota is full again; None where that would not
    help."""

    def __init__(self, sentence: str, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class DatasetRejected(Refused):
    """The prompts break a rule; the report says where."""


class OverBudget(Refused):
    """The worst case is above the recipe's budget, or above what is left of its month."""


class RunActive(Refused):
    """The recipe has another active run."""


class ModelUnavailable(Refused):
    """The service reports that a model is legacy, ended, or cannot be customized."""


class QuotaTooSmall(Refused):
    """The account's quotas do not suffice to host what the recipe needs."""


class NotAcknowledged(Refused):
    """A live endpoint would be committed for a term that nobody has acknowledged in the last days."""


class StillBilling(Refused):
    """What is to be removed still bills or serves."""


class LoggingOwned(Refused):
    """The logging configuration of this account and Region belongs to another environment or person."""


class UnusableLogs(Refused):
    """The logs contain too few calls for the recipe, or too many to read."""


class NothingToRollBack(Refused):
    """The alias has no model to return to, or the version to return to must be named."""


class NothingToAccept(Refused):
    """The run has no student that a person could make live."""


class OutsideWindow(Refused):
    """The promotion window of the environment is closed."""


class NothingToStop(Refused):
    """The run does not run, or is going live."""


class NothingToResume(Refused):
    """The run runs, waits, ended with a verdict, or has no student and no job that made one."""


class RecordRefused(Refused):
    """The signed record of a run does not admit its student. `reason`: one of `distillery.records.refusal`;
    `promotion`: the one that has used the record, if one has."""

    def __init__(self, sentence: str, reason: str = "", promotion: str = "") -> None:
        super().__init__(sentence)
        self.reason, self.promotion = reason, promotion


class RunStopped(Refused):
    """A person stopped the run."""


class Failed(DistilleryError):
    """Work was started and ended badly."""


class JobFailed(Failed):
    """The customization job failed or was stopped."""


class JobStalled(Failed):
    """The customization job stalled and was stopped, so that the run starts another under a new name."""


class EndpointFailed(Failed):
    """A deployment or Provisioned Throughput ended in Failed."""


class EvaluationFailed(Failed):
    """Answers are missing where a verdict needs them."""


class SystemPromptLost(Failed):
    """The system prompt that a student was trained with cannot be given to its callers."""


class QuotaUnavailable(DistilleryError):
    """Callers are counted, and the count does not answer."""


class Unfinished(DistilleryError):
    """The time of one invocation ran out; what was done is kept and the next invocation resumes."""


class EndpointChanging(Unfinished):
    """The service creates or updates the endpoint, which takes minutes; what was asked of it is asked again then."""


class Misconfigured(DistilleryError):
    """A function was deployed without a setting it needs."""


def is_ours(name: str) -> bool:
    """Whether an error of that name is of the tree, so that its sentence was written here."""
    return any(kind.__name__ == name for kind in _tree(DistilleryError))


def _tree(kind: type[DistilleryError]) -> Iterator[type[DistilleryError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _tree(one)
