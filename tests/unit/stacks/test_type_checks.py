"""A synth from the command line leaves jsii's type checks out; what jsii calls them may change with its version."""

import pytest

from tests.unit.stacks.test_template_validation import errors_of

SCRIPT = """
import sys
from infra.type_checks import leave_out_type_checks
if "left out" in sys.argv: leave_out_type_checks()
from aws_cdk import App, Stack
try: Stack(App(analytics_reporting=False), 5)
except Exception as error: print(type(error).__name__, "typeguard" in sys.modules, file=sys.stderr)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "raised"), [("kept", "TypeError True"), ("left out", "RuntimeError False")])
def test_without_the_check_node_still_refuses_a_value_of_another_type(mode: str, raised: str) -> None:
    assert raised in errors_of(SCRIPT, mode)
