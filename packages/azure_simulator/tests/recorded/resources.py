"""Requests to Resource Manager, sent to the simulated cloud.

Every operation ends before the next request, except a deletion that the recorded client did not wait for: it goes on
while as much time passes as was recorded, until the client asks how it goes.

What cannot be compared is left out and counted: types that are not simulated, and requests about a resource whose
creation was left out or failed here (the difference is that of the creation).
"""

import json
import re
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from azure_simulator.arm.regions import REGIONS
from azure_simulator.arm.registry import registry

from packages.azure_simulator.tests.in_process import InProcessCloud
from packages.azure_simulator.tests.recorded.catalogue import ELSEWHERE, locations, placed
from packages.azure_simulator.tests.recorded.findings import Findings, answer_of, said, type_of
from packages.azure_simulator.tests.recorded.names import Names
from packages.azure_simulator.tests.recorded.recordings import Exchange, Recording
from packages.azure_simulator.tests.recorded.unrolling import NotUnrolledError, Template

_GROUP = re.compile(r"(/subscriptions/[^/]+/resourceGroups/[^/]+)", re.IGNORECASE)
_ID = re.compile(r"/subscriptions/[^\"?]+", re.IGNORECASE)
_POLL = re.compile(r"/(operations|operationresults|operationstatuses|diskoperations|capsoperations)/", re.IGNORECASE)
_PLACE = re.compile(r"/locations/([^/]+)/", re.IGNORECASE)
_UNTIL_ENDED = 7200
_USED = re.compile("InUse|CannotBeDeleted|CannotDelete")
_PROVIDED = frozenset(
    {
        "microsoft.authorization",
        "microsoft.compute",
        "microsoft.desktopvirtualization",
        "microsoft.network",
        "microsoft.resources",
    }
)


class ResourceReplay:
    """The requests of one recording to Resource Manager."""

    def __init__(self, cloud: InProcessCloud, names: Names, findings: Findings, recording: Recording) -> None:
        self._cloud, self._names, self._findings = cloud, names, findings
        self._missing: set[str] = set()
        self._is_incomplete = False
        self._location = next(locations(recording), ELSEWHERE)
        self._unwaited = {
            id(one)
            for one, after in pairwise(recording.exchanges)
            if (one.method, one.status) == ("DELETE", 202) and not _POLL.search(after.path)
        }
        self._at: datetime | None = None

    def send(self, recorded: Exchange) -> None:
        """Send a request if it can be compared."""
        self._pass_time(recorded)
        if _POLL.search(recorded.path):
            self._cloud.advance(_UNTIL_ENDED)
            return
        path = _PLACE.sub(lambda found: f"/locations/{placed(found[1], 'location')}/", recorded.path)
        exchange = replace(self._names.ours(recorded), path=self._names.text(path), body=placed(recorded.body))
        exchange = replace(exchange, body=self._names.tree(exchange.body))
        kind = type_of(exchange.path)
        if kind.startswith("microsoft.resources/deployments"):
            if exchange.method == "PUT" and exchange.status < 300:
                self._deploy(exchange)
            return
        if why := self._reason_against(exchange, kind):
            self._leave_out(exchange, why)
            return
        self._make_group(exchange)
        reply = self._cloud.send(exchange.method, self._address(exchange), exchange.body)
        begun = exchange.method != "GET" and exchange.status < 400
        self._cloud.advance(_UNTIL_ENDED if begun and id(recorded) not in self._unwaited else 0)
        if self._findings.compare(exchange, kind, reply):
            ours = answer_of(reply)
            self._names.learn(exchange.answer, ours)
            self._findings.compare_values(exchange, kind, self._names.tree(placed(exchange.answer)), ours)
        elif exchange.method == "PUT" and exchange.status < 300 <= reply.status:
            self._missing.add(exchange.path.lower())

    def _pass_time(self, recorded: Exchange) -> None:
        """Let as much time pass as did in the recording."""
        if self._at is not None and recorded.at is not None and recorded.at > self._at:
            self._cloud.advance((recorded.at - self._at).total_seconds())
        self._at = recorded.at or self._at

    def _reason_against(self, exchange: Exchange, kind: str) -> str:
        route, _, _ = self._cloud.cloud.router.find(exchange.method, exchange.path)
        if route is None or route.plane != "arm" or not self._is_provided(kind):
            return "not simulated"
        if exchange.method == "PUT" and exchange.body is None:
            return "recorded without its body"
        if kind == "microsoft.authorization/roleassignments" and self._is_for_somebody_else(exchange):
            return "about a principal that the recording did not make"
        return "follows another difference" if self._follows(exchange) else ""

    def _is_for_somebody_else(self, exchange: Exchange) -> bool:
        properties = exchange.body.get("properties") if isinstance(exchange.body, dict) else None
        principal = (properties or {}).get("principalId")
        return exchange.status < 400 and principal is not None and not self._names.has(principal)

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
            is_nested = type_of(path) == "microsoft.resources/deployments"
            if route is None or route.plane != "arm" or is_nested or self._follows(single):
                self._leave_out(single, "in a deployment")
                self._is_incomplete = True
                continue
            self._make_group(single)
            reply = self._cloud.send("PUT", path, placed(body))
            self._cloud.advance(_UNTIL_ENDED)
            if reply.status >= 400:
                self._missing.add(path.lower())
                self._is_incomplete = True
                self._findings.note(f"deployed {type_of(path)}: made -> {said(reply)}")

    def _leave_out(self, exchange: Exchange, why: str) -> None:
        self._findings.left_out[why] += 1
        if exchange.method == "PUT":
            self._missing.add(exchange.path.lower())

    def _follows(self, exchange: Exchange) -> bool:
        """Return whether the request is about something that exists in the recording only."""
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
        """Return whether a path is that of a resource which does not exist here."""
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
            place = self._location if self._location in REGIONS else ELSEWHERE
            self._cloud.send("PUT", found[1], {"location": place})

    def _address(self, exchange: Exchange) -> str:
        """Return path and query: with the recorded api-version, or the newest where the simulator has not that one."""
        route, _, _ = self._cloud.cloud.router.find(exchange.method, exchange.path)
        known = registry(self._cloud.cloud.world).target(route).type.known_versions if route else frozenset()
        asked = [each for each in exchange.query.split("&") if each]
        rest = [each for each in asked if not each.lower().startswith("api-version=") or each[12:].lower() in known]
        return f"{exchange.path}?{'&'.join(rest)}" if rest else exchange.path
