"""Stops and starts whose answers are lost, in which the host is killed, and to which a sign-in comes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from local.portal import PortalError
from local.stack import Stack
from tests.e2e.conftest import StartStack
from tests.e2e.office import SMALL, Json, Office

pytestmark = [pytest.mark.e2e, pytest.mark.embedded_only("its host is killed, and its time is moved by little")]

SOON = timedelta(seconds=5)
OF_STOP = ("role.put", "sessionHost.patch", "userSession.list", "vm.deallocate")
"""The calls of a stop, as the simulated cloud names them; the pool and the role are written by the first stop."""


class Desk:
    """One user's Cloud PC in a stack of its own."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.office = Office(stack, stack.portal(), "crashed").open()
        user = self.office.user(1, SMALL)
        self.office.policy("Desks", self.office.connection(), self.office.group("Everybody", user))
        self.pc = self.office.settled(user)
        assert self.pc["status"] == "provisioned"

    @property
    def power(self) -> str:
        (power,) = self.office.powers()
        return power

    @property
    def host(self) -> Json:
        (host,) = self.office.machines("Microsoft.DesktopVirtualization/hostPools/sessionHosts")
        properties: Json = host["body"]["properties"]
        return properties

    def shown(self) -> Json:
        answer: Json = self.office.portal.ask("GET", f"{self.office.graph}/cloudPCs/{self.pc['id']}").body
        return answer

    def signs_in(self) -> None:
        (pool,) = self.office.machines("Microsoft.DesktopVirtualization/hostPools")
        body = {"user": self.office.named(1), "hostPool": str(pool["id"]).rpartition("/")[2]}
        self.stack.tell_cloud("desktops/signins", body)

    def killed_at(self, op: str, action: str) -> Json:
        """Begin an action, and kill the host when the cloud has the first call of this kind."""
        seen = self.stack.ask_cloud("stats")["requests"]
        begun = self.office.portal.ask("POST", f"{self.office.graph}/cloudPCs/{self.pc['id']}/{action}")

        def called() -> bool:
            return any(each["op"] == op for each in self.stack.ask_cloud(f"requests?since={seen}&limit=20000"))

        self.office.until(called, says=f"{op} is called", look=SOON)
        self.stack.host.kill()
        self.stack.start_host()
        return self.office.finish(begun)

    def is_off(self) -> bool:
        """Whether it is off, shown so, and a sign-in may start it."""
        return (self.power, self.shown()["powerState"], self.host["allowNewSession"]) == (
            "deallocated",
            "poweredOff",
            True,
        )


@pytest.fixture
def desk(start_stack: StartStack) -> Desk:
    return Desk(start_stack(users=1))


def switched(desk: Desk, op: str) -> None:
    """Stop and start it, each time with the host killed at a call: a stop at one of this kind."""
    assert desk.killed_at(op, "stop")["status"] == "succeeded", op
    assert desk.is_off(), op
    assert desk.killed_at("vm.start", "start")["status"] == "succeeded", op
    assert (desk.power, desk.shown()["powerState"]) == ("running", "running")


@pytest.mark.timeout(600)
def test_a_stop_and_a_start_in_which_the_host_is_killed_are_done_once(desk: Desk) -> None:
    switched(desk, "vm.deallocate")
    assert desk.office.invariants() == []


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_stop_and_a_start_are_done_once_wherever_they_break(desk: Desk) -> None:
    office = desk.office
    for op in OF_STOP[1:]:
        office.break_cloud(op, {"kind": "drop_after"}, max_hits=2)
        assert office.act(desk.pc, "powerOff")["status"] == "succeeded", op
        assert desk.is_off(), op
        office.mend_cloud(op)
        office.break_cloud("vm.start", {"kind": "drop_after"}, max_hits=1)
        assert office.act(desk.pc, "powerOn")["status"] == "succeeded", op
        assert (desk.power, desk.shown()["powerState"]) == ("running", "running")
        office.mend_cloud("vm.start")
    for op in OF_STOP:
        switched(desk, op)
    assert office.invariants() == []


@pytest.mark.timeout(600)
def test_a_sign_in_that_comes_while_a_machine_is_being_stopped_keeps_it_on(desk: Desk) -> None:
    office = desk.office
    office.break_cloud("sessionHost.patch", {"kind": "drop_before"})
    begun = office.portal.ask("POST", f"{office.graph}/cloudPCs/{desk.pc['id']}/stop")
    office.let_pass(SOON)
    desk.signs_in()  # after the first question for sessions, before the host is closed
    office.let_pass(SOON)
    office.mend_cloud("sessionHost.patch")
    with pytest.raises(PortalError, match="sessionsInTheWay"):
        office.finish(begun)
    assert (desk.power, desk.host["allowNewSession"]) == ("running", True)
    assert [each for each in office.invariants() if each["invariant"] == "sessionsLost"] == []
