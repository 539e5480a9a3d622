"""What a deployment tells its functions in files: a layer (infra/constructs/layers.py), read where Python finds it.

Of environment variables Lambda takes 4 KB in all.
"""

import importlib.resources
import json
from typing import Any

from distillery.core.errors import Misconfigured

PACKAGE = "distillery_settings"
FOLDER = f"/opt/python/{PACKAGE}"
"""/opt/python is on Lambda's path."""


def read(name: str) -> dict[str, Any]:
    """The object in a file of the layer. Raises Misconfigured where the function was deployed without it."""
    try:
        text = (importlib.resources.files(PACKAGE) / name).read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise Misconfigured("the function was deployed without its settings layer; deploy its stack again") from error
    return dict(json.loads(text))
