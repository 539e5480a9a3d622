"""The environment that owns the logging configuration, recorded once for the account and Region.

    /distillery/logging-owner = {"environment": "prod", "stack": "arn:…", "bucket": "…", "previous": null | {…}}

The parameter is created by a write that fails if it exists, so only one of two environments gets it. `previous` is the
configuration of others, which is restored later.
"""

import json
from typing import TYPE_CHECKING, Any

from distillery.core.aws import ClientError, code
from distillery.core.errors import LoggingOwned
from distillery.core.names import LOGGING_OWNER
from distillery.core.parameters import delete_parameter, read_parameter
from lambdas.invocation_logging.configuration import Configuration, Logging, bucket_of, describe

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


class Ownership:
    def __init__(self, environment: str, configuration: Configuration, ssm: "SSMClient") -> None:
        self._environment, self._configuration, self._ssm = environment, configuration, ssm

    def claim(self, wanted: Logging, *, stack: str, replace: bool) -> None:
        """Makes `wanted` the configuration. Raises LoggingOwned with the owner, and then changes nothing."""
        record = self._record()
        if record is None:
            record = {"environment": self._environment, "stack": stack, "previous": self._previous(replace)}
            self._write(record | {"bucket": bucket_of(wanted)}, new=True)
            try:
                self._configuration.write(wanted)
            except ClientError:
                self._forget()
                raise
            return
        self._check(record)
        self._configuration.write(wanted)
        self._write(record | {"bucket": bucket_of(wanted), "stack": stack}, new=False)

    def restore(self) -> None:
        """Restores the previous configuration, unless it was changed meanwhile or belongs to another environment."""
        record = self._record()
        if record is None or record["environment"] != self._environment:
            return
        current = self._configuration.read()
        if current is not None and bucket_of(current) == record["bucket"]:
            if record["previous"] is None:
                self._configuration.delete()
            else:
                self._configuration.write(record["previous"])
        self._forget()

    def _previous(self, replace: bool) -> Logging | None:
        """The existing configuration, which Distillery did not make. Raises LoggingOwned if it may not be replaced."""
        current = self._configuration.read()
        if current is None:
            return None
        where = f"invocation logging in {self._configuration.region} delivers to {describe(current)} already"
        if not replace:
            raise LoggingOwned(
                f"{where}, and Distillery did not configure that; delete that configuration, or set replace = true "
                "under [logging] to replace it until this environment is deleted"
            )
        if "cloudWatchConfig" in current:
            raise LoggingOwned(
                f"{where}, and Distillery cannot restore a log group later, because its function has no iam:PassRole "
                "permission for the group's role; delete the configuration by hand first"
            )
        return current

    def _check(self, record: dict[str, Any]) -> None:
        if record["environment"] != self._environment:
            raise LoggingOwned(
                f"environment {record['environment']!r} owns the invocation logging of this account in "
                f"{self._configuration.region} (stack {record['stack']}), and there is one per account and Region; "
                "remove [logging] from one of the two environments"
            )

    def _record(self) -> dict[str, Any] | None:
        text = read_parameter(self._ssm, LOGGING_OWNER)
        return None if text is None else dict(json.loads(text))

    def _write(self, record: dict[str, Any], *, new: bool) -> None:
        try:
            self._ssm.put_parameter(
                Name=LOGGING_OWNER,
                Value=json.dumps(record),
                Type="String",
                Overwrite=not new,
                Description="Which environment owns the invocation logging of this account and Region",
            )
        except ClientError as error:
            if code(error) != "ParameterAlreadyExists":
                raise
            self._check(self._record() or record)  # another environment created it first

    def _forget(self) -> None:
        delete_parameter(self._ssm, LOGGING_OWNER)
