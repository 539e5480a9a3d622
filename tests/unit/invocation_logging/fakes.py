"""Fakes of an account's logging configuration and parameters, with the operations that the function calls."""

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from distillery.core.names import LOGGING_OWNER
from tests.fakes.errors import service_error


@dataclass
class FakeLogging:
    """current: the configuration. refuse: error code of the next Put."""

    current: dict[str, Any] | None = None
    refuse: str = ""
    meta: Any = field(default_factory=lambda: SimpleNamespace(region_name="us-east-2"))

    def get_model_invocation_logging_configuration(self) -> dict[str, Any]:
        return {"loggingConfig": self.current} if self.current else {}

    def put_model_invocation_logging_configuration(self, *, loggingConfig: dict[str, Any]) -> None:  # noqa: N803 the API's name
        if self.refuse:
            raise service_error(self.refuse)
        self.current = dict(loggingConfig)

    def delete_model_invocation_logging_configuration(self) -> None:
        self.current = None


@dataclass
class FakeParameters:
    """between: a value that another principal writes between our read and our write."""

    values: dict[str, str] = field(default_factory=dict)
    between: dict[str, Any] | None = None

    def get_parameter(self, *, Name: str) -> dict[str, Any]:  # noqa: N803 the API's name
        if Name not in self.values:
            raise service_error("ParameterNotFound")
        return {"Parameter": {"Value": self.values[Name]}}

    def put_parameter(self, **p: Any) -> None:
        if self.between is not None:
            self.values[LOGGING_OWNER], self.between = json.dumps(self.between), None
        if not p["Overwrite"] and p["Name"] in self.values:
            raise service_error("ParameterAlreadyExists")
        self.values[p["Name"]] = p["Value"]

    def delete_parameter(self, *, Name: str) -> None:  # noqa: N803 the API's name
        if self.values.pop(Name, None) is None:
            raise service_error("ParameterNotFound")

    @property
    def owner(self) -> dict[str, Any] | None:
        return json.loads(self.values[LOGGING_OWNER]) if LOGGING_OWNER in self.values else None
