"""Somebody deletes machines of Cloud PCs in Azure: it is found, said, counted, and cured by a reprovision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from local.portal import PortalError
from tests.e2e.identity import delete_resource
from tests.e2e.office import SMALL, Office

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
GONE = "machineGone"


def delete_machine(office: Office, pc: dict[str, Any]) -> None:
    """Delete the machine of a Cloud PC by hand, and wait until Azure has done so."""
    before = office.machines()
    (machine,) = (each for each in before if each["id"].endswith(f"/cpc-{pc['id']}"))
    delete_resource(office.stack, f"{machine['id']}?api-version=2026-04-01")
    office.until(lambda: len(office.machines()) < len(before), says="the machine is deleted")


def counted(office: Office) -> int:
    return int(office.portal.ask("GET", f"{office.base}/summary").body["machinesGone"])


def information(pc: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in pc["statusDetail"]["additionalInformation"]}


def test_a_scan_finds_the_machines_that_are_gone_and_a_reprovision_cures_them(open_office: OpenOffice) -> None:
    office = open_office()
    ada, bob, eve = (office.user(number, SMALL) for number in (1, 2, 3))
    group = office.group("Everybody", ada, bob, eve)
    office.policy("Desks", office.connection(), group)
    lost, kept, leaving = (office.settled(each) for each in (ada, bob, eve))
    office.leave(group, eve)
    office.tell_changed(eve)
    office.reaches(eve, "inGracePeriod")
    for pc in (lost, leaving):
        delete_machine(office, pc)

    office.finish(office.portal.ask("POST", f"{office.base}/orphans/scan"))
    failed, stays = office.cloud_pc_of(ada), office.cloud_pc_of(eve)
    assert (failed["status"], failed["statusDetail"]["code"]) == ("failed", GONE)
    told = information(failed)
    assert told["advice"].startswith("The machine is gone: reprovision")
    assert told["evidence"].count("404 ResourceNotFound") == len(("the first question", "the second"))
    assert f"/cpc-{lost['id']}" in told["evidence"]
    assert (stays["status"], stays["statusDetail"]["code"]) == ("inGracePeriod", GONE)
    assert office.cloud_pc_of(bob) == kept
    assert counted(office) == len((ada, eve))

    office.join(group, eve)
    office.tell_changed(eve)
    back = office.reaches(eve, "failed")  # and not provisioned, as if all was well
    assert back["statusDetail"]["code"] == GONE
    office.act(failed, "reprovision")
    built = office.settled(ada)
    assert (built["status"], built["statusDetail"]) == ("provisioned", None)
    assert built["managedDeviceName"] != lost["managedDeviceName"]
    assert counted(office) == 1


def test_an_action_that_fails_finds_at_once_that_the_machine_is_gone(open_office: OpenOffice) -> None:
    office = open_office()
    user = office.user(1, SMALL)
    office.policy("Desks", office.connection(), office.group("Everybody", user))
    pc = office.settled(user)
    delete_machine(office, pc)
    with pytest.raises(PortalError, match=GONE):
        office.act(pc, "reboot")
    failed = office.cloud_pc_of(user)
    assert (failed["status"], failed["statusDetail"]["code"]) == ("failed", GONE)
    assert information(failed)["advice"].startswith("The machine is gone: reprovision")
