"""Recordings sent to the simulated cloud: where it answers otherwise than Azure did.

What cannot be compared is left out and counted: types that are not simulated, and requests about a resource whose
creation was left out or failed here (the difference is that of the creation).
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from azure_simulator.arm.regions import REGIONS, normal
from azure_simulator.core.requests import Reply

from packages.azure_simulator.tests.in_process import InProcessCloud, open_cloud
from packages.azure_simulator.tests.recorded.recordings import Exchange, Recording, code_of
from packages.azure_simulator.tests.recorded.unrolling import NotUnrolledError, Template

_GROUP = re.compile(r"(/subscriptions/[^/]+/resourceGroups/[^/]+)", re.IGNORECASE)
_ID = re.compile(r"/subscriptions/[^\"?]+", re.IGNORECASE)
_POLL = re.compile(r"/(operations|operationresults|operationstatuses|diskoperations|capsoperations)/", re.IGNORECASE)
_SIZE = re.compile(r'"vmSize": "([A-Za-z0-9_-]+)"')
_PLACE = re.compile(r"/locations/([^/]+)/", re.IGNORECASE)
_IMAGE = re.compile(
    r"/publishers/([^/]+)/artifacttypes/vmimage/offers/([^/]+)/skus/([^/]+)(?:/versions/([^/]+))?", re.IGNORECASE
)
_ANY_SIZE = {"family": "recordedFamily", "cores": 4, "memory_gb": 16}
_ELSEWHERE = "eastus2"
"""The region that stands for every one which the simulator has not."""
_USED = re.compile("InUse|CannotBeDeleted|CannotDelete")
_PROVIDED = frozenset({"microsoft.compute", "microsoft.network", "microsoft.authorization", "microsoft.resources"})
_MOST_MEMBERS_DEEP = 6


@dataclass
class Findings:
    """What a replay found: differences by class with the recordings that have them, and what was left out."""

    same: int = 0
    differences: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    left_out: Counter[str] = field(default_factory=Counter)
    recorded: dict[str, list[set[str]]] = field(default_factory=lambda: defaultdict(list))
    ours: dict[str, list[set[str]]] = field(default_factory=lambda: defaultdict(list))


class Replay:
    """One recording in a cloud of its own."""

    def __init__(self, recording: Recording, findings: Findings) -> None:
        self._recording, self._findings = recording, findings
        self._cloud: InProcessCloud = open_cloud()
        sizes = dict.fromkeys(_sizes(recording), _ANY_SIZE)
        self._cloud.sim("POST", "config", {"sizes": sizes, "images": catalogue(recording)})
        self._missing: set[str] = set()
        self._is_incomplete = False
        self._location = next(_locations(recording), _ELSEWHERE)

    def run(self) -> None:
        """Send every request that can be compared."""
        for exchange in self._recording.exchanges:
            if exchange.host == "management.azure.com" and not _POLL.search(exchange.path):
                path = _PLACE.sub(lambda found: f"/locations/{_placed(found[1], 'location')}/", exchange.path)
                self._one(replace(exchange, path=path, body=_placed(exchange.body)))

    def _one(self, exchange: Exchange) -> None:
        kind = type_of(exchange.path)
        if kind.startswith("microsoft.resources/deployments"):
            if exchange.method == "PUT" and exchange.status < 300:
                self._deploy(exchange)
            return
        route, _, _ = self._cloud.cloud.router.find(exchange.method, exchange.path)
        if route is None or route.plane != "arm" or not self._is_provided(kind):
            self._leave_out(exchange, "not simulated")
            return
        if exchange.method == "PUT" and exchange.body is None:
            self._leave_out(exchange, "recorded without its body")
            return
        if self._follows(exchange):
            self._leave_out(exchange, "follows another difference")
            return
        self._make_group(exchange)
        reply = self._cloud.send(exchange.method, _address(exchange), exchange.body)
        self._cloud.advance(0 if exchange.method == "GET" else 7200)
        self._compare(exchange, kind, reply)

    def _deploy(self, exchange: Exchange) -> None:
        if not isinstance(exchange.body, dict):
            return
        try:
            made = Template(exchange.path, exchange.body).requests(self._location)
        except NotUnrolledError as error:
            self._findings.left_out[f"deployment: {error}"] += 1
            self._is_incomplete = True
            return
        for path, body in made:
            single = Exchange("management.azure.com", "PUT", path, "", body, 200, None, {})
            route, _, _ = self._cloud.cloud.router.find("PUT", path)
            if route is None or route.plane != "arm" or self._follows(single):
                self._leave_out(single, "in a deployment")
                self._is_incomplete = True
                continue
            self._make_group(single)
            reply = self._cloud.send("PUT", path, _placed(body))
            self._cloud.advance(7200)
            if reply.status >= 400:
                self._missing.add(path.lower())
                self._is_incomplete = True
                self._note(f"deployed {type_of(path)}: made -> {_said(reply)}")

    def _leave_out(self, exchange: Exchange, why: str) -> None:
        self._findings.left_out[why] += 1
        if exchange.method == "PUT":
            self._missing.add(exchange.path.lower())

    def _follows(self, exchange: Exchange) -> bool:
        """Tell whether the request is about something that exists in the recording only."""
        if exchange.code in {"ResourceNotFound", "ResourceGroupNotFound"}:
            return False
        path = exchange.path.lower()
        if any(path == each or path.startswith(f"{each}/") for each in self._missing):
            return True
        if exchange.status >= 400:
            return self._is_incomplete and _USED.search(exchange.code) is not None
        scope = path.rpartition("/providers/")[0]
        if self._is_unknown(scope) or (exchange.method != "PUT" and self._is_unknown(path)):
            return True
        if not isinstance(exchange.body, dict):
            return False
        linked = {each.lower().rstrip("/") for each in _ID.findall(json.dumps(exchange.body))}
        return any(each != path and not each.startswith(f"{path}/") and self._is_unknown(each) for each in linked)

    def _is_unknown(self, path: str) -> bool:
        """Tell whether a path is that of a resource which does not exist here."""
        after = path.rpartition("/providers/")[2].split("/")
        if "/providers/" not in path or len(after) % 2 == 0 or "/resourcegroups/" not in path:
            return False
        return self._cloud.cloud.world.resources.get(path) is None and not re.search(
            r"/(ipconfigurations|subnets|securityrules|defaultsecurityrules)/", path
        )

    def _is_provided(self, kind: str) -> bool:
        namespace = kind.partition("/")[0]
        return "." not in namespace or namespace in _PROVIDED

    def _make_group(self, exchange: Exchange) -> None:
        found = _GROUP.match(exchange.path)
        if found is None or exchange.code == "ResourceGroupNotFound":
            return
        if exchange.method == "PUT" and type_of(exchange.path) == "resourcegroups":
            return
        if exchange.method == "HEAD" and exchange.status >= 400:
            return
        if self._cloud.cloud.world.resources.get(found[1]) is None:
            place = self._location if self._location in REGIONS else _ELSEWHERE
            self._cloud.send("PUT", found[1], {"location": place})

    def _compare(self, exchange: Exchange, kind: str, reply: Reply) -> None:
        answer = json.loads(reply.body) if reply.body else None
        if (reply.status, code_of(answer) if reply.status >= 400 else "") == (exchange.status, exchange.code):
            self._findings.same += 1
        else:
            if exchange.method == "PUT" and exchange.status < 300 <= reply.status:
                self._missing.add(exchange.path.lower())
            recorded = f"{exchange.status} {exchange.code}".strip()
            self._note(f"{exchange.method} {kind}: {recorded} -> {_said(reply)}")
            return
        shown = exchange.status < 300 and exchange.method in {"GET", "PUT", "PATCH"}
        if shown and isinstance(exchange.answer, dict) and "value" not in exchange.answer and isinstance(answer, dict):
            self._findings.recorded[kind].append(set(members(exchange.answer)))
            self._findings.ours[kind].append(set(members(answer)))

    def _note(self, difference: str) -> None:
        self._findings.differences[difference].append(self._recording.name)


def type_of(path: str) -> str:
    """Return the type of a path, with the verb of a POST: `microsoft.compute/virtualmachines/start`."""
    before, marker, after = path.lower().rpartition("/providers/")
    if not marker:
        return "/".join(before.split("/")[1::2] or after.strip("/").split("/")[0::2]).rpartition("/")[2]
    namespace, *rest = after.split("/")
    return "/".join([namespace, *rest[0::2]])


def members(node: Any, prefix: str = "") -> Iterator[str]:
    """Yield the paths of the members of an answer; those of lists as `name[]`."""
    if isinstance(node, dict) and prefix.count(".") < _MOST_MEMBERS_DEEP:
        for name, value in node.items():
            if name == "tags" or value is None:
                continue
            path = f"{prefix}.{name}" if prefix else name
            yield path
            yield from members(value, path)
    elif isinstance(node, list):
        for each in node:
            yield from members(each, f"{prefix}[]")


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
    """Yield what names an image of the marketplace."""
    if isinstance(node, dict):
        if all(isinstance(node.get(name), str) for name in ("publisher", "offer", "sku")) and "version" in node:
            yield node
        for each in node.values():
            yield from _references(each)
    elif isinstance(node, list):
        for each in node:
            yield from _references(each)


def _placed(node: Any, name: str = "") -> Any:
    """Put what is in a region that the simulator has not into one that it has."""
    if isinstance(node, dict):
        return {each: _placed(value, each) for each, value in node.items()}
    if isinstance(node, list):
        return [
            {**each, "name": _placed(each["name"], "location")} if _is_target(name, each) else _placed(each)
            for each in node
        ]
    if name == "location" and isinstance(node, str) and normal(node) not in REGIONS:
        return _ELSEWHERE
    return node


def _is_target(name: str, node: Any) -> bool:
    return name == "targetRegions" and isinstance(node, dict) and "name" in node


def _locations(recording: Recording) -> Iterator[str]:
    for exchange in recording.exchanges:
        if isinstance(exchange.body, dict) and isinstance(exchange.body.get("location"), str):
            yield normal(exchange.body["location"])


def _address(exchange: Exchange) -> str:
    """Return path and query, with the api-version that the simulator knows."""
    rest = [each for each in exchange.query.split("&") if each and not each.lower().startswith("api-version=")]
    return f"{exchange.path}?{'&'.join(rest)}" if rest else exchange.path


def _said(reply: Reply) -> str:
    answer = json.loads(reply.body) if reply.body else None
    return f"{reply.status} {code_of(answer) if reply.status >= 400 else ''}".strip()
