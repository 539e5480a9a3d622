"""A copy of an account, from which several stories go on."""

import copy
from collections.abc import Mapping
from typing import Any

from bedrock_simulator.state import SimulatorState
from distillery.core.recipe import Recipe
from tests.faults.cloud import Cloud
from tests.faults.machine import Json

PARTS = ("executions", "answered", "parameters", "tokens_made", "scheduled", "errors")


def copied(state: SimulatorState) -> SimulatorState:
    """A copy of a simulator's state at a time at which no job runs. Students are the same: they do not change."""
    known = [each.student for region in state.regions for each in region.models.values()]
    known += [each.model.student for region in state.regions for each in region.copies.values()]
    return copy.deepcopy(state, {id(student): student for student in known})


class SavedCloud:
    """What an account has at one time. Its settings are not part of it."""

    def __init__(self, cloud: Cloud) -> None:
        self._at = cloud.world.clock.at
        self._bedrock = cloud.world.bedrock.snapshot(copied)
        self._items = copy.deepcopy(cloud.table.items)
        self._objects = dict(cloud.objects)
        self._parts = copy.deepcopy({name: getattr(cloud, name) for name in PARTS})

    def cloud(self, recipe: Recipe, definition: Json, variables: Mapping[str, str]) -> Cloud:
        """An account that goes on from there, under other settings."""
        made = Cloud(recipe, definition, variables=variables)
        made.world.clock.at = self._at
        made.world.bedrock.restore(copied(self._bedrock))
        made.table.items.update(copy.deepcopy(self._items))
        made.objects.update(self._objects)
        parts: dict[str, Any] = copy.deepcopy(self._parts)
        for name, value in parts.items():
            setattr(made, name, value)
        return made
