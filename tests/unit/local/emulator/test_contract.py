"""The attributes of ministack that our patches replace or call still exist and have the same signatures."""

import importlib
import inspect
from importlib.metadata import version

import ministack.app as app
import pytest
from ministack.core.router import detect_service
from ministack.services.cloudformation import provisioners

from local.emulator import patches
from local.emulator.hooks import lambdas, service_quotas
from tests.unit.local.emulator.attributes import CALLED, VALUES

# The request handler must look these up at each call, or replacing them would have no effect.
LOOKED_UP = (
    *("extract_iam_action", "extract_resource_arn", "enforce", "access_denied_response"),
    "request_tag_context",
)


def _resolve(path: str) -> object:
    module, *rest = path.split(".Worker.") if ".Worker." in path else path.rsplit(".", 1)
    found: object = importlib.import_module(module)
    for name in ["Worker", *rest] if ".Worker." in path else rest:
        found = getattr(found, name)
    return found


def test_ministack_is_the_version_the_hooks_were_written_for() -> None:
    assert version("ministack") == patches.MINISTACK


@pytest.mark.parametrize(("path", "signature"), CALLED.items())
def test_what_a_hook_replaces_still_has_its_signature(path: str, signature: str) -> None:
    assert str(inspect.signature(_resolve(path))).startswith(signature)  # type: ignore[arg-type]  # all are callable


@pytest.mark.parametrize("path", sorted(VALUES))
def test_what_a_hook_reads_or_sets_still_exists(path: str) -> None:
    assert _resolve(path) is not None


def test_the_request_handler_looks_up_what_we_replace() -> None:
    source = inspect.getsource(app._dispatch_service_request)
    imports = source[: source.index("pin_request_caller(")]
    assert [name for name in LOOKED_UP if name not in imports] == []


def test_the_worker_reports_errors_where_we_add_their_class() -> None:
    assert lambdas.WITH_TYPE in lambdas.worker_script()


def test_the_types_that_we_add_are_still_missing() -> None:
    ours = {"AWS::Athena::NamedQuery", "AWS::Bedrock::ApplicationInferenceProfile", "AWS::Budgets::Budget"}
    assert ours.isdisjoint(provisioners._RESOURCE_HANDLERS)


def test_service_quotas_is_still_missing_and_still_routed_by_its_own_name() -> None:
    assert service_quotas.SERVICE not in app.SERVICE_REGISTRY
    signed = {"authorization": "AWS4-HMAC-SHA256 Credential=1/20251201/us-east-1/servicequotas/aws4_request"}
    assert detect_service("POST", "/", signed, {}) == service_quotas.SERVICE
