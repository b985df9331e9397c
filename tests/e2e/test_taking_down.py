"""A tenant that was really used is taken down in the order of docs/api.md, and nothing of it stays in Azure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from azure_simulator.seeds import TENANT_ID

from tests.e2e.office import GALLERY_IMAGE, MEDIUM, NO_CONTENT, SELDOM, SMALL, Office

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
CONFLICT = 409
GROUP = "microsoft.resources/resourcegroups"
"""Type that stays: the resource groups, empty."""


def use(office: Office) -> list[str]:
    """Give three people Cloud PCs at two sites, one of them two; return the computer names."""
    here = office.connection()
    office.site("north", region="northeurope")
    there = office.connection("North", site="north")
    form = {
        "name": {"displayName": "Desktop"},
        "site": {"siteId": "main"},
        "version": {"version": "1.0.0"},
        "source": {"galleryImageId": GALLERY_IMAGE},
    }
    built = office.finish(office.portal.ask("POST", f"{office.base}/wizards/create-device-image", form), look=SELDOM)
    ada, ben, eve = office.user(1, SMALL, MEDIUM), office.user(2, SMALL), office.user(3, SMALL)
    own = {
        "connection": {"connectionIds": [here]},
        "image": {"imageType": "custom", "imageId": built["resourceId"]},
        "configuration": {},
        "groups": {"groupIds": [office.group("here", ada, ben)]},
        "detail": {"displayName": "Here"},
    }
    office.portal.ask("POST", f"{office.base}/wizards/create-provisioning-policy", own)
    office.policy("There", there, office.group("there", eve))
    office.settled(ada, 2)
    office.settled(ben)
    office.settled(eve)
    office.act(office.cloud_pc_of(ben), "createSnapshot")
    office.act(office.cloud_pc_of(eve), "reprovision", {})
    office.settled(eve)
    assert statuses(office) == {"provisioned"}
    return [pc["managedDeviceName"] for pc in built_ones(office)]


def built_ones(office: Office) -> list[Any]:
    """The Cloud PCs that there are: people of the directory without one are listed too."""
    return [pc for pc in office.cloud_pcs() if pc["status"] != "notProvisioned"]


def statuses(office: Office) -> set[str]:
    return {pc["status"] for pc in office.cloud_pcs("status")} - {"notProvisioned"}


def left(office: Office) -> dict[str, list[str]]:
    """Resources of the simulated cloud in the tenant's subscription, by type."""
    types: Any = office.stack.ask_cloud("state")["types"]
    found = {kind: [str(each["id"]) for each in office.machines(kind)] for kind in types}
    return {kind: ids for kind, ids in found.items() if ids}


def empty_the_groups(office: Office) -> None:
    """End every Cloud PC: nobody is targeted, the brake is told that it is meant, the grace periods end."""
    office.portal.ask("PATCH", office.base, {"settings": {"removeSecurityGroups": True}})
    for policy in list(office.portal.pages(f"{office.graph}/provisioningPolicies")):
        office.finish(office.assign(policy["id"]), look=SELDOM)

    def all_leave() -> bool:
        for waiting in office.removals():
            office.portal.ask("POST", f"{office.base}/cloudPCs/{waiting['cloudPcId']}/confirmRemoval")
        return statuses(office) == {"inGracePeriod"}

    office.until(all_leave, says="everybody is in the grace period")
    for pc in built_ones(office):
        office.portal.ask("POST", f"{office.graph}/cloudPCs/{pc['id']}/endGracePeriod")
    office.until(lambda: not statuses(office), says="every Cloud PC is gone", look=SELDOM)


def delete_what_there_is(office: Office) -> None:
    """Delete policies, images, connections and sites, in this order."""
    for kind in ("provisioningPolicies", "deviceImages", "onPremisesConnections"):
        for each in list(office.portal.pages(f"{office.graph}/{kind}")):
            gone = office.portal.ask("DELETE", f"{office.graph}/{kind}/{each['id']}")
            if "location" in gone.headers or "operation-location" in gone.headers:
                office.finish(gone, look=SELDOM)
    for site in ("main", "north"):
        office.portal.ask("DELETE", f"{office.base}/sites/{site}")


@pytest.mark.long
def test_a_tenant_after_real_use_leaves_nothing_behind(open_office: OpenOffice) -> None:
    office = open_office()
    names = use(office)
    used = left(office)
    kinds = {kind.rpartition("/")[2].lower() for kind in used}
    assert {"virtualmachines", "natgateways", "virtualnetworks", "hostpools", "galleries", "roleassignments"} <= kinds
    assert len(used["microsoft.network/natgateways"]) == 2

    early = office.portal.send("DELETE", office.base)
    empty_the_groups(office)
    delete_what_there_is(office)
    waits = office.portal.send("DELETE", office.base)
    office.until(
        lambda: office.portal.send("DELETE", office.base).status == NO_CONTENT, says="the tenant can be deleted"
    )

    assert (early.status, early.body["details"]["inTheWay"]["cloudPCs"]) == (CONFLICT, 4)
    assert (waits.status, set(waits.body["details"]["inTheWay"])) == (CONFLICT, {"orphanScan"})
    assert set(left(office)) == {GROUP}
    assert [device for name in names for device in office.devices(name)] == []
    assert office.portal.send("GET", office.base).status == 404
    directory: Any = office.stack.ask_cloud("state?view=directory&kind=device")
    assert [each for each in directory[TENANT_ID] if office.name in str(each)] == []
