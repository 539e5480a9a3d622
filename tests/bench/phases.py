"""The phases of one synth as JSON: `python -m tests.bench.phases ours|empty rules|no-rules`.

It does what `app.py` does and times each step.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import date


def phases(kind: str, *, rules: bool) -> dict[str, float]:
    """Returns seconds by phase. `kind` is ours or empty."""
    took: dict[str, float] = {}
    began = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal began
        now = time.perf_counter()
        took[name], began = now - began, now

    import aws_cdk  # noqa: F401 # the import is what is measured

    lap("import of the CDK, start of Node")
    synth = _ours(lap, rules=rules) if kind == "ours" else _empty(lap)
    synth()
    lap("synth")
    return took


def _ours(lap: Callable[[str], None], *, rules: bool) -> Callable[[], object]:
    from infra.template_validation import load_template_validation

    validation = load_template_validation()
    lap("engine of the validation, imports of services and settings")
    import cdk_nag  # noqa: F401 # the import is what is measured

    lap("import of the rules")
    import app as ours

    lap("import of the stacks")
    from aws_cdk import App, Validations

    from distillery.settings import load

    settings = load("dev", on=date(2026, 11, 23))
    made = App(analytics_reporting=False, auto_synth=False)
    if validation:
        Validations.of(made).add_plugins(validation)
    lap("settings, App()")
    if not rules:
        Validations.add_plugins = lambda *_: None  # type: ignore[method-assign]  # a synth that leaves the rules out
    ours.build(made, settings)
    lap("constructs")
    return made.synth


def _empty(lap: Callable[[str], None]) -> Callable[[], object]:
    from aws_cdk import App, CfnWaitConditionHandle, Stack

    made = App(analytics_reporting=False, auto_synth=False)
    lap("settings, App()")
    CfnWaitConditionHandle(Stack(made, "empty"), "Nothing")
    lap("constructs")
    return made.synth


if __name__ == "__main__":
    print(json.dumps(phases(sys.argv[1], rules=sys.argv[2] == "rules")))
