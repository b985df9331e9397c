"""Watches a Spot Group from the simulated cloud's side: at every look somebody can sign in, and no session is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.e2e.office import Office

Json = dict[str, Any]
LOOK = timedelta(seconds=30)
"""Time between two looks; the broker and the engine act many times slower or at once."""
_SESSION_HOSTS = "Microsoft.DesktopVirtualization/hostPools/sessionHosts"
_SERVES = frozenset({"Available", "NeedsAssistance", "Upgrading", "UpgradeFailed"})
_IN = frozenset({"signedIn", "reconnected"})


@dataclass
class Watch:
    """Looks at a group's pool. *floor*: hosts that have to be open; *probe*: a member who signs in at every look."""

    office: Office
    group_id: str
    probe: str
    floor: int = 1
    seats: int = 10
    looks: int = field(default=0, init=False)

    def pool(self) -> list[Json]:
        """The session hosts of the group's pool, as the simulated Azure has them."""
        found = self.office.machines(_SESSION_HOSTS)
        return [each["body"]["properties"] for each in found if f"spot-{self.group_id}/" in each["id"].lower()]

    def broker(self) -> Json:
        """Counts of the broker for the group's pool."""
        told: Json = self.office.stack.ask_cloud(f"state?view=broker&pool=*spot-{self.group_id}")
        return told

    def look(self) -> None:
        """See that the floor holds, that a member gets a desktop, and that no session was lost."""
        self.looks += 1
        at, pool = self.office.stack.clock.now(), self.pool()
        serving = [host for host in pool if host["status"] in _SERVES and host["allowNewSession"]]
        free = sum(self.seats - host["sessions"] for host in serving)
        assert len(serving) >= self.floor, f"{at}: {len(serving)} hosts serve, not {self.floor}: {pool}"
        assert free >= 1, f"{at}: no seat is free: {pool}"
        body = {"user": self.probe, "hostPool": f"spot-{self.group_id}", "staySeconds": 10}
        told = self.office.stack.tell_cloud("desktops/signins", body)
        assert told["outcome"] in _IN, f"{at}: {told} {pool}"
        assert self.broker()["lost"] == []

    def until(
        self,
        what: Callable[[], Any],
        *,
        says: str,
        look: timedelta = LOOK,
        within: timedelta = timedelta(hours=4),
    ) -> Any:
        """Look until *what* gives something; return that, or fail with *says* when too much time has passed."""
        ends = self.office.stack.clock.now() + within
        while self.office.stack.clock.now() < ends:
            self.look()
            if found := what():
                return found
            self.office.pass_time(look)
        raise AssertionError(f"never came to be: {says}; at {self.office.stack.clock.now()} there is {self.pool()}")

    def for_a_while(self, length: timedelta, *, look: timedelta = LOOK) -> None:
        """Look at everything for so long."""
        ends = self.office.stack.clock.now() + length
        while self.office.stack.clock.now() < ends:
            self.look()
            self.office.pass_time(look)
