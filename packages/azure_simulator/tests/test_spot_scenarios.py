"""The scenarios of virtual desktops, in a small office: what each says that Azure does, it does."""

import json
from typing import Any

from packages.azure_simulator.tests.bodies import IMAGE, REGION, nic_body, vm_body
from packages.azure_simulator.tests.desks import POOL, Office
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, SUB, VMS

CAST = {"subscription": SUB.rpartition("/")[2], "hostPool": "desks", "group0": "staff"}
FSLOGIX = """
# step: configureProfiles
Set-Value 'HKLM:\\SOFTWARE\\FSLogix\\Profiles' 'Enabled' 1
Set-Value 'HKLM:\\SOFTWARE\\FSLogix\\Profiles' 'VHDLocations' '\\\\files.contoso.example\\profiles'
"""


def activate(office: Office, number: int) -> None:
    office.app.sim("POST", f"scenarios/{number}", CAST)


def happened(office: Office) -> list[Any]:
    return [act for event in office.app.sim("GET", "events") for act in event["cameTo"]]


def in_gallery(office: Office, name: str, **reference: Any) -> tuple[str, str]:
    """Make a machine from an image; give the status and code that its creation ends with."""
    nic = office.app.request("PUT", f"{NETWORK}/networkInterfaces/{name}-nic", nic_body(office.subnet))
    office.app.send("PUT", f"{VMS}/{name}", vm_body(nic["id"], image=reference, computer=name.upper()))
    office.pass_time()
    (operation,) = office.app.sim("GET", f"operations?kind=vm.create&target=*{name}")
    return operation["status"], (operation["error"] or {}).get("code", "")


def version_of(office: Office, source: str) -> str:
    """Put a version of an image into a gallery; give its id."""
    gallery = f"{GROUP}/providers/Microsoft.Compute/galleries/gallery"
    identifier = {"publisher": "p", "offer": "o", "sku": "s"}
    trusted = {"features": [{"name": "SecurityType", "value": "TrustedLaunch"}], "hyperVGeneration": "V2"}
    about = {"osType": "Windows", "osState": "Generalized", "identifier": identifier, **trusted}
    office.app.request("PUT", gallery, {"location": REGION})
    office.app.request("PUT", f"{gallery}/images/image", {"location": REGION, "properties": about})
    office.pass_time()
    profile = {"storageProfile": {"source": {"virtualMachineId": source}}}
    office.app.send("PUT", f"{gallery}/images/image/versions/0.0.1", {"location": REGION, "properties": profile})
    office.pass_time()
    return f"{gallery}/images/image/versions/0.0.1"


def generalized(office: Office) -> str:
    machine = office.machine("source")
    office.script("source", "# step: generalize\n")
    office.app.request("POST", f"{machine}/deallocate")
    office.pass_time()
    office.app.request("POST", f"{machine}/generalize")
    return machine


def test_20_machines_of_a_gallery_version_fail_and_those_of_the_marketplace_do_not() -> None:
    office = Office()
    version = version_of(office, generalized(office))
    activate(office, 20)
    assert in_gallery(office, "test", id=version) == ("Failed", "OSProvisioningClientError")
    assert in_gallery(office, "temporary", **IMAGE)[0] == "Succeeded"


def test_58_the_first_two_hosts_never_register() -> None:
    office = Office()
    activate(office, 58)
    for number in (1, 2, 3):
        office.host(f"host-{number}")
    hosts = office.app.request("GET", f"{POOL}/sessionHosts")["value"]
    assert [each["name"] for each in hosts] == ["desks/HOST-3"]


def test_59_hosts_need_assistance_for_two_hours_and_take_sessions() -> None:
    office = Office()
    host = office.host("host-1")
    activate(office, 59)
    seen: list[tuple[str, str]] = []
    for wait in (3_500, 200, 7_200):
        office.pass_time(wait)
        seen.append((office.status(host), office.sign_in(office.users[len(seen)])["outcome"]))
    assert seen == [("Available", "signedIn"), ("NeedsAssistance", "signedIn"), ("Available", "signedIn")]


def test_60_the_profile_share_goes_away() -> None:
    office = Office()
    host = office.host("host-1")
    office.script("host-1", FSLOGIX)
    activate(office, 60)
    for number in (2, 3, 4):
        office.machine(f"host-{number}")
    assert office.status(host) == "FSLogixNotHealthy"
    assert office.sign_in(office.users[0])["reason"] == "NoHostAvailable"


def test_61_a_host_that_was_off_for_two_days_has_to_register_again() -> None:
    office = Office()
    host = office.host("host-1")
    activate(office, 61)
    office.power("host-1", "deallocate")
    office.pass_time(2 * 86_400)
    office.power("host-1", "start")
    assert office.status(host) == "Unavailable"


def test_62_the_capture_fails_twice() -> None:
    office = Office()
    source = generalized(office)
    activate(office, 62)
    ends = []
    for _ in range(3):
        version = version_of(office, source)
        ends.append(office.app.request("GET", version)["properties"]["provisioningState"])
        if ends[-1] == "Failed":
            office.app.request("DELETE", version)
            office.pass_time()
    assert ends == ["Failed", "Failed", "Succeeded"]


def test_63_the_report_of_a_machine_says_what_is_wrong() -> None:
    office = Office()
    office.machine("host-1")
    activate(office, 63)
    office.script("host-1", "# step: checkWindows\n# step: checkJoin\n")
    command = office.app.request("GET", f"{VMS}/host-1/runCommands/set?$expand=instanceView&api-version=2026-04-01")
    lines = command["properties"]["instanceView"]["output"].splitlines()
    assert [json.loads(line)["ok"] for line in lines] == [False, True]


def test_64_everybody_comes_at_once() -> None:
    office = Office(10)
    office.host("host-1")
    activate(office, 64)
    office.pass_time(7_200 + 301)
    assert [act["status"] for act in happened(office)] == [201]
    assert office.view["signIns"] == {"signedIn": 10}


def test_65_the_machine_is_evicted_and_there_is_no_other_for_a_while() -> None:
    office = Office(1)
    host = office.host("host-1", priority="Spot", evictionPolicy="Deallocate")
    office.sign_in(office.users[0])
    activate(office, 65)
    office.pass_time(7_300)
    assert (office.status(host), office.view["ended"]) == ("NoHeartbeat", {"evicted": 1})
    office.power("host-1", "start")
    assert office.status(host) == "NoHeartbeat"
    office.pass_time(3_000)
    office.power("host-1", "start")
    assert office.status(host) == "Available"


def test_66_the_drain_comes_off() -> None:
    office = Office()
    host = office.host("host-1")
    activate(office, 66)
    office.app.request("PATCH", host, {"properties": {"allowNewSession": False}})
    assert office.app.request("GET", host)["properties"]["allowNewSession"] is True
    office.app.request("PATCH", host, {"properties": {"allowNewSession": False}})
    assert office.app.request("GET", host)["properties"]["allowNewSession"] is False


def test_67_the_list_of_hosts_fails_half_of_the_time() -> None:
    office = Office()
    office.host("host-1")
    activate(office, 67)
    statuses = [office.app.send("GET", f"{POOL}/sessionHosts").status for _ in range(40)]
    assert set(statuses) == {200, 503}
    assert 8 < statuses.count(503) < 32
