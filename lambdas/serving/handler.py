"""The door of serving: a request to a route becomes a reply. Neither prompt nor reply is ever logged."""

import functools
from typing import Any

from lambdas.serving.request import request_of
from lambdas.serving.routes import Routes
from lambdas.serving.serve import serve
from lambdas.shared.aws import client
from lambdas.shared.names import Names
from lambdas.shared.variables import Variable, read


def invoke(event: Any, _context: object) -> dict[str, Any]:
    """`{"route": "distilled/support", "prompt": …}` → text, who said it, usage, and how it was served."""
    request = request_of(event)
    target = _routes().resolve(request.route)
    return serve(request, target, client("bedrock-runtime", target.region), read(Variable.ENVIRONMENT))


@functools.cache
def _routes() -> Routes:
    """Kept for the life of the sandbox, with what it has read."""
    names = Names(read(Variable.ENVIRONMENT))
    return Routes(names, read(Variable.HOME_REGION), lambda region: client("ssm", region))
