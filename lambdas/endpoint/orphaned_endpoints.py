"""Finds endpoints that nothing needs, the last protection against resources that bill by the hour.

An endpoint is needed if it is the candidate of an active run, the live endpoint that its recipe's alias names, or a
live endpoint of a recipe with an active run or roll-back (promotion creates it before it writes the alias).
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
    """The environment's orphaned endpoints. Tags identify the owner, because other environments or people may use
    the same name prefix."""

    names: Names
    ledger: Ledger
    aliases: Aliases

    def find(self, hosting: Hosting) -> Iterator[Endpoint]:
        """The orphans of one hosting mode.

        The order matters: endpoints are listed first, then active runs, then aliases. What is created meanwhile is not
        in the list, and a run that ended meanwhile has written its alias before.
        """
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
    """The tags; empty where the endpoint has just been deleted."""
    try:
        return hosting.tags(endpoint)
    except ClientError as error:
        if code(error) == "ResourceNotFoundException":
            return {}
        raise
