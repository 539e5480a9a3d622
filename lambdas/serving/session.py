"""The session that routes are called with: what its clients raise quotes no prompt (`distillery.core.aws`)."""

from typing import Any

from distillery.core.aws import session


class Session:
    """As boto3's, to the client library, which makes clients for each route: here they are the same for all."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str, float, float], Any] = {}

    @property
    def region_name(self) -> str | None:
        return session().region_name

    def client(self, service: str, *, region_name: str, config: Any) -> Any:
        key = (service, region_name, config.connect_timeout, config.read_timeout)
        if key not in self._made:
            self._made[key] = session().client(service, region_name=region_name, config=config)  # type: ignore[call-overload]  # by name
        return self._made[key]
