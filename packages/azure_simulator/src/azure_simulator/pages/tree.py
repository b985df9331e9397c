"""Resources as a tree: subscription, group, type, resource, and its child resources."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from simulation_base.pages.markup import Html, pill, tag

from azure_simulator.core.longrunning import running_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

SHOWN = 100
"""The most children of a node that are listed; the others are counted."""
_OPEN_DEPTH, _FEW = 2, 12
_TONES = {"succeeded": "good", "failed": "bad", "running": "good", "none": "plain"}


@dataclass(slots=True)
class Node:
    """One line of the tree: a resource, or a part that the ids of several resources share."""

    label: str
    path: str = ""
    resource: Resource | None = None
    children: dict[str, Node] = field(default_factory=dict)
    count: int = 0

    def child(self, label: str) -> Node:
        """Return the child of a label, which is made when it does not exist."""
        key = label.lower()
        if key not in self.children:
            self.children[key] = Node(label, f"{self.path}/{key}")
        return self.children[key]


def build(world: World, pattern: str) -> Node:
    """Build the tree of the resources whose name or id matches a glob."""
    root, glob = Node("everything"), pattern.lower() or "*"
    for kind in world.resources.types():
        for resource in world.resources.of_type(kind):
            if glob == "*" or fnmatchcase(resource.name.lower(), glob) or fnmatchcase(resource.key, glob):
                _put(root, resource)
    return root


def _put(root: Node, resource: Resource) -> None:
    node = root
    root.count += 1
    for label in _labels(resource.id):
        node = node.child(label)
        node.count += 1
    node.resource = resource


def _labels(resource_id: str) -> Iterator[str]:
    """Yield the labels on the path to a resource: `sub`, `group`, `Microsoft.X/type`, `name`, ..."""
    before, *parts = resource_id.strip("/").split("/providers/")
    yield from before.split("/")[1::2] or [before]
    for part in parts:
        namespace, *rest = part.split("/")
        for index in range(0, len(rest), 2):
            yield f"{namespace}/{rest[index]}" if index == 0 else rest[index]
            yield from rest[index + 1 : index + 2]


def render(world: World, node: Node, depth: int = 0) -> list[Html]:
    """Render the children of a node."""
    below = list(node.children.values())
    lines = [_line(world, each, depth) for each in below[:SHOWN]]
    if len(below) > SHOWN:
        lines.append(tag("p", f"and {len(below) - SHOWN:,} more: look for them by name", class_="note"))
    return lines


def _line(world: World, node: Node, depth: int) -> Html:
    words = [*(_state_pills(world, node.resource) if node.resource else ())]
    if not node.children:
        return tag("div", tag("span", node.label), " ", words, class_="leaf")
    title = tag("summary", node.label, " ", tag("span", _counted(node), class_="soft"), " ", words)
    name = hashlib.sha256(node.path.encode()).hexdigest()[:12]
    is_open = depth < _OPEN_DEPTH or (depth == _OPEN_DEPTH and len(node.children) <= _FEW)
    return tag("details", title, render(world, node, depth + 1), id=name, open=is_open, class_=None if depth else "top")


def _counted(node: Node) -> str:
    """Count the resources below a node; of a type its own first, because machines have many child resources."""
    below = node.count - (node.resource is not None)
    own = sum(each.resource is not None for each in node.children.values())
    return f"{own:,}, {below:,} with their parts" if "/" in node.label and 0 < own < below else f"{below:,}"


def _state_pills(world: World, resource: Resource) -> Iterator[Html | str]:
    properties = resource.properties
    state = str(properties.get("provisioningState", ""))
    if state:
        yield pill(state, _TONES.get(state.lower(), "busy"))
    power = str(resource.facts.get("power", ""))
    if power and power != "none":
        yield pill(power, _TONES.get(power, "warn"))
    for operation in running_on(world, resource.id):
        yield pill(f"{operation.kind}: {operation.phase(world.now_us) or 'waiting'}", "busy")
    yield tag("span", " · ".join(_summary(resource)), class_="soft")


def _summary(resource: Resource) -> Iterator[str]:
    properties, body = resource.properties, resource.body
    hardware, addresses = properties.get("hardwareProfile"), properties.get("ipConfigurations")
    if isinstance(hardware, dict):
        yield str(hardware.get("vmSize", ""))
    if isinstance(addresses, list) and addresses:
        yield str(addresses[0].get("properties", {}).get("privateIPAddress", ""))
    if "diskSizeGB" in properties:
        yield f"{properties['diskSizeGB']} GB"
    if body.get("location"):
        yield str(body["location"]) + "".join(f" zone {zone}" for zone in body.get("zones") or ())
    yield from (f"{key}={value}" for key, value in list((body.get("tags") or {}).items())[:3])
