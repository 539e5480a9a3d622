"""An endpoint as the service describes it, in one vocabulary for both hosting modes."""

from dataclasses import dataclass
from enum import StrEnum

from distillery.core.errors import EndpointFailed
from distillery.core.pipeline import Endpoint, EndpointStatus


class State(StrEnum):
    """CREATING: answers nobody yet. UPDATING and UPDATE_FAILED: still serves the old model. FAILED: serves nobody."""

    CREATING = "creating"
    SERVING = "serving"
    UPDATING = "updating"
    UPDATE_FAILED = "update failed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosted:
    """model_arn: what it serves now; wanted_arn: what it serves once its update is done (the same, without one)."""

    endpoint: Endpoint
    model_arn: str
    wanted_arn: str
    state: State
    failure: str = ""

    @property
    def status(self) -> EndpointStatus:
        """Whether it may be called with the model that was wanted. Raises EndpointFailed where it never will."""
        if self.state in (State.FAILED, State.UPDATE_FAILED):
            raise EndpointFailed(
                f"endpoint {self.endpoint.name!r} ({self.endpoint.mode}) is in state {self.state!r} with model "
                f"{self.wanted_arn}: {self.failure or 'the service gave no reason'}; "
                "see that the model is active and the account's quotas suffice, then run again"
            )
        return EndpointStatus.READY if self.state is State.SERVING else EndpointStatus.PENDING
