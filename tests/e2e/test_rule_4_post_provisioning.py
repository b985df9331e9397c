"""Product rule 4: post-provisioning; each failure is a warning, and a step can be run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.portal import PortalError
from local.stack import Stack
from tests.e2e.office import MEDIUM, Office

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
MARKS = {
    "setLocale",
    "hidePowerIcons",
    "disableWindowsReset",
    "assignLocalAdministrator",
    "setTeamsVdiMode",
    "enableTimeZoneRedirection",
    "setRedirections",
    "enableVirtualizationBasedSecurity",
    "resizeOsPartition",
}
"""The steps that leave their mark on a machine whose user is its administrator."""


@pytest.fixture
def scripts(stack: Stack) -> Iterator[Callable[..., None]]:
    """Decide how post-provisioning steps end; afterwards they work again."""

    def decide(*outcomes: dict[str, object]) -> None:
        stack.tell_cloud("config", {"scriptOutcomes": list(outcomes)})

    yield decide
    decide()


def staffed(office: Office, **configuration: object) -> str:
    upn = office.user(1, MEDIUM)
    office.policy("Everyone", office.connection(), office.group("staff", upn), **configuration)
    return upn


@pytest.fixture(scope="module")
def configured(shared_office: Office) -> dict[str, Any]:
    """The Cloud PC of the office that tests here share: every step has run."""
    return shared_office.settled(staffed(shared_office, localAdminEnabled=True))


def test_all_steps_leave_their_mark_on_the_machine(shared_office: Office, configured: dict[str, Any]) -> None:
    assert configured["status"] == "provisioned"
    (vm,) = shared_office.machines()

    assert set(vm["facts"]["steps"]) == MARKS
    assert vm["facts"]["partitionGb"] == 128


def test_a_failed_step_is_a_warning_and_the_others_run(open_office: OpenOffice, scripts: Callable[..., None]) -> None:
    office = open_office()
    scripts({"step": "disableWindowsReset", "message": "reagentc: access denied"})
    pc = office.settled(staffed(office, localAdminEnabled=True))
    (vm,) = office.machines()

    assert pc["status"] == "provisionedWithWarnings"
    assert "reagentc: access denied" in pc["statusDetail"]["message"]
    assert set(vm["facts"]["steps"]) == MARKS - {"disableWindowsReset"}


def told_to(office: Office) -> dict[str, str]:
    """The parameters of the run command that configured the only machine."""
    (command,) = [
        each
        for each in office.machines("Microsoft.Compute/virtualMachines/runCommands")
        if each["id"].endswith("/deskwright-configuration")
    ]
    return {each["name"]: each["value"] for each in command["body"]["properties"]["parameters"]}


def test_the_machine_has_the_security_defaults_of_its_policy_until_it_is_built_again(open_office: OpenOffice) -> None:
    office = open_office()
    chosen = {"clipboard": True, "printers": True, "virtualizationBasedSecurity": False}
    upn = staffed(office, securityDefaults=chosen)
    pc = office.settled(upn)
    (vm,) = office.machines()
    (pool,) = office.machines("Microsoft.DesktopVirtualization/hostPools")
    address = f"{office.graph}/provisioningPolicies/{office.only_policy()}"
    shown = office.portal.ask("GET", address).body["@deskwright.securityDefaults"]

    assert shown == {**chosen, "drives": False, "usbDevices": False}
    assert told_to(office)["Redirections"] == "clipboard,printers"
    assert "setRedirections" in vm["facts"]["steps"]
    assert "enableVirtualizationBasedSecurity" not in vm["facts"]["steps"]
    assert "redirectclipboard:i:1" in pool["body"]["properties"]["customRdpProperty"]
    assert vm["body"]["properties"]["securityProfile"]["uefiSettings"] == {
        "secureBootEnabled": True,
        "vTpmEnabled": True,
    }

    office.portal.ask("PATCH", address, {"@deskwright.securityDefaults": {"clipboard": False, "drives": True}})
    drifted = office.cloud_pc_of(upn)
    assert drifted["@deskwright.drift"]["differs"] == ["@deskwright.securityDefaults"]
    assert told_to(office)["Redirections"] == "clipboard,printers"
    office.finish(office.portal.ask("POST", f"{office.base}/cloudPCs/{pc['id']}/reprovision", {}))
    office.settled(upn)
    assert told_to(office)["Redirections"] == "drives,printers"
    assert office.cloud_pc_of(upn)["@deskwright.drift"]["drifted"] is False


def test_running_the_failed_step_again_gives_provisioned(open_office: OpenOffice, scripts: Callable[..., None]) -> None:
    office = open_office()
    scripts(
        {"step": "disableWindowsReset", "message": "not now"},
        {"step": "setTeamsVdiMode", "message": "not now either"},
    )
    upn = staffed(office)
    pc = office.settled(upn)
    scripts()
    again = f"{office.base}/cloudPCs/{pc['id']}/rerunStep"
    office.finish(office.portal.ask("POST", again, {"step": "disableWindowsReset"}))
    halfway = office.cloud_pc_of(upn)
    office.finish(office.portal.ask("POST", again, {"step": "setTeamsVdiMode"}))

    assert halfway["status"] == "provisionedWithWarnings"
    assert "disableWindowsReset" not in halfway["statusDetail"]["message"]
    assert office.cloud_pc_of(upn)["status"] == "provisioned"


def test_the_warning_of_the_display_language_is_cured_by_its_step(
    open_office: OpenOffice, scripts: Callable[..., None]
) -> None:
    office = open_office()
    scripts({"step": "setLocale", "message": "no such language"})
    upn = staffed(office)
    pc = office.settled(upn)
    again = f"{office.base}/cloudPCs/{pc['id']}/rerunStep"
    with pytest.raises(PortalError, match="no such language"):
        office.finish(office.portal.ask("POST", again, {"step": "setLocale"}))
    still = office.cloud_pc_of(upn)
    scripts()
    office.finish(office.portal.ask("POST", again, {"step": "setLocale"}))

    assert still["statusDetail"]["message"].count("setLocale") == 1
    assert office.cloud_pc_of(upn)["status"] == "provisioned"


def test_a_step_that_is_no_warning_is_not_run_again(shared_office: Office, configured: dict[str, Any]) -> None:
    path = f"{shared_office.base}/cloudPCs/{configured['id']}/rerunStep"
    answer = shared_office.portal.send("POST", path, {"step": "disableWindowsReset"})

    assert answer.status == 409
