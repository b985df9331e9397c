"""The failure scenarios as end-to-end tests: which file plays which, and how."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from local.play import BUILT, find, is_spot, play, table
from local.stack import Stack

FASTER = 1_500.0
"""Simulated seconds per real second: a scenario has no other hurry than that of its waits."""

SOON = {
    "vm.create": 70,
    "vm.agent": 3,
    "vm.delete": 12,
    "extension.aadloginforwindows": 55,
    "extension.jsonaddomainextension": 55,
    "extension.dsc": 110,
    "intune.enrol": 50,
    "intune.register": 200,
    "runcommand.put": 25,
}
"""Seconds of Azure's work, each over before somebody looks for the first time: what is slow here is the looking."""

USERS = 2
"""Cloud PCs of a scenario that does not say how many it needs."""

ELSEWHERE = {53: "tests/e2e/test_crashes.py", 55: "tests/e2e/test_scenarios_5.py"}
"""Scenarios that need a stack of their own, and the tests that play them."""

FILES = 5
LISTENING = 3
"""The part that has a stack of its own, of which the directory tells; the one after it is that of virtual desktops."""

CROWD = 60
"""As many as a crowd has here at most: `make scenario N=40` has all of them, and takes minutes."""


@cache  # to read all of them takes a fifth of a second, and each file of them asks
def parts() -> list[list[str]]:
    """Return the names of the scenarios to play, dealt out to the files."""
    played = [each for each in table() if each["needs"] in BUILT and each["number"] not in ELSEWHERE]
    told = [each["name"] for each in played if each["needs"] == "notifications"]
    desktops = [each["name"] for each in played if is_spot(each)]
    others = [each["name"] for each in played if each["name"] not in {*told, *desktops}]
    return [*(others[first::LISTENING] for first in range(LISTENING)), told, desktops]


@pytest.fixture
def hurried(stack: Stack) -> Iterator[Stack]:
    """Let the shared stack's time run faster, for as long as a test lasts."""
    yield from hurry(stack)


def hurry(stack: Stack) -> Iterator[Stack]:
    """Let a stack's time run faster until it is asked for the next one."""
    with stack.at_speed(FASTER):
        soon = {kind: {"dist": "fixed", "value": value} for kind, value in SOON.items()}
        stack.tell_cloud("config", {"latency": soon, "graph": {"syncMinutes": 3}})
        yield stack
        stack.tell_cloud("config", {"latency": dict.fromkeys(SOON), "graph": {"syncMinutes": None}})


def see(stack: Stack, name: str) -> None:
    """Play a scenario in a tenant of its own, and see that everything came as its file says.

    Afterwards it is paused, as every test's tenant is: what nobody looks at any more need not be kept up.
    """
    told: list[str] = []
    scenario = find(name)
    setting = scenario.setdefault("setting", {})
    if "crowd" in setting:
        setting["crowd"] = min(setting["crowd"], CROWD)
    tenant = f"s{scenario['number']:02d}"
    try:
        played = play(stack, scenario, tenant=tenant, users=USERS, say=told.append, show=lambda _: None)
    finally:
        stack.portal().send("POST", f"/tenants/{tenant}/pause", {"reason": "its scenario is over"})
    assert played.is_good, "\n".join([*told, str(played)])
