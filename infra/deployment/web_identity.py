"""A workflow's proof of who it is: the OIDC token of a GitHub Actions job, in the file from which AWS's SDKs take it.

`python -m infra.deployment.web_identity` writes the token to the file named by `AWS_WEB_IDENTITY_TOKEN_FILE`. The CDK
and boto3 then assume the role of `AWS_ROLE_ARN` with it, by themselves. A token lives for minutes, and a session of the
role for an hour: write a new token before each command. No action of a third party handles credentials.
"""

import json
import os
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

AUDIENCE = "sts.amazonaws.com"
URL, SECRET, FILE = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE"
"""GitHub sets the first two in a job with `permissions: id-token: write`."""
_SECONDS = 30


class NotInAWorkflow(Exception):
    """The variables of a job that may ask for a token are not set."""


def _ask(request: urllib.request.Request) -> bytes:
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 # https alone: see `write_token`
        return bytes(answer.read())


def write_token(variables: Mapping[str, str], ask: Callable[[urllib.request.Request], bytes] = _ask) -> Path:
    """Returns the file, which its owner alone can read.

    Args:
        variables: Those of the process.
        ask: Returns the body of GitHub's answer.

    Raises:
        NotInAWorkflow: A variable is missing.
        OSError: GitHub did not answer, or refused.
    """
    missing = [name for name in (URL, SECRET, FILE) if not variables.get(name)]
    if missing:
        raise NotInAWorkflow(
            f"{', '.join(missing)} is not set; run this in a job of GitHub Actions with `permissions: id-token: write` "
            f"that sets {FILE}. On a laptop, use your own credentials, such as those of `aws sso login`"
        )
    asked = f"{variables[URL]}&{urllib.parse.urlencode({'audience': AUDIENCE})}"
    if not asked.startswith("https://"):
        raise NotInAWorkflow(f"{URL} is {asked!r}; GitHub's begins with https://: unset it on a laptop")
    request = urllib.request.Request(asked, headers={"Authorization": f"bearer {variables[SECRET]}"})  # noqa: S310 # https
    token = str(json.loads(ask(request))["value"])
    file = Path(variables[FILE])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(token, encoding="utf-8")
    return file


def main() -> int:
    """Writes the token, or says why it cannot."""
    try:
        write_token(os.environ)
    except (NotInAWorkflow, OSError, LookupError, ValueError) as error:
        print(error, file=sys.stderr)  # noqa: T201 # a command's output
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
