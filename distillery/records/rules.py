"""Which records an environment admits, as its deployment configures it: the settings' table [promotion].

A file of a layer, because the public keys may need more room than a function's environment variables have.
"""

import json
from dataclasses import dataclass

from distillery.core import env_vars
from distillery.core.serialization import from_wire, to_wire

FILE = "admission.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionRules:
    """What is admitted.

    Attributes:
        through: The environments that a student passes before, the first one first.
        public_keys: Those of the last of these environments, in PEM.
        admits_overruled: Whether a student that did not pass may come if a person accepted it, with a reason.
        valid_days: How many days ago a record may have been issued, whatever it says itself; None for any number.
        copy_from: The accounts whose models may be copied.
    """

    through: tuple[str, ...]
    public_keys: tuple[str, ...]
    admits_overruled: bool
    valid_days: int | None = None
    copy_from: tuple[str, ...] = ()


def dump(rules: AdmissionRules) -> str:
    """The text of `FILE`."""
    return json.dumps(to_wire(rules), sort_keys=True, indent=1) + "\n"


def load() -> AdmissionRules:
    """The rules of the layer. Raises Misconfigured without one."""
    return from_wire(AdmissionRules, env_vars.read_settings(FILE))
