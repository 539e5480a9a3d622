"""How the CDK bootstraps an account with the policies of the stack `distillery-bootstrap`.

`python -m infra.deployment.bootstrap OUTPUTS` prints the arguments of `cdk bootstrap`. OUTPUTS is the file that
`cdk deploy --outputs-file` wrote.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

BOUNDARY = "cdk-distillery-boundary"
"""The name of the boundary. It does not begin as the names of Distillery's resources do, so that neither CloudFormation
nor a function may change it."""
POLICIES, TARGETS = "ExecutionPolicies", "Targets"
"""Outputs of the stack: the policies' ARNs, with commas, and the targets of `cdk bootstrap`, one for each Region."""


def arguments(outputs: Path) -> list[str]:
    """Returns the arguments of `cdk bootstrap`.

    Raises:
        OSError: The file cannot be read.
        KeyError: Its stack has other outputs.
        ValueError: It is no JSON, or holds no stack or several.
    """
    (stack,) = json.loads(outputs.read_text(encoding="utf-8")).values()
    policies: str = stack[POLICIES]
    return [
        *stack[TARGETS].split(),
        "--cloudformation-execution-policies",
        policies,
        "--custom-permissions-boundary",
        BOUNDARY,
    ]


def main(words: Sequence[str]) -> int:
    """Prints the arguments."""
    try:
        (outputs,) = words
        print(" ".join(arguments(Path(outputs))))  # noqa: T201 # a command's output
    except (OSError, KeyError, ValueError) as error:
        print(f"not the outputs of distillery-bootstrap: {error!r}; `make bootstrap` writes them", file=sys.stderr)  # noqa: T201 # a command's output
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
