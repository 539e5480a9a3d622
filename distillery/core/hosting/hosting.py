"""What both hosting modes share: exact names, describe-else-create, and a repeatable delete."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from distillery.core.aws import ClientError, code
from distillery.core.errors import EndpointChanging, EndpointFailed, QuotaTooSmall
from distillery.core.hosting_mode import HostingMode
from distillery.core.pipeline import Endpoint, EndpointStatus
from distillery.core.recipe import Recipe
from distillery.core.recipe_options import CommitmentTerm

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient


class State(StrEnum):
    """The state of an endpoint.

    CREATING: it cannot be called yet. UPDATING, UPDATE_FAILED: it serves the old model. FAILED: it cannot be called.
    """

    CREATING = "creating"
    SERVING = "serving"
    UPDATING = "updating"
    UPDATE_FAILED = "update failed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosted:
    """An endpoint as the service describes it.

    `model_arn`: the model that it serves; `wanted_arn`: the model that it serves after its update (the same without
    one).
    """

    endpoint: Endpoint
    model_arn: str
    wanted_arn: str
    state: State
    failure: str = ""

    @property
    def status(self) -> EndpointStatus:
        """Whether it serves the wanted model. Raises EndpointFailed where it never will."""
        if self.state in (State.FAILED, State.UPDATE_FAILED):
            raise EndpointFailed(
                f"endpoint {self.endpoint.name!r} ({self.endpoint.mode}) is in state '{self.state}' with model "
                f"{self.wanted_arn}: {self.failure or 'the service gave no reason'}; "
                "check the model's state and the account's quotas, then run again"
            )
        return EndpointStatus.READY if self.state is State.SERVING else EndpointStatus.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRequest:
    """What a creation asks for, in both modes.

    Attributes:
        tags: Those of the endpoint and of its recipe, as the API takes them.
        token: `clientRequestToken` of the API.
        commitment: The term of Provisioned Throughput; a deployment has none.
    """

    name: str
    model_arn: str
    tags: Any
    token: str
    recipe: Recipe
    commitment: CommitmentTerm | None


NOT_FOUND = "ResourceNotFoundException"
DENIED = "AccessDeniedException"
BUSY = "ConflictException"
INVALID = "ValidationException"
NO_SUCH_API = "UnknownOperationException"


class Hosting(ABC):
    """A hosting mode in one Region. Subclasses implement the API calls and map the service's states."""

    mode: ClassVar[HostingMode]

    def __init__(self, bedrock: "BedrockClient") -> None:
        self._bedrock = bedrock

    def find(self, name: str) -> Hosted | None:
        """The endpoint with exactly that name, or None."""
        try:
            return self._get(name)
        except ClientError as error:
            if code(error) == NOT_FOUND:
                return None
            raise

    def create(
        self,
        *,
        name: str,
        model_arn: str,
        tags: Mapping[str, str],
        token: str,
        recipe: Recipe,
        commitment: CommitmentTerm | None = None,
    ) -> Endpoint:
        """Returns the endpoint of that name. Creates it if it does not exist.

        Neither create call declares ConflictException, and a retry without our own token could create, and bill, a
        second endpoint. Hence the token, and a lookup by name after an error or a lost response.

        Args:
            name: Exact name of the endpoint.
            model_arn: ARN of the custom model to host.
            tags: Tags of the endpoint, besides the recipe's own. They take precedence.
            token: Idempotency token, `clientRequestToken` of the API.
            recipe: The recipe, which has the model units and further tags.
            commitment: The term of Provisioned Throughput, for a live endpoint alone; None without commitment.

        Raises:
            QuotaTooSmall: The account may not host another endpoint.
        """
        if existing := self.find(name):
            return existing.endpoint
        pairs = [{"key": key, "value": value} for key, value in sorted({**recipe.tags, **tags}.items())]
        wanted = EndpointRequest(
            name=name, model_arn=model_arn, tags=pairs, token=token, recipe=recipe, commitment=commitment
        )
        try:
            return self._create(wanted)
        except Exception as error:  # a time-out too: the endpoint may exist although the response was lost
            if found := next((endpoint for endpoint in self.named(name) if endpoint.name == name), None):
                return found
            raise _explained(error, name, self.mode) from error

    def status(self, name: str) -> EndpointStatus:
        """The status of the endpoint. Raises EndpointFailed where it failed or is gone."""
        found = self.find(name)
        if found is None:
            raise EndpointFailed(
                f"endpoint {name!r} ({self.mode}) does not exist; somebody deleted it. Evaluate the run again "
                "(distillery evaluate)"
            )
        return found.status

    def repoint(self, endpoint: Endpoint, model_arn: str) -> None:
        """Starts an update to another model of the same base. The old model is served until it is done.

        Raises EndpointChanging where the endpoint is already changing. Neither update call declares ConflictException,
        so the endpoint is described after an error.
        """
        try:
            self._update(endpoint, model_arn)
        except ClientError as error:
            found = self.find(endpoint.name)
            if found and found.state in (State.CREATING, State.UPDATING):
                raise EndpointChanging(
                    f"endpoint {endpoint.name!r} is already {found.state}; its update is retried"
                ) from error
            raise

    def delete(self, name: str) -> bool:
        """Deletes the endpoint; False where there is none. Raises EndpointChanging while it is created or updated.

        It is looked up first: IAM, not the service, refuses the deletion of an endpoint that does not exist, because it
        has no tags.
        """
        if self.find(name) is None:
            return False
        try:
            self._delete(name)
        except ClientError as error:
            if code(error) == NOT_FOUND or (code(error) == DENIED and self.find(name) is None):
                return False  # deleted meanwhile
            if code(error) == BUSY or (code(error) == INVALID and self._was_changing(name)):
                raise EndpointChanging(
                    f"endpoint {name!r} is being created or updated; its deletion is retried"
                ) from error
            raise
        return True

    def _was_changing(self, name: str) -> bool:
        """Whether the service called the deletion of a deployment invalid because it creates or updates it ("is in a
        mutating state": seen on AWS by cloud-custodian). The change may be over by now, so what can be called counts
        too: another try shows any other reason, until the attempts are used up."""
        found = self.find(name)
        return found is not None and found.state is not State.FAILED

    def named(self, part: str) -> list[Endpoint]:
        """Every endpoint whose name contains `part`; empty where the service does not have this hosting mode yet."""
        try:
            return list(self._list(part))
        except ClientError as error:
            if code(error) == NO_SUCH_API:
                return []
            raise

    def tags(self, endpoint: Endpoint) -> dict[str, str]:
        answer = self._bedrock.list_tags_for_resource(resourceARN=endpoint.arn)
        return {tag["key"]: tag["value"] for tag in answer.get("tags", [])}

    def tag(self, endpoint: Endpoint, tags: Mapping[str, str]) -> None:
        """Adds tags; existing ones are overwritten."""
        pairs = [{"key": key, "value": value} for key, value in tags.items()]
        self._bedrock.tag_resource(resourceARN=endpoint.arn, tags=pairs)  # type: ignore[arg-type]  # plain dicts

    def _endpoint(self, arn: str, name: str) -> Endpoint:
        return Endpoint(arn=arn, name=name, mode=self.mode)

    @abstractmethod
    def _get(self, name: str) -> Hosted: ...

    @abstractmethod
    def _create(self, wanted: EndpointRequest) -> Endpoint: ...

    @abstractmethod
    def _update(self, endpoint: Endpoint, model_arn: str) -> object: ...

    @abstractmethod
    def _delete(self, name: str) -> object: ...

    @abstractmethod
    def _list(self, part: str) -> Iterator[Endpoint]: ...


def _explained(error: Exception, name: str, mode: HostingMode) -> Exception:
    if isinstance(error, ClientError) and code(error) == "ServiceQuotaExceededException":
        return QuotaTooSmall(
            f"the account may not host endpoint {name!r} ({mode}): {error}; ask for a higher quota in Service Quotas "
            "(model units start at zero), then run again"
        )
    return error
