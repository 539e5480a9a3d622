"""One interface for both hosting modes, whatever partial successes the service leaves."""

from typing import Any

import pytest

from distillery.core.aws import ClientError
from distillery.core.errors import EndpointChanging, EndpointFailed, QuotaTooSmall, Unfinished
from distillery.core.hosting import Hosting, State, hosting_by_mode
from distillery.core.hosting_mode import HostingMode
from distillery.core.pipeline import Endpoint, EndpointStatus
from tests.fakes.bedrock import FakeBedrock
from tests.fakes.errors import service_error
from tests.fakes.pipeline import provisioned, recipe, student

MODES = list(HostingMode)
OPERATIONS = {
    HostingMode.ON_DEMAND: "custom_model_deployment",
    HostingMode.PROVISIONED: "provisioned_model_throughput",
}


def hosting(bedrock: FakeBedrock, mode: HostingMode) -> Hosting:
    fake: Any = bedrock
    return hosting_by_mode(fake)[mode]


def create(host: Hosting, name: str = "dev-x-candidate") -> Endpoint:
    settings = (
        provisioned(tags={"team": "care"}) if host.mode is HostingMode.PROVISIONED else recipe(tags={"team": "care"})
    )
    return host.create(
        name=name, model_arn=student().model_arn, tags={"distillery:run": "x"}, token="t", recipe=settings
    )


@pytest.mark.parametrize("mode", MODES)
def test_creating_twice_makes_one_endpoint_with_all_tags(mode: HostingMode) -> None:
    bedrock = FakeBedrock()
    host = hosting(bedrock, mode)
    assert create(host) == create(host)
    (made,) = bedrock.everything().values()
    assert made.tags == {"team": "care", "distillery:run": "x"}
    assert made.units == (2 if mode is HostingMode.PROVISIONED else 0)
    assert bedrock.calls.count(f"create_{OPERATIONS[mode]}") == 1


@pytest.mark.parametrize("mode", MODES)
def test_a_lost_answer_is_found_by_its_exact_name(mode: HostingMode) -> None:
    bedrock = FakeBedrock(lose={f"create_{OPERATIONS[mode]}"})
    host = hosting(bedrock, mode)
    create(host, "dev-x-candidate-2")  # its response is lost too; its name contains the other's
    bedrock.lose = {f"create_{OPERATIONS[mode]}"}
    assert create(host, "dev-x-candidate").name == "dev-x-candidate"
    assert len(bedrock.everything()) == 2


@pytest.mark.parametrize("mode", MODES)
def test_a_refusal_without_an_endpoint_is_passed_on(mode: HostingMode) -> None:
    bedrock = FakeBedrock(refuse={f"create_{OPERATIONS[mode]}": "AccessDeniedException"})
    with pytest.raises(ClientError, match="AccessDenied"):
        create(hosting(bedrock, mode))


@pytest.mark.parametrize("mode", MODES)
def test_a_quota_of_zero_says_where_to_raise_it(mode: HostingMode) -> None:
    bedrock = FakeBedrock(refuse={f"create_{OPERATIONS[mode]}": "ServiceQuotaExceededException"})
    with pytest.raises(QuotaTooSmall, match="Service Quotas"):
        create(hosting(bedrock, mode))


DESCRIBED = [
    (HostingMode.ON_DEMAND, {"status": "Creating"}, State.CREATING),
    (HostingMode.ON_DEMAND, {"status": "Active"}, State.SERVING),
    (HostingMode.ON_DEMAND, {"status": "Active", "update": "Updating", "wanted": "new"}, State.UPDATING),
    (HostingMode.ON_DEMAND, {"status": "Active", "update": "UpdateCompleted"}, State.SERVING),
    (HostingMode.ON_DEMAND, {"status": "Active", "update": "UpdateFailed", "wanted": "new"}, State.UPDATE_FAILED),
    (HostingMode.ON_DEMAND, {"status": "Failed"}, State.FAILED),
    (HostingMode.PROVISIONED, {"status": "Creating"}, State.CREATING),
    (HostingMode.PROVISIONED, {"status": "InService"}, State.SERVING),
    (HostingMode.PROVISIONED, {"status": "Updating", "wanted": "new"}, State.UPDATING),
    (HostingMode.PROVISIONED, {"status": "InService", "wanted": "new"}, State.UPDATING),
    (HostingMode.PROVISIONED, {"status": "Failed"}, State.FAILED),
    (HostingMode.PROVISIONED, {"status": "Failed", "wanted": "new"}, State.UPDATE_FAILED),
]


@pytest.mark.parametrize(("mode", "described", "state"), DESCRIBED)
def test_the_services_words_become_ours(mode: HostingMode, described: dict[str, str], state: State) -> None:
    bedrock = FakeBedrock()
    host = hosting(bedrock, mode)
    name = create(host).name
    for word, value in described.items():
        setattr(bedrock.everything()[name], word, value)
    found = host.find(name)
    assert found is not None
    assert found.state is state
    assert found.wanted_arn == described.get("wanted", student().model_arn)
    if state in (State.FAILED, State.UPDATE_FAILED):
        with pytest.raises(EndpointFailed, match=name):
            host.status(name)
    else:
        assert host.status(name) is (EndpointStatus.READY if state is State.SERVING else EndpointStatus.PENDING)


@pytest.mark.parametrize("mode", MODES)
def test_an_endpoint_that_is_gone_has_failed(mode: HostingMode) -> None:
    with pytest.raises(EndpointFailed, match="does not exist"):
        hosting(FakeBedrock(), mode).status("dev-x-candidate")


@pytest.mark.parametrize("mode", MODES)
def test_deleting_may_be_repeated(mode: HostingMode) -> None:
    bedrock = FakeBedrock()
    host = hosting(bedrock, mode)
    name = create(host).name
    bedrock.settle()
    assert [host.delete(name), host.delete(name)] == [True, False]


@pytest.mark.parametrize("mode", MODES)
def test_a_conflict_on_delete_is_tried_again(mode: HostingMode) -> None:
    bedrock = FakeBedrock(refuse={f"delete_{OPERATIONS[mode]}": "ConflictException"})
    host = hosting(bedrock, mode)
    name = create(host).name
    with pytest.raises(Unfinished):
        host.delete(name)


def test_a_deployment_that_is_ready_by_the_time_of_the_look_is_deleted_by_the_next_try() -> None:
    bedrock = FakeBedrock()
    host = hosting(bedrock, HostingMode.ON_DEMAND)
    name = create(host).name

    def refuse(**_named: str) -> None:
        bedrock.settle()
        raise service_error("ValidationException")

    setattr(bedrock, f"delete_{OPERATIONS[HostingMode.ON_DEMAND]}", refuse)
    with pytest.raises(EndpointChanging):
        host.delete(name)


@pytest.mark.parametrize("mode", MODES)
def test_what_is_not_there_is_not_asked_to_be_deleted_since_iam_knows_no_tags_of_it(mode: HostingMode) -> None:
    bedrock = FakeBedrock(refuse={f"delete_{OPERATIONS[mode]}": "AccessDeniedException"})
    assert hosting(bedrock, mode).delete("dev-x-candidate") is False
    assert f"delete_{OPERATIONS[mode]}" not in bedrock.calls


@pytest.mark.parametrize("mode", MODES)
def test_what_goes_between_the_look_and_the_delete_is_gone(mode: HostingMode) -> None:
    bedrock = FakeBedrock()
    host = hosting(bedrock, mode)
    name = create(host).name
    among = bedrock.deployments if mode is HostingMode.ON_DEMAND else bedrock.throughputs

    def refuse(**_named: str) -> None:
        among.clear()
        raise service_error("AccessDeniedException")

    setattr(bedrock, f"delete_{OPERATIONS[mode]}", refuse)
    assert host.delete(name) is False


@pytest.mark.parametrize("mode", MODES)
def test_an_endpoint_of_another_environment_is_not_called_gone(mode: HostingMode) -> None:
    bedrock = FakeBedrock(refuse={f"delete_{OPERATIONS[mode]}": "AccessDeniedException"})
    host = hosting(bedrock, mode)
    name = create(host).name
    with pytest.raises(ClientError, match="AccessDenied"):
        host.delete(name)


def test_the_deletion_of_an_endpoint_that_is_changing_is_tried_again() -> None:
    bedrock = FakeBedrock()
    host = hosting(bedrock, HostingMode.ON_DEMAND)
    endpoint = create(host)
    with pytest.raises(Unfinished, match="being created or updated"):
        host.delete(endpoint.name)
    bedrock.settle()
    host.repoint(endpoint, "model-b")
    with pytest.raises(Unfinished, match="being created or updated"):
        host.delete(endpoint.name)
    bedrock.settle()
    assert host.delete(endpoint.name)


def test_an_update_of_an_endpoint_that_is_changing_is_tried_again() -> None:
    bedrock = FakeBedrock()
    host = hosting(bedrock, HostingMode.ON_DEMAND)
    endpoint = create(host)
    bedrock.settle()
    host.repoint(endpoint, "model-b")
    with pytest.raises(Unfinished, match="updating"):
        host.repoint(endpoint, "model-c")


def test_an_update_that_is_refused_for_another_reason_is_passed_on() -> None:
    bedrock = FakeBedrock(refuse={"update_custom_model_deployment": "ValidationException"})
    host = hosting(bedrock, HostingMode.ON_DEMAND)
    endpoint = create(host)
    bedrock.settle()
    with pytest.raises(ClientError):
        host.repoint(endpoint, "model-b")


def test_a_hosting_mode_that_is_not_offered_yet_has_no_endpoints() -> None:
    bedrock = FakeBedrock(refuse={"list_custom_model_deployments": "UnknownOperationException"})
    assert hosting(bedrock, HostingMode.ON_DEMAND).named("dev-") == []
