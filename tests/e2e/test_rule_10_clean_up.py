"""docs/notes/product.md 3.10: what a clean-up cannot remove is told, tried again, and gone in the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.office import SMALL, Office

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]


def provisioned(office: Office) -> tuple[str, dict[str, Any]]:
    """Give a user a Cloud PC; return the user and the Cloud PC."""
    user = office.user(1, SMALL)
    office.policy("Desks", office.connection(), office.group("Everybody", user, office.user(90)))
    return user, office.settled(user)


def left(office: Office, user: str, code: str) -> str:
    """Take it away; return what the Cloud PC says its clean-up could not remove."""
    office.take(user, SMALL)
    office.tell_changed(user)
    office.act(office.reaches(user, "inGracePeriod"), "endGracePeriod")

    def said() -> str:
        message = str((office.cloud_pc_of(user)["statusDetail"] or {}).get("message"))
        return message if code in message else ""

    return str(office.until(said, says=f"{code} is told"))


def test_a_lock_is_told_and_when_it_has_gone_everything_goes(open_office: OpenOffice) -> None:
    office = open_office({"cleanUpDelayInHours": 0})
    user, pc = provisioned(office)
    lock = f"/subscriptions/{office.subscription}/resourceGroups/pcs-{office.name}"
    office.stack.tell_cloud("config", {"locks": [lock]})
    told = left(office, user, "ScopeLocked")
    assert told.startswith("It could not be removed: ")
    assert office.cloud_pc_of(user)["status"] == "deprovisioning"
    assert len(office.machines()) == 1
    assert office.devices(pc["managedDeviceName"]) == []  # the lock did not stop what it does not hold
    office.finish(office.portal.ask("POST", f"{office.base}/orphans/scan"))
    assert office.portal.ask("GET", f"{office.base}/orphans").body["value"] == []  # its clean-up is still to come
    office.stack.tell_cloud("config", {"locks": []})
    office.until(lambda: not office.cloud_pcs_of(user), says="the record is gone")
    assert office.machines() == []
    assert office.invariants() == []


def test_a_deletion_that_was_half_done_is_finished(open_office: OpenOffice) -> None:
    office = open_office({"cleanUpDelayInHours": 0})
    user, pc = provisioned(office)
    (device,) = office.devices(pc["managedDeviceName"])
    rule = {
        "id": f"{office.name}-device-stays",
        "match": {"op": "graph.device.delete*", "path": f"*{device['id']}*"},
        "do": {"kind": "http", "status": 503, "code": "serviceUnavailable", "message": "The service is unavailable."},
    }
    office.stack.tell_cloud("faults", rule)
    left(office, user, "serviceUnavailable")
    assert office.machines() == []  # the machine went, its device did not
    assert office.devices(pc["managedDeviceName"])
    office.stack.tell_cloud("faults", {**rule, "when": {"max_hits": 0}})
    office.until(lambda: not office.cloud_pcs_of(user), says="the record is gone")
    assert office.devices(pc["managedDeviceName"]) == []
    assert office.invariants() == []
