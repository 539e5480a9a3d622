"""The outputs through which a function could leak text, and whether it does."""

import io
import json
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from distillery.core import aws, clock
from distillery.evaluation.statistics.paired import paired_difference
from lambdas.serving import handler as serving
from tests.unit.leaks.account import Account, Transport
from tests.unit.leaks.scenarios import Scenario

CANARY = 'My quokka Xylander swallowed card 4929 1001 2002 3003, isn\'t that "grotesque"?'
PARTS = ("quokka", "Xylander", "swallowed", "4929 1001", "1001 2002", "grotesque")
Ask = Callable[[], Any]


def patched_transport() -> Iterator[Transport]:
    """The body of a module-scoped fixture."""
    with pytest.MonkeyPatch.context() as patch:
        transport = Transport(patch)
        patch.setattr(clock, "timestamp", lambda: 1_795_426_200.0)
        patch.setattr("distillery.client.clock.time.sleep", lambda _: None)
        patch.setattr("traceback._extract_caret_anchors_from_line_segment", lambda _: None)  # slow, and quotes nothing
        patch.setattr(urllib.request, "urlopen", lambda request, timeout: _answered(transport.account, request))
        _forget()
        yield transport
    _forget()


KEPT = (
    aws._client,
    aws.counting,
    aws.session,
    *(serving._session, serving._route, serving._offer, serving._usage_counter),
)


def _forget() -> None:
    """Clears what a Lambda execution environment caches."""
    for kept in KEPT:
        kept.cache_clear()


def _answered(account: Account, request: urllib.request.Request) -> Any:
    assert isinstance(request.data, bytes)
    account.cloudformation.append(request.data.decode())
    return io.BytesIO()


def start(transport: Transport, scenario: Scenario) -> tuple[Account, Callable[[], Any]]:
    transport.account = account = Account()
    serving._route.cache_clear()
    serving._offer.cache_clear()
    ask = scenario.prepare(account)
    paired_difference.cache_clear()  # else a function that the state has called before would not be reached
    account.listen()
    return account, ask


class OutputCapture(NamedTuple):
    """The log and output that a test captures."""

    log: pytest.LogCaptureFixture
    printed: pytest.CaptureFixture[str]

    def of(self, account: Account, ask: Ask) -> list[tuple[str, str]]:
        """Returns the outputs that contain a part of CANARY, each with the surrounding text."""
        with self.log.at_level("DEBUG"):
            self.printed.readouterr()
            self.log.clear()
            told = outcome(ask)
        printed = self.printed.readouterr()
        places = {
            "the function's answer or error": told,
            "its log": self.log.text + repr([record.__dict__ for record in self.log.records]),
            "its output": printed.out + printed.err,
            "requests to services": "".join(account.sent),
            "the ledger": repr(account.table.items),
            "CloudFormation": "".join(account.cloudformation),
        }
        return [(place, _around(text)) for place, text in places.items() if any(part in text for part in PARTS)]


def _around(text: str) -> str:
    at = min(text.index(part) for part in PARTS if part in text)
    return text[max(0, at - 300) : at + 100]


def outcome(ask: Ask) -> str:
    """Returns an error as Lambda's runtime reports it, and more."""
    try:
        return json.dumps(ask(), default=repr)
    except Exception as error:
        stack = [line for one in _chain(error) for line in traceback.format_exception(one)]
        more = [repr((one, one.args, vars(one))) for one in _chain(error)]
        return json.dumps({"errorMessage": str(error), "stackTrace": stack, "more": more}, ensure_ascii=False)


def _chain(error: BaseException) -> list[BaseException]:
    """Returns all causes and contexts of an error, suppressed or not."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and one not in found:
            found.append(one)
            waiting += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]
    return found
