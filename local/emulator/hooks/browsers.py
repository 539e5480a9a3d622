"""No page in a browser calls the account.

AWS: is behind names and certificates that no page of another site can borrow, and signs.
ministack: lets every page call it and read the answers.
Patch: what a browser sends is refused before anything else looks at it, on every path
    (`bedrock_simulator.server.http`).
"""

import ministack.app as app

from bedrock_simulator.server.http import loopback_only


def install() -> None:
    """Wrap the emulator's application, outermost."""
    app.app = loopback_only(app.app)
