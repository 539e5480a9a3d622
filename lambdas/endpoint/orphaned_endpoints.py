"""Endpoints that nothing needs: the last net for whatever bills by the hour.

Rightful are the candidate of a run on the road, the live endpoint that its recipe's alias names, and any live endpoint
of a recipe that is on the road (promotion is between making it and writing the alias).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from distillery.core.aliases import Aliases
from distillery.core.aws import ClientError, code
from distillery.core.hosting import Hosting
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN, Names
from distillery.core.pipeline import Endpoint


@dataclass(frozen=True, slots=True)
class OrphanedEndpoints:
    """Tags say whose an endpoint is: the name's prefix alone could be another environment's, or a person's."""

    names: Names
    ledger: Ledger
    aliases: Aliases

    def find(self, hosting: Hosting) -> Iterator[Endpoint]:
        """The order matters: endpoints first, then who is on the road, then aliases. What is made meanwhile is not
        in the list, and who left the road meanwhile has written the alias before."""
        ours = [
            endpoint for endpoint in hosting.named(self.names.prefix) if endpoint.name.startswith(self.names.prefix)
        ]
        tagged = [(endpoint, _tags(hosting, endpoint)) for endpoint in ours]
        active = self.ledger.active()
        for endpoint, tags in tagged:
            if tags.get(TAG_ENVIRONMENT) == self.names.environment and not self._needed(endpoint, tags, active):
                yield endpoint

    def _needed(self, endpoint: Endpoint, tags: dict[str, str], active: dict[str, str]) -> bool:
        recipe = tags.get(TAG_RECIPE, "")
        if run := tags.get(TAG_RUN):
            return active.get(recipe) == run
        if recipe in active:
            return True
        alias = self.aliases.read(self.names.alias(recipe))
        return alias is not None and alias.endpoint.arn == endpoint.arn


def _tags(hosting: Hosting, endpoint: Endpoint) -> dict[str, str]:
    """None at all where the endpoint has just been deleted by somebody else."""
    try:
        return hosting.tags(endpoint)
    except ClientError as error:
        if code(error) == "ResourceNotFoundException":
            return {}
        raise
