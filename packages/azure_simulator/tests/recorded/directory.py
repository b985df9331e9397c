"""Requests to Microsoft Graph, sent to the simulated directory.

A recorded directory has objects that the recording did not make. What is about these is left out and counted.
"""

import json
import re
from typing import Any
from urllib.parse import unquote

from packages.azure_simulator.tests.in_process import SEED, InProcessCloud
from packages.azure_simulator.tests.recorded.findings import Findings, answer_of
from packages.azure_simulator.tests.recorded.names import Names
from packages.azure_simulator.tests.recorded.recordings import Exchange

_DOMAIN = re.compile(r"(@|%40|\")(?:azuresdkteam\.onmicrosoft\.com|example\.com)", re.IGNORECASE)
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_REFERENCE = re.compile(r"(?:users|groups|directoryObjects|servicePrincipals)/([0-9a-f-]{36})", re.IGNORECASE)
_REFERRING = ("ids", "groupIds", "clientId", "principalId", "resourceId", "appId")
_USER = re.compile(r"/users(?:/|\(')([^/']+@[^/']+)")
_SEGMENT = re.compile(r"/(?:[0-9a-f-]{36}|[^/]*@[^/]*)(?=/|$)|\('[^']*'\)", re.IGNORECASE)


class DirectoryReplay:
    """The requests of one recording to Microsoft Graph."""

    def __init__(self, cloud: InProcessCloud, names: Names, findings: Findings) -> None:
        self._cloud, self._names, self._findings = cloud, names, findings
        self._people: set[str] = set()

    def send(self, recorded: Exchange) -> None:
        """Send a request if it can be compared."""
        exchange = self._names.ours(recorded)
        path, query = _in_our_domain(exchange.path), _in_our_domain(exchange.query)
        route, _, _ = self._cloud.cloud.router.find(exchange.method, path)
        page = self._names.next_page(recorded)
        if route is None or route.plane != "graph":
            self._leave_out("not simulated")
        elif "skiptoken" in recorded.query and page is None:
            self._leave_out("a page that is not one here")
        elif exchange.status < 400 and self._is_about_others(recorded):
            self._leave_out("about objects that the recording did not make")
        else:
            self._cloud.token("graph", "https://graph.microsoft.com")
            body = json.loads(_in_our_domain(json.dumps(exchange.body))) if exchange.body is not None else None
            address = page or (f"{path}?{query}" if query else path)
            reply = self._cloud.send(exchange.method, address, body, caller="graph")
            self._cloud.advance(0 if exchange.method == "GET" else 60)
            self._compare(recorded, kind_of(recorded.path), reply)

    def _compare(self, recorded: Exchange, kind: str, reply: Any) -> None:
        if not self._findings.compare(recorded, kind, reply):
            return
        answer = answer_of(reply)
        if recorded.method == "POST" and kind == "graph users":
            self._people.add(str(recorded.body["userPrincipalName"]).lower())
        self._names.learn(recorded.answer, answer)
        self._findings.compare_values(recorded, kind, self._translated(recorded.answer), answer)
        is_whole = "@odata.nextLink" not in (recorded.answer or {})
        if is_whole and self._known(recorded.answer) != {each for each in _listed(answer) if self._names.has(each)}:
            self._findings.note(f"{recorded.method} {kind}: lists others")

    def _translated(self, answer: Any) -> Any:
        return json.loads(_in_our_domain(json.dumps(self._names.tree(answer))))

    def _known(self, answer: Any) -> set[str]:
        return {self._names.text(each) for each in _listed(answer) if self._names.knows(each)}

    def _is_about_others(self, recorded: Exchange) -> bool:
        named = {each for each in _ID.findall(recorded.path) if not self._names.knows(each)}
        if named or any(unquote(each).lower() not in self._people for each in _USER.findall(recorded.path)):
            return True
        if not isinstance(recorded.body, dict):
            return False
        referred = set(_REFERENCE.findall(json.dumps(recorded.body)))
        for name in _REFERRING:
            value = recorded.body.get(name)
            referred |= set(value) if isinstance(value, list) else {value} if isinstance(value, str) else set()
        return any(not self._names.knows(each) for each in referred)

    def _leave_out(self, why: str) -> None:
        self._findings.left_out[f"graph: {why}"] += 1


def kind_of(path: str) -> str:
    """Return the path without ids: `graph groups/id/members`."""
    return "graph " + _SEGMENT.sub("/id", path.partition("/v1.0/")[2])


def _listed(answer: Any) -> set[str]:
    """Return the ids of a list that is whole."""
    if not isinstance(answer, dict) or not isinstance(answer.get("value"), list) or answer.get("@odata.nextLink"):
        return set()
    return {str(each.get("id", "")) if isinstance(each, dict) else str(each) for each in answer["value"]}


def _in_our_domain(text: str) -> str:
    return _DOMAIN.sub(lambda found: found[1] + SEED["tenants"][0]["domain"], text)
