"""Validates values against botocore's shapes, including the constraints that botocore does not check.

botocore checks types, required members and unions, but neither patterns, enums nor maximum lengths; the service does.
Messages have the service's form ("N validation errors detected: Value … at …").
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from botocore.validate import ParamValidator

_VALIDATOR = ParamValidator()
BEYOND_ENUM = {"EvaluationTaskType": frozenset({"General"})}
"""What the service takes although its model does not list it: AWS's own samples send it for every judge's job."""
OPTIONAL = {"GetModelCustomizationJob": ("validationDataConfig",)}
"""What a response leaves out although its shape requires it, by operation. The acceptance tests of Terraform's AWS
provider, which run on AWS, import a job without a validation set and find no `validation_data_config` in it."""


@lru_cache(maxsize=512)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def problems(value: Any, shape: Any) -> list[str]:
    """Returns all violations of the shape, or those of type alone if there are any; empty if the value fits."""
    report = _VALIDATOR.validate(value, shape)
    if report.has_errors():
        return [line for line in str(report.generate_report()).splitlines() if line]
    return list(_violations(value, shape, ""))


def _violations(value: Any, shape: Any, path: str) -> Iterator[str]:
    if getattr(shape, "is_document_type", False):
        return
    kind = shape.type_name
    if kind == "structure":
        for name, member in value.items():
            if name in shape.members:
                yield from _violations(member, shape.members[name], f"{path}.{name}" if path else name)
    elif kind == "list":
        yield from _size(value, shape, path)
        for index, item in enumerate(value, start=1):
            yield from _violations(item, shape.member, f"{path}.{index}.member")
    elif kind == "map":
        yield from _size(value, shape, path)
        for key, item in value.items():
            yield from _violations(key, shape.key, f"{path}.{key}")
            yield from _violations(item, shape.value, f"{path}.{key}")
    elif kind == "blob":
        yield from _size(value, shape, path)
    elif kind == "string":
        yield from _string(value, shape, path)
    elif kind in ("integer", "long", "float", "double"):
        yield from _number(value, shape, path)


def _failed(value: Any, path: str, constraint: str) -> str:
    display = f"{len(value)} bytes" if isinstance(value, bytes) else value
    return f"Value '{display}' at '{path}' failed to satisfy constraint: Member must {constraint}"


def _size(value: Any, shape: Any, path: str) -> Iterator[str]:
    minimum, maximum = shape.metadata.get("min"), shape.metadata.get("max")
    if minimum is not None and len(value) < minimum:
        yield _failed(value, path, f"have length greater than or equal to {minimum}")
    if maximum is not None and len(value) > maximum:
        yield _failed(value, path, f"have length less than or equal to {maximum}")


def _string(value: str, shape: Any, path: str) -> Iterator[str]:
    sized = list(_size(value, shape, path))
    yield from sized
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed and value not in BEYOND_ENUM.get(shape.name, ()):
        yield _failed(value, path, f"satisfy enum value set: [{', '.join(allowed)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not sized and not _pattern(pattern).fullmatch(value):
        yield _failed(value, path, f"satisfy regular expression pattern: {pattern}")


def _number(value: float, shape: Any, path: str) -> Iterator[str]:
    if isinstance(value, bool):  # bool is an int in Python, and in botocore
        yield _failed(value, path, f"be of type {shape.type_name}")
    minimum, maximum = shape.metadata.get("min"), shape.metadata.get("max")
    if minimum is not None and value < minimum:
        yield _failed(value, path, f"have value greater than or equal to {minimum}")
    if maximum is not None and value > maximum:
        yield _failed(value, path, f"have value less than or equal to {maximum}")
