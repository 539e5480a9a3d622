"""Events posted to a URL, one after the other, from a thread of their own: delivery is best effort."""

import json
import queue
import sys
import threading
from typing import Any

import urllib3

_TIMEOUT = 5.0  # seconds
_MOST = 1000  # waiting


class Webhook:
    """Posts each event as JSON. What cannot be delivered is lost, and said once on stderr."""

    def __init__(self, url: str) -> None:
        self._url, self._silent = url, False
        self._waiting: queue.Queue[dict[str, Any]] = queue.Queue(_MOST)
        self._pool = urllib3.PoolManager(retries=False, timeout=_TIMEOUT)
        threading.Thread(target=self._post_for_ever, daemon=True, name="bedrock-events").start()

    def post(self, event: dict[str, Any]) -> None:
        """Takes an event; it is lost where too many wait already."""
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            self._complain("too many wait")

    def _post_for_ever(self) -> None:
        while True:
            event = self._waiting.get()
            try:
                answer = self._pool.request(
                    "POST", self._url, body=json.dumps(event), headers={"content-type": "application/json"}
                )
            except urllib3.exceptions.HTTPError as why:
                self._complain(str(why))
            else:
                if answer.status >= 400:
                    self._complain(f"it answers {answer.status}")

    def _complain(self, why: str) -> None:
        if not self._silent:
            print(f"events are lost on their way to {self._url}: {why}", file=sys.stderr, flush=True)
        self._silent = True
