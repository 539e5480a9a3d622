"""The error codes that the client compares exist in botocore's service models, and it knows every code of Converse."""

import botocore.session
import pytest
from botocore.exceptions import ClientError

from distillery.client import Account, NotDeployed, NotReached
from distillery.client.aws import LATE_CODES, TRANSIENT_CODES, FailureKind, classify
from tests.fakes.errors import service_error

MODELS = botocore.session.get_session()
PERMANENT = {"AccessDeniedException", "ResourceNotFoundException", "ValidationException"}


def _codes(service: str, operation: str) -> set[str]:
    return {shape.name for shape in MODELS.get_service_model(service).operation_model(operation).error_shapes}


def test_a_missing_parameter_has_the_code_that_the_client_compares() -> None:
    assert "ParameterNotFound" in _codes("ssm", "GetParameter")


@pytest.mark.parametrize("operation", ["Converse", "ConverseStream"])
def test_every_error_of_converse_is_classified(operation: str) -> None:
    known = LATE_CODES | TRANSIENT_CODES | PERMANENT
    assert _codes("bedrock-runtime", operation) <= known


@pytest.mark.parametrize("code", sorted(TRANSIENT_CODES | LATE_CODES))
def test_a_code_is_classified_without_its_http_status(code: str) -> None:
    kind = FailureKind.LATE if code in LATE_CODES else FailureKind.TRANSIENT
    assert classify(service_error(code)).kind is kind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (service_error("ParameterNotFound"), NotDeployed),
        (service_error("AccessDeniedException", message="no ParameterNotFound here"), NotReached),
    ],
)
def test_only_the_code_of_an_error_says_that_an_environment_is_not_deployed(
    error: ClientError, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ssm:
        def get_parameter(self, **_: object) -> None:
            raise error

    monkeypatch.setattr(Account, "aws_client", lambda *_: Ssm())
    with pytest.raises(kind):
        assert Account("dev", "us-east-1").pipeline
