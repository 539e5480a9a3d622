"""How many cases tests with large input spaces take: a part in the gate, all with HYPOTHESIS_PROFILE=thorough."""

import os

from hypothesis import HealthCheck, settings

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
"""Whether tests run all cases, new ones each time. `make thorough` does, every night."""
_SHARE = 5
_FEWEST = 10


def cases(whole: int) -> int:
    """Returns how many of the cases run: all, or a fifth of them in the gate, but not fewer than ten."""
    return whole if THOROUGH else min(whole, max(_FEWEST, whole // _SHARE))


def load_profile() -> None:
    """Loads the profile for Hypothesis. Real time decides nothing: on a busy machine an example may take any time."""
    untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("thorough", untimed)
    settings.register_profile("gate", untimed, max_examples=cases(100), derandomize=True)
    settings.load_profile("thorough" if THOROUGH else "gate")
