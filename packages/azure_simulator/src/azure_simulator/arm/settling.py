"""The state of a resource that is being written: one until the operation ends, then `Succeeded` or `Failed`.

Network shows `Updating` in the answer to a PUT, and has another ETag when it is done; a PUT that changes nothing but
tags is `Succeeded` at once (recorded: github.com/Azure/azure-cli, vm and network, 2021 to 2023).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.longrunning import Course, running_on

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from azure_simulator.core.answers import Json
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

_BESIDE = frozenset({"etag", "provisioningState", "tags"})


def state_of(resource: Resource) -> str:
    """Return the state that a resource shows."""
    return str(resource.properties.get("provisioningState", "Succeeded"))


def is_changed(before: Json | None, after: Json) -> bool:
    """Return whether a write changed more than tags, given the properties before it (None if new) and after it.

    One that was not ready is written again, whatever it shows.
    """
    return (
        before is None
        or before["properties"].get("provisioningState") != "Succeeded"
        or _substance(before) != _substance(after)
    )


def settling(world: World, kind: str, *resources: Resource) -> Course:
    """Make the course of a write that begins now, of which nothing else depends but these states.

    Another write of the same kind that is under way when this one ends decides instead.
    """

    def settle(state: str) -> None:
        for each in resources:
            if state_of(each) != state and not running_on(world, resources[0].id, kind):
                each.set(world.now_us, provisioningState=state)

    return Course(lambda _: settle("Succeeded"), lambda _: settle("Failed"))


def parts(resource: Resource, rows: Sequence[Json], mark: str) -> list[Json]:
    """Show parts of a resource with its state and its ETag."""
    state = {"provisioningState": state_of(resource)}
    return [{**each, "etag": mark, "properties": {**each.get("properties", {}), **state}} for each in rows]


def _substance(node: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(node, dict):
        rows = {name: _substance(value) for name, value in node.items() if name not in _BESIDE}
        return {name: value for name, value in rows.items() if value not in (None, [], {})}
    return [_substance(each) for each in node] if isinstance(node, list) else node
