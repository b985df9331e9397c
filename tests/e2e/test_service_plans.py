"""Hardware for a licence: a tenant's own service plans, and those that are switched off for a user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from local.portal import PortalError
from tests.e2e.office import MEDIUM, SELDOM, SMALL, Office

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]

GRAPHICS = "Standard_NV6ads_A10_v5"
PLAN = {"displayName": "Graphics", "vCpuCount": 6, "ramInGB": 36, "storageInGB": 256, "vmSizes": [GRAPHICS]}


def define(office: Office, part_number: str, **changed: Any) -> dict[str, Any]:
    """Set the tenant's only service plan; return the tenant."""
    body = {"settings": {"servicePlans": {part_number: {**PLAN, **changed}}}}
    tenant: dict[str, Any] = office.portal.ask("PATCH", office.base, body).body
    return tenant


def hardware(office: Office) -> list[tuple[str, int]]:
    shown = [each["body"]["properties"] for each in office.machines()]
    return [(vm["hardwareProfile"]["vmSize"], vm["storageProfile"]["osDisk"]["diskSizeGB"]) for vm in shown]


def test_a_tenants_service_plan_decides_the_machine_and_a_rebuild_takes_todays(open_office: OpenOffice) -> None:
    office = open_office()
    assert define(office, SMALL)["settings"]["servicePlans"] == {SMALL: PLAN}
    offered = {each["displayName"]: each for each in office.portal.pages(f"{office.graph}/servicePlans")}
    assert (offered["Graphics"]["vCpuCount"], offered["Graphics"]["ramInGB"]) == (6, 36)

    user = office.user(1, SMALL)
    office.policy("Designers", office.connection(), office.group("designers", user))
    built = office.settled(user)
    assert (built["status"], built["servicePlanName"]) == ("provisioned", "Graphics")
    assert hardware(office) == [(GRAPHICS, 256)]

    define(office, SMALL, storageInGB=512)
    assert hardware(office) == [(GRAPHICS, 256)]
    office.act(built, "reprovision")
    office.settled(user)
    assert hardware(office) == [(GRAPHICS, 512)]


@pytest.mark.parametrize(
    ("changed", "pointer", "says"),
    [
        ({"vCpuCount": 8}, "/vmSizes/0", "has 6 vCPUs; name sizes with at least 8"),
        ({"vmSizes": ["Standard_NV6"]}, "/vmSizes/0", "cannot start with Trusted Launch"),
        ({"vmSizes": [GRAPHICS, "Standard_X9s_v9"]}, "/vmSizes/1", "name a size that it offers"),
        ({"vmSizes": ["NV6"]}, "/vmSizes/0", "write the name of an Azure VM size"),
        ({"vmSizes": [GRAPHICS, GRAPHICS.lower().replace("standard_nv", "Standard_NV")]}, "/vmSizes", "is named twice"),
        ({"storageInGB": 5000}, "/storageInGB", "at most 4095"),
    ],
)
def test_hardware_that_cannot_be_is_refused(
    shared_office: Office, changed: dict[str, Any], pointer: str, says: str
) -> None:
    with pytest.raises(PortalError) as refused:
        define(shared_office, SMALL, **changed)
    assert f"/settings/servicePlans/{SMALL}{pointer}" in str(refused.value)
    assert says in str(refused.value)


def test_a_service_plan_that_is_switched_off_for_a_user_gives_no_cloud_pc(open_office: OpenOffice) -> None:
    office = open_office()
    without, other = office.user(1), office.user(2, SMALL)
    give = {"user": without, "give": [SMALL, MEDIUM], "disabledPlans": [SMALL, MEDIUM]}
    office.stack.tell_cloud("graph/licences", give)
    office.policy("Everyone", office.connection(), office.group("staff", without, other))
    office.settled(other)
    assert office.cloud_pcs_of(without) == []
    assert "licence" in office.explain(without)["verdict"]

    office.stack.tell_cloud("graph/licences", {**give, "disabledPlans": [MEDIUM]})
    office.tell_changed(without)
    office.until(lambda: len(office.cloud_pcs_of(without, "status")) == 1, says="one Cloud PC", look=SELDOM)
    assert office.settled(without)["status"] == "provisioned"
