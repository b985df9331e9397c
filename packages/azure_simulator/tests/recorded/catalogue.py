"""Offers of the cloud of a replay: the regions, sizes and marketplace images that a recording names."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from azure_simulator.arm.regions import REGIONS, normal

from packages.azure_simulator.tests.recorded.recordings import Recording

ELSEWHERE = "eastus2"
"""The region that stands for every one which the simulator has not."""
_SIZE = re.compile(r'"vmSize": "([A-Za-z0-9_-]+)"')
_IMAGE = re.compile(
    r"/publishers/([^/]+)/artifacttypes/vmimage/offers/([^/]+)/skus/([^/]+)(?:/versions/([^/]+))?", re.IGNORECASE
)
_DELETIONS = {"vm.delete": 40, "nic.delete": 8, "group.delete": 75}
"""Seconds that recorded deletions took which their clients did not wait for (resource/test_delete_dependent_resources,
resource/test_resource_group_no_wait)."""
_ANY_SIZE = {"family": "recordedFamily", "cores": 4, "memory_gb": 16}


def offer(recording: Recording) -> dict[str, Any]:
    """Return the settings of the simulator with which a recording finds the resources that it names."""
    latency = {kind: {"dist": "fixed", "value": seconds} for kind, seconds in _DELETIONS.items()}
    return {
        "sizes": dict.fromkeys(_sizes(recording), _ANY_SIZE),
        "images": catalogue(recording),
        "generation1Images": sorted(_first_generation(recording)),
        "latency": latency,
    }


def _first_generation(recording: Recording) -> set[str]:
    """Return the skus of marketplace images that were shown as those of generation 1."""
    shown = ((_IMAGE.search(each.path), each.answer) for each in recording.exchanges if isinstance(each.answer, dict))
    return {
        found[3] for found, answer in shown if found and answer.get("properties", {}).get("hyperVGeneration") == "V1"
    }


def _sizes(recording: Recording) -> set[str]:
    """Return the sizes of machines that a recording names: each exists in its cloud."""
    return {size for each in recording.exchanges for size in _SIZE.findall(json.dumps(each.body))}


def catalogue(recording: Recording) -> dict[str, dict[str, dict[str, list[str]]]]:
    """Return the marketplace images that a recording names: publisher, offer, sku, versions."""
    found: dict[tuple[str, ...], set[str]] = defaultdict(set)
    spelled: dict[str, str] = {}

    def add(names: tuple[str, ...], *versions: str) -> None:
        key = tuple(spelled.setdefault(name.lower(), name) for name in names)
        found[key] |= {each for each in versions if each[:1].isdigit()}

    for exchange in recording.exchanges:
        if named := _IMAGE.search(exchange.path):
            listed = exchange.answer if isinstance(exchange.answer, list) else []
            add(named.groups()[:3], named[4] or "", *(str(each["name"]) for each in listed if "name" in each))
        for each in _references(exchange.body):
            add((each["publisher"], each["offer"], each["sku"]), str(each.get("version", "")))
    tree: dict[str, dict[str, dict[str, list[str]]]] = {}
    for (publisher, offer, sku), versions in found.items():
        tree.setdefault(publisher, {}).setdefault(offer, {})[sku] = sorted(versions) or ["1.0.0"]
    return tree


def _references(node: Any) -> Iterator[dict[str, Any]]:
    """Yield the references to images of the marketplace."""
    if isinstance(node, dict):
        if all(isinstance(node.get(name), str) for name in ("publisher", "offer", "sku")) and "version" in node:
            yield node
        for each in node.values():
            yield from _references(each)
    elif isinstance(node, list):
        for each in node:
            yield from _references(each)


def placed(node: Any, name: str = "") -> Any:
    """Move resources from a region that the simulator does not have to one that it has."""
    if isinstance(node, dict):
        return {each: placed(value, each) for each, value in node.items()}
    if isinstance(node, list):
        return [
            {**each, "name": placed(each["name"], "location")} if _is_target(name, each) else placed(each)
            for each in node
        ]
    if name == "location" and isinstance(node, str) and normal(node) not in REGIONS:
        return ELSEWHERE
    return node


def _is_target(name: str, node: Any) -> bool:
    return name == "targetRegions" and isinstance(node, dict) and "name" in node


def locations(recording: Recording) -> Iterator[str]:
    for exchange in recording.exchanges:
        if isinstance(exchange.body, dict) and isinstance(exchange.body.get("location"), str):
            yield normal(exchange.body["location"])
