"""A copy of a module for a service that must see some of its names replaced, while all others keep the original."""

import types
from typing import Any


def module_copy(module: types.ModuleType, **replaced: Any) -> types.ModuleType:
    """Returns a module with the names of `module`, of which some are replaced."""
    copy = types.ModuleType(module.__name__)
    copy.__dict__.update(vars(module), **replaced)
    return copy
