"""Refuses requests from pages in a browser.

AWS: has its own host names and certificates, and requires signatures.
ministack: allows every page to call it and to read the responses.
Patch: requests of a browser are refused before they are processed, on every path
    (`bedrock_simulator.server.http`).
"""

import ministack.app as app

from bedrock_simulator.server.http import loopback_only


def install() -> None:
    """Wraps the emulator's application, outermost."""
    app.app = loopback_only(app.app)
