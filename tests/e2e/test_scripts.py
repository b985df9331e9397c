"""Apps and scripts of a policy on real builds: in order, with versions, warning or blocking, and run again alone."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.portal import PortalError
from local.stack import Stack
from tests.e2e.office import MEDIUM, Office

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]


@pytest.fixture
def outcomes(stack: Stack) -> Iterator[Callable[..., None]]:
    """Decide how scripts end; afterwards they work again."""

    def decide(*entries: dict[str, object]) -> None:
        stack.tell_cloud("config", {"scriptOutcomes": list(entries)})

    yield decide
    decide()


def script(office: Office, name: str, **content: str) -> str:
    """Save a script or an app; return its id."""
    body = {"displayName": name, **(content or {"scriptContent": base64.b64encode(b"Get-Date").decode()})}
    return str(office.portal.ask("POST", f"{office.graph}/deviceManagementScripts", body).body["id"])


def staffed(office: Office, *scripts: dict[str, Any]) -> str:
    upn = office.user(1, MEDIUM)
    office.policy("Everyone", office.connection(), office.group("staff", upn), scripts=list(scripts))
    return upn


def runs(office: Office, cloud_pc_id: str) -> list[tuple[str, str]]:
    """The scripts in the timeline, each with its outcome."""
    entries = office.timeline(cloud_pc_id)["entries"]
    return [
        (each["note"], each["outcome"])
        for each in entries
        if each["step"] == "runScripts" and "version" in each.get("note", "")
    ]


def reaches_the_machine(office: Office, upn: str, outcomes: Callable[..., None]) -> None:
    """Check that the new version of a script runs on the Cloud PC that is there, once it does not fail."""
    assert office.cloud_pc_of(upn)["@deskwright.drift"]["inPlace"] == ["@deskwright.scripts"]
    apply = f"{office.base}/cloudPCs/{office.cloud_pc_of(upn)['id']}/applySettings"
    outcomes({"step": "runScript", "message": "no such host"})
    with pytest.raises(PortalError, match="no such host"):
        office.finish(office.portal.ask("POST", apply, {}))
    assert office.cloud_pc_of(upn)["@deskwright.drift"]["drifted"]
    outcomes()
    office.finish(office.portal.ask("POST", apply, {}))
    assert not office.cloud_pc_of(upn)["@deskwright.drift"]["drifted"]
    versions = [(each["displayName"], each["version"]) for each in office.cloud_pc_of(upn)["@deskwright.scripts"]]
    assert versions == [("7-Zip", 1), ("Clock", 2)]


def test_a_script_that_fails_warns_and_is_run_again_alone(
    open_office: OpenOffice, outcomes: Callable[..., None]
) -> None:
    office = open_office()
    app = script(office, "7-Zip", packageId="7zip.7zip")
    clock = script(office, "Clock")
    outcomes({"step": "installPackage", "message": "winget ended with 1"})
    upn = staffed(office, {"scriptId": app}, {"scriptId": clock, "onFailure": "block", "timeoutInMinutes": 5})
    pc = office.settled(upn)
    assert pc["status"] == "provisionedWithWarnings"
    assert "7-Zip: 7-Zip (version 1) failed: winget ended with 1" in pc["statusDetail"]["message"]
    assert runs(office, pc["id"]) == [("7-Zip (version 1)", "warned"), ("Clock (version 1)", "succeeded")]
    assert [each["displayName"] for each in pc["@deskwright.scripts"]] == ["7-Zip", "Clock"]
    commands = {
        each["id"].rpartition("/")[2]: each["body"]["properties"]
        for each in office.machines("Microsoft.Compute/virtualMachines/runCommands")
    }
    assert commands["deskwright-script-1"]["timeoutInSeconds"] == 300
    assert "Get-Date" not in commands["deskwright-script-1"]["source"]["script"]  # in Base64 alone

    again = f"{office.base}/cloudPCs/{pc['id']}/rerunStep"
    with pytest.raises(PortalError, match="winget ended with 1"):
        office.finish(office.portal.ask("POST", again, {"step": "7-Zip"}))
    outcomes()
    office.finish(office.portal.ask("POST", again, {"step": "7-Zip"}))
    assert office.cloud_pc_of(upn)["status"] == "provisioned"

    newer = {"scriptContent": base64.b64encode(b"Get-Host").decode()}
    office.portal.ask("PATCH", f"{office.graph}/deviceManagementScripts/{clock}", newer)
    reaches_the_machine(office, upn, outcomes)
    refused = office.portal.send("DELETE", f"{office.graph}/deviceManagementScripts/{clock}")
    assert refused.status == 409


def test_nobody_gets_a_cloud_pc_without_a_script_that_blocks(
    open_office: OpenOffice, outcomes: Callable[..., None]
) -> None:
    office = open_office()
    clock = script(office, "Clock")
    outcomes({"step": "runScript", "message": "no such server"})
    upn = staffed(office, {"scriptId": clock, "onFailure": "block"})
    pc = office.settled(upn)
    assert pc["status"] == "failed"
    assert pc["statusDetail"]["code"] == "scriptFailed"
    assert [outcome for _, outcome in runs(office, pc["id"])] == ["failed"] * 3
    outcomes()
    office.finish(office.portal.ask("POST", f"{office.base}/cloudPCs/{pc['id']}/retry", {}))
    assert office.cloud_pc_of(upn)["status"] == "provisioned"
