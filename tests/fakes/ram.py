"""A fake of AWS RAM: the shares of one account."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.errors import service_error


@dataclass
class FakeRam:
    """shares: by ARN, with the request. refuse: the error code of a creation. asked: how many creations there were."""

    shares: dict[str, dict[str, Any]] = field(default_factory=dict)
    refuse: str = ""
    asked: int = 0

    def create_resource_share(self, **request: Any) -> dict[str, Any]:
        if self.refuse:
            raise service_error(self.refuse)
        assert request["allowExternalPrincipals"] is False
        for arn, share in self.shares.items():
            if share["clientToken"] == request["clientToken"]:  # the same request again
                return {"resourceShare": {"resourceShareArn": arn, "name": request["name"]}}
        self.asked += 1
        arn = f"arn:aws:ram:us-west-2:111111111111:resource-share/{self.asked}"
        self.shares[arn] = {**request, "resourceShareArn": arn}
        return {"resourceShare": {"resourceShareArn": arn, "name": request["name"]}}

    def delete_resource_share(self, *, resourceShareArn: str) -> dict[str, Any]:  # noqa: N803 the API's name
        if self.shares.pop(resourceShareArn, None) is None:
            raise service_error("UnknownResourceException")
        return {"returnValue": True}

    def get_paginator(self, operation: str) -> Any:
        assert operation == "get_resource_shares"
        return type("Pages", (), {"paginate": staticmethod(self._pages)})

    def _pages(self, **asked: Any) -> Iterator[dict[str, Any]]:
        assert (asked["resourceOwner"], asked["resourceShareStatus"]) == ("SELF", "ACTIVE")
        (wanted,) = asked["tagFilters"]
        yield {
            "resourceShares": [
                share
                for share in self.shares.values()
                if asked.get("name", share["name"]) == share["name"]
                and any(tag["key"] == wanted["tagKey"] and tag["value"] in wanted["tagValues"] for tag in share["tags"])
            ]
        }
