"""A tenant of a test's own: people and groups in the simulated directory, everything else through the API."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from azure_simulator.seeds import DOMAIN, TENANT_ID

from local.portal import Answer, Portal
from local.stack import Stack
from tests.e2e.queues import put_change

SMALL, MEDIUM = "CPC_E_2C_4GB_128GB", "CPC_E_2C_8GB_128GB"
GALLERY_IMAGE = "microsoftwindowsdesktop_windows-ent-cpc_win11-24h2-ent-cpc-m365"
SETTLED = frozenset({"provisioned", "provisionedWithWarnings", "failed"})

NO_CONTENT = 204
_PATIENCE_SECONDS = 90.0
_PATIENCE_LOOKS = 300
"""A wait ends after both: on a machine that does other work too a look takes longer, and as many are needed."""
_REAL_PATIENCE_SECONDS = 3_600.0
"""With a host on real time a Cloud PC takes as long as the pauses of its waits."""
_LOOK_EVERY_SECONDS = 0.2
_PACE = 900.0
"""Simulated seconds in a real one, at most, unless a look is longer than three minutes: time does not stand still for
what lies in a queue and has not been seen."""
_GLANCE_SECONDS = 0.02
_ALIVE_EVERY_SECONDS = 1.0
"""Seconds between two looks of a test that lets time pass whether anything moves."""
CALM = 60.0
"""Simulated seconds per real second while a test does something: a slow machine must not let an hour pass meanwhile."""
CLOSELY = timedelta(seconds=10)
"""Time between two looks of a test that waits for a short state, however slow the machine is."""
STEADILY = timedelta(minutes=3)
"""The same where nothing is said."""
SELDOM = timedelta(minutes=10)
"""The same where nobody wants to see what happens on the way."""

_PLENTY = 100_000

Json = dict[str, Any]


@dataclass(frozen=True)
class Office:
    """One tenant. *name* is its slug and a part of every name in it, so that tests do not meet."""

    stack: Stack
    portal: Portal
    name: str

    @property
    def base(self) -> str:
        return f"/tenants/{self.name}"

    @property
    def graph(self) -> str:
        return f"{self.base}/beta/deviceManagement/virtualEndpoint"

    @property
    def subscription(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.name}.{DOMAIN}"))

    def open(self, settings: Mapping[str, Any] | None = None, **site: Any) -> Office:
        """Make the tenant and its one site, ``main``."""
        for sku in (SMALL, MEDIUM):
            self.stack.tell_cloud("graph/licences", {"sku": sku, "enabled": _PLENTY})
        body = {
            "id": self.name,
            "displayName": self.name.title(),
            "entraTenantId": TENANT_ID,
            "subscriptionId": self.subscription,
            # All tenants of a stack have one directory: asking it for each of them what has changed costs much.
            "settings": {"directoryCatchUpInMinutes": 10_080, "orphanScanInHours": 720, **(settings or {})},
        }
        self.portal.ask("POST", "/tenants", body)
        place = {"displayName": "Main", "region": "westeurope", "resourceGroup": f"pcs-{self.name}", **site}
        self.portal.ask("PUT", f"{self.base}/sites/main", place)
        return self

    # The directory
    def user(self, number: int, *licences: str, **properties: Any) -> str:
        """Hire somebody; return the user principal name."""
        upn = self.named(number)
        body = {"userPrincipalName": upn, "displayName": f"{self.name.title()} {number:02d}", "licences": licences}
        self.stack.tell_cloud("graph/users", {**body, **properties})
        return upn

    def group(self, name: str, *members: str, kind: str = "security") -> str:
        """Make a group; return its object id."""
        group: Json = self.stack.tell_cloud("graph/groups", {"displayName": f"{self.name} {name}", "kind": kind})
        if members:
            self.join(group["id"], *members)
        return str(group["id"])

    def join(self, group: str, *members: str) -> None:
        self.stack.tell_cloud("graph/members", {"group": group, "add": members})

    def leave(self, group: str, *members: str) -> None:
        self.stack.tell_cloud("graph/members", {"group": group, "remove": members})

    def give(self, user: str, *licences: str) -> None:
        self.stack.tell_cloud("graph/licences", {"user": user, "give": licences})

    def take(self, user: str, *licences: str) -> None:
        self.stack.tell_cloud("graph/licences", {"user": user, "take": licences})

    def change_user(self, user: str, **properties: Any) -> None:
        self.stack.tell_cloud("graph/users", {"user": user, **properties})

    def named(self, number: int) -> str:
        """The principal name of a user hired before."""
        return f"{self.name}{number:02d}@{DOMAIN}"

    def tell_changed(self, *users: str) -> None:
        """Say on the queue that something changed: of these users, or of the whole tenant."""
        about = {"type": "user", "userIds": [self.user_id(user) for user in users]} if users else {"type": "group"}
        put_change(self.stack, {"tenantId": self.name, **about, "at": self.stack.clock.now().isoformat()})

    def user_id(self, upn: str) -> str:
        return str(self.explain(upn)["user"]["id"])

    # The wizards
    def site(self, site: str, **place: Any) -> None:
        """Make one more site."""
        body = {"displayName": site.title(), "region": "westeurope", "resourceGroup": f"{site}-{self.name}", **place}
        self.portal.ask("PUT", f"{self.base}/sites/{site}", body)

    def connection(self, name: str = "Hosted", *, site: str = "main", **credentials: Any) -> str:
        """Save a connection and wait for its checks; return its id."""
        form = {
            "site": {"siteId": site},
            "credentials": {"joinType": "azureADJoin", "network": "hosted", **credentials},
            "name": {"displayName": name},
        }
        saved = self.portal.ask("POST", f"{self.base}/wizards/create-connection", form)
        return str(self.finish(saved, look=SELDOM)["resourceId"])

    def policy(self, name: str, connection: str, *groups: str, **configuration: Any) -> str:
        """Save a policy for groups; return its id. Provisioning has begun."""
        form = {
            "connection": {"connectionIds": [connection]},
            "image": {"imageType": "gallery", "imageId": GALLERY_IMAGE},
            "configuration": configuration,
            "groups": {"groupIds": groups},
            "detail": {"displayName": name},
        }
        saved = self.portal.ask("POST", f"{self.base}/wizards/create-provisioning-policy", form)
        return str(saved.body["id"])

    def assign(self, policy: str, *groups: str) -> Answer:
        """Replace the groups of a policy."""
        targets = [{"target": {"groupId": group}} for group in groups]
        return self.portal.ask("POST", f"{self.graph}/provisioningPolicies/{policy}/assign", {"assignments": targets})

    def only_policy(self) -> str:
        """The id of the only policy there is."""
        (policy,) = self.portal.pages(f"{self.graph}/provisioningPolicies")
        return str(policy["id"])

    def act(self, cloud_pc: Json, action: str, body: object = None) -> Json:
        """Send one of Graph's actions on a Cloud PC, and wait for what it begins; return the operation."""
        answer = self.portal.ask("POST", f"{self.graph}/cloudPCs/{cloud_pc['id']}/{action}", body)
        assert answer.status == NO_CONTENT
        return self.finish(answer, look=SELDOM)

    def finish(self, begun: Answer, *, look: timedelta = STEADILY) -> Json:
        """Wait for the operation that an answer points to; return it. Raises: PortalError if it does not succeed."""
        self.until(lambda: self.portal.is_over(begun), says="the operation is over", look=look)
        return self.portal.finish(begun)

    # What came of it
    def cloud_pcs(self, *only: str) -> list[Json]:
        """All Cloud PCs; whoever looks again and again names the properties that he wants, which costs less."""
        return list(self.portal.pages(f"{self.graph}/cloudPCs" + (f"?$select={','.join(only)}" if only else "")))

    def cloud_pcs_of(self, upn: str, *only: str) -> list[Json]:
        asked = ("userPrincipalName", *only) if only else ()
        return [pc for pc in self.cloud_pcs(*asked) if pc["userPrincipalName"] == upn]

    def cloud_pc_of(self, upn: str) -> Json:
        (found,) = self.cloud_pcs_of(upn)
        return found

    def timeline(self, cloud_pc_id: str) -> Json:
        answer: Json = self.portal.ask("GET", f"{self.base}/cloudPCs/{cloud_pc_id}/timeline").body
        return answer

    def explain(self, upn: str) -> Json:
        answer: Json = self.portal.ask("GET", f"{self.base}/explain?user={upn}").body
        return answer

    def until(self, what: Callable[[], Any], *, says: str, look: timedelta = STEADILY) -> Any:
        """Look each time *look* has passed until *what* gives something; return that, or fail with *says*.

        Where a test has slowed time on purpose, it goes on at that speed.
        """
        deadline = time.monotonic() + (_PATIENCE_SECONDS if self.stack.moves_time else _REAL_PATIENCE_SECONDS)
        looks = 0
        while (began := time.monotonic()) < deadline or (self.stack.moves_time and looks < _PATIENCE_LOOKS):
            looks += 1
            if found := what():
                return found
            if self.stack.moves_time and self.stack.clock.read().speed >= CALM:
                self.let_pass(look)
                pause = min(_LOOK_EVERY_SECONDS, look.total_seconds() / _PACE)
            else:
                pause = _LOOK_EVERY_SECONDS
            time.sleep(max(0.0, began + pause - time.monotonic()))
        message = "\n".join([f"never came to be: {says}; at {self.stack.clock.now()} there are", *self._standing()])
        raise AssertionError(message)

    def _standing(self) -> Iterator[str]:
        """Say how far every Cloud PC is, and what was last done to those that have not arrived."""
        for pc in self.cloud_pcs():
            if pc["status"] != "notProvisioned":
                yield f"{pc['userPrincipalName']} {pc['id']} {pc['status']}"
            if pc["status"] not in {"notProvisioned", "provisioned"}:
                told = self.timeline(pc["id"])
                yield f"  {told['title']} {told['percentComplete']} %"
                yield from (f"  {json.dumps(entry)}" for entry in told["entries"][-3:])

    def let_pass(self, length: timedelta) -> None:
        """Let time pass, with everything that falls due in it; fail when nothing moves any more.

        Time stands still while much is worked on: then the host's journal says that it goes on.
        """
        self.stack.clock.advance(length)
        clock = self.stack.clock
        seen, looked, deadline = None, 0.0, 0.0
        while clock.read().target_us:
            if (now := time.monotonic()) >= looked + _ALIVE_EVERY_SECONDS:
                if (reached := self._reached()) != seen:
                    seen, deadline = reached, now + _PATIENCE_SECONDS
                assert now < deadline, f"{length} have not passed: nothing moves at {clock.now()}"
                looked = now
            time.sleep(_GLANCE_SECONDS)

    def _reached(self) -> object:
        """Something that differs when time has passed or the host has written."""
        written = [file.stat().st_mtime_ns for file in self.stack.folder.glob("host.db*")]
        return self.stack.clock.now_us(), written

    def settled(self, upn: str, count: int = 1) -> Json:
        """Wait until a user's Cloud PCs have come to an end; return the first."""

        def are_settled(mine: Sequence[Json]) -> bool:
            return len(mine) >= count and all(pc["status"] in SETTLED for pc in mine)

        def look() -> list[Json]:
            mine = self.cloud_pcs_of(upn) if are_settled(self.cloud_pcs_of(upn, "status")) else []
            return mine if are_settled(mine) else []

        found: Sequence[Json] = self.until(look, says=f"{upn} has {count} settled Cloud PC(s)", look=SELDOM)
        return found[0]

    def reaches(self, upn: str, status: str) -> Json:
        """Wait until a user's only Cloud PC has *status*; return it."""

        def has(*only: str) -> Json | None:
            return next((pc for pc in self.cloud_pcs_of(upn, *only) if pc["status"] == status), None)

        found: Json = self.until(lambda: has("status") and has(), says=f"{upn} {status}")
        return found

    def pass_time(self, length: timedelta) -> None:
        """Advance the clock, with all work that falls due; skip the test on a host whose clock cannot be advanced."""
        if not self.stack.moves_time:
            pytest.skip("time is moved, which only the embedded host follows")
        self.let_pass(length)

    def pass_time_to(self, moment: datetime) -> None:
        """Let time pass to a moment, or none if that is over: what a wait has let pass too much is not added to it."""
        self.pass_time(max(timedelta(0), moment - self.stack.clock.now()))

    def break_cloud(self, op: str, do: Mapping[str, Any], **when: Any) -> None:
        """Let an ARM operation fail in this tenant's subscription only."""
        match = {"op": op, "path": f"*/subscriptions/{self.subscription}/*"}
        rule = {"id": f"{self.name}-{op}", "match": match, "do": dict(do), "when": when}
        self.stack.tell_cloud("faults", rule)

    def mend_cloud(self, op: str) -> None:
        """Let it work again."""
        self.break_cloud(op, {"kind": "delay", "add": 0}, max_hits=0)

    def devices(self, name: str) -> list[Json]:
        """Devices of one name in the simulated directory."""
        found = self.stack.ask_cloud("state?view=directory&kind=device")
        return [each for each in found[TENANT_ID] if each["displayName"] == name]

    def powers(self) -> list[str]:
        """The power states of this tenant's machines, sorted."""
        return sorted(str(each["facts"].get("power")) for each in self.machines())

    def invariants(self) -> list[Json]:
        """Invariants that the simulated cloud finds violated in this tenant's subscription or with its names."""
        found = self.stack.ask_cloud("invariants")["findings"]
        return [each for each in found if self.subscription in str(each) or self.name in str(each)]

    def removals(self) -> list[Json]:
        """The removals that wait to be confirmed."""
        return list(self.portal.ask("GET", f"{self.base}/removals").body["value"])

    def machines(self, kind: str = "Microsoft.Compute/virtualMachines") -> list[Json]:
        """Resources of a type in the simulated cloud in this tenant's subscription."""
        found = self.stack.ask_cloud(f"state?type={kind}")
        return [each for each in found if f"/subscriptions/{self.subscription}/" in each["id"]]
