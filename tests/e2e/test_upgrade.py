"""The app of an earlier release is replaced by this one while it works: nothing is lost and nothing is done twice."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from deployment import packaging
from local.board import READY
from local.journey import Journey, licences
from local.options import APP
from local.stack import Stack
from tests.e2e.conftest import StartStack
from tests.e2e.office import GALLERY_IMAGE, SMALL, Json, Office
from tests.e2e.test_session_hosts import hosts, pooled, ready

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    pytest.mark.timeout(900),
    pytest.mark.embedded_only("the state of a host is given to the next one"),
]

BEFORE = "7d9197ab705a0f01fde641e8feb9cfbfddda1796"
"""The last commit whose lists are not kept beside the records; it knows no user settings either (decisions 53, 54)."""
STEP_BACK = "babab5fd3be14494db42bfa655a341bcc3e9aec9"
"""The commit to go back to. It keeps the fields of records that it does not know; commits before 28e722e4 do not."""
BEFORE_RELEASES = "87c5b6bc"
"""The commit without warm pools, notices and costs: it knows neither their fields of records nor their due rows.

It is the last release as long as none has a tag.
"""
USERS = 5
LOOK_EVERY_SECONDS = 0.1


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """The app as it was, in a folder of its own."""
    return app_of(BEFORE, tmp_path)


@pytest.fixture
def last_release(tmp_path: Path) -> Path:
    """The package of the last release, unpacked in a folder of its own."""
    checkout, package = app_of(last_release_in(APP), tmp_path), tmp_path / "package"
    for name in packaging.files(checkout):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(checkout / name, package / name)
    assert not (package / "tests").exists()
    return package


@pytest.fixture
def step_back(tmp_path: Path) -> Path:
    """The app of the release before, in a folder of its own."""
    return app_of(STEP_BACK, tmp_path)


def last_release_in(checkout: Path) -> str:
    """Return the newest tag of a release before this commit, or the commit that stands for it."""
    asked = ["git", "tag", "--merged", "HEAD~1", "--list", "v*", "--sort", "-version:refname"]
    found = subprocess.run(asked, cwd=checkout, capture_output=True, text=True, check=False)
    return next(iter(found.stdout.split()), BEFORE_RELEASES)


def app_of(commit: str, folder: Path) -> Path:
    """Put the app of a commit into a folder."""
    known = subprocess.run(["git", "cat-file", "-e", commit], cwd=APP, capture_output=True, check=False)
    if known.returncode != 0:
        pytest.skip("this checkout has no history: git fetch --unshallow")
    packed = subprocess.run(["git", "archive", commit], cwd=APP, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder / commit, filter="data")
    return folder / commit


def wait_for_requests(stack: Stack, count: int) -> None:
    """Wait until so many more requests have reached the cloud."""
    until = stack.ask_cloud("stats")["requests"] + count
    while stack.ask_cloud("stats")["requests"] < until:
        assert stack.failed_part() is None
        time.sleep(LOOK_EVERY_SECONDS)


def change(stack: Stack, app: Path) -> None:
    """Replace the app; how long a busy machine takes to start a process is no outage of the service."""
    with stack.at_speed(10):
        stack.change_app(app)


def settle(stack: Stack, journey: Journey) -> None:
    """Wait until everybody has a Cloud PC, made once."""
    while not (len(rows := journey.cloud_pcs()) == licences(USERS) and all(row.is_settled for row in rows)):
        assert stack.failed_part() is None
        time.sleep(LOOK_EVERY_SECONDS)
    assert [row for row in rows if row.status not in READY] == []
    assert len(stack.ask_cloud("state?type=Microsoft.Compute/virtualMachines")) == licences(USERS)
    assert stack.ask_cloud("invariants") == {"clean": True, "findings": []}


@pytest.mark.parametrize("requests", [15, 60, 150])
def test_builds_in_flight_are_finished_by_the_new_release(
    start_stack: StartStack, earlier: Path, requests: int
) -> None:
    stack = start_stack(users=USERS, seed=3, app=earlier, speed=300.0)
    journey = Journey(stack.portal(), print)
    journey.first_day(own_image=False)  # the earlier release captures images in a way that Azure refuses
    wait_for_requests(stack, requests)
    change(stack, APP)
    settle(stack, journey)
    timelines = [
        stack.portal().ask("GET", f"{journey.base}/cloudPCs/{pc['id']}/timeline").body
        for pc in stack.portal().pages(f"{journey.base}/beta/deviceManagement/virtualEndpoint/cloudPCs")
    ]
    assert {each["attempt"] for each in timelines} == {1}
    assert [entry for each in timelines for entry in each["entries"] if entry.get("error")] == []


@pytest.fixture
def office(start_stack: StartStack, earlier: Path) -> Office:
    """A tenant in the earlier release, with two people who have a Cloud PC."""
    stack = start_stack(users=2, seed=3, app=earlier, specification=None)
    office = Office(stack, stack.portal(), "upgraded").open()
    staff = office.group("staff", *(office.user(number, SMALL) for number in (1, 2)))
    office.policy("Office", office.connection(), staff)
    for number in (1, 2):
        office.settled(office.named(number))
    return office


def test_whatever_runs_goes_on_and_what_is_kept_is_found(office: Office) -> None:
    portal, upns = office.portal, [office.named(number) for number in (1, 2)]
    before = {pc["userPrincipalName"]: pc["id"] for pc in office.cloud_pcs()}
    events = {each["id"] for each in portal.pages(f"{office.graph}/auditEvents")}
    with office.stack.at_speed(10):
        image = {
            "name": {"displayName": "Desktop"},
            "site": {"siteId": "main"},
            "version": {"version": "1.0.0"},
            "source": {"galleryImageId": GALLERY_IMAGE},
        }
        building = portal.ask("POST", f"{office.base}/wizards/create-device-image", image)
        chosen = {"action": "reboot", "cloudPcIds": [before[upns[0]]], "maxConcurrency": 1}
        bulk = portal.ask("POST", f"{office.base}/bulkActions", chosen).body["id"]
        office.take(upns[1], SMALL)
        office.tell_changed(upns[1])
        office.until(lambda: office.cloud_pc_of(upns[1])["status"] == "inGracePeriod", says="the grace period began")
        office.stack.change_app(APP)
    assert office.finish(building)["status"] == "succeeded"
    rebooted = office.until(lambda: ended(office, bulk), says="the bulk action is over")
    assert (rebooted["status"], rebooted["counts"].get("succeeded")) == ("succeeded", 1)
    (graced,) = portal.pages(f"{office.graph}/cloudPCs?$filter=status eq 'inGracePeriod'".replace(" ", "%20"))
    assert graced["id"] == before[upns[1]]
    office.give(upns[1], SMALL)
    office.tell_changed(upns[1])
    office.until(lambda: office.cloud_pc_of(upns[1])["status"] == "provisioned", says="the grace period is over")
    assert {pc["userPrincipalName"]: pc["id"] for pc in office.cloud_pcs()} == before
    assert events <= {each["id"] for each in portal.pages(f"{office.graph}/auditEvents")}
    operations = list(portal.pages(f"{office.base}/operations"))
    assert {"checkConnection", "buildDeviceImage"} <= {each["kind"] for each in operations}
    assert office.stack.ask_cloud("invariants")["clean"]


def ended(office: Office, bulk: str) -> Json | None:
    found: Json = office.portal.ask("GET", f"{office.base}/bulkActions/{bulk}").body
    return found if found["status"] != "running" else None


def test_one_step_back_serves_what_the_new_release_has_written(office: Office) -> None:
    upns = [office.named(number) for number in (1, 2)]
    before = {pc["id"]: pc["status"] for pc in office.cloud_pcs()}
    earlier = office.stack.options.app
    office.stack.change_app(APP)
    office.act(office.cloud_pc_of(upns[0]), "reboot")  # its record is written anew
    office.assign(office.only_policy(), office.group("more", *upns))
    office.stack.change_app(earlier)
    office.act(office.cloud_pc_of(upns[0]), "reboot")
    assert {pc["id"]: pc["status"] for pc in office.cloud_pcs()} == before
    assert office.stack.ask_cloud("invariants")["clean"]


def test_a_spot_group_in_the_making_is_finished_by_the_new_release(start_stack: StartStack, earlier: Path) -> None:
    stack = start_stack(users=2, seed=3, app=earlier, specification=None)
    office = Office(stack, stack.portal(), "spotted").open()
    office.connection()
    group = pooled(office, quantity=20)
    office.until(lambda: {each["status"] for each in hosts(office, group)} == {"building"}, says="hosts are built")
    names = {each["id"] for each in hosts(office, group)}
    with stack.at_speed(10):
        stack.change_app(APP)
    assert {each["id"] for each in ready(office, group, len(names))} == names
    assert len(office.machines()) == len(names)
    drained = min(names)
    office.portal.ask("POST", f"{office.graph}/spotGroups/{group}/hosts/{drained}/drain")
    shown = office.portal.ask("GET", f"{office.graph}/spotGroups/{group}/hosts/{drained}").body
    assert shown["drainedByHand"]
    assert stack.ask_cloud("invariants")["clean"]


def test_one_step_back_finishes_whatever_the_new_release_has_begun(start_stack: StartStack, step_back: Path) -> None:
    stack = start_stack(users=2, seed=3, specification=None)
    office = Office(stack, stack.portal(), "back").open()
    has_one, gets_one = office.user(5, SMALL), office.user(6)
    office.policy("Office", office.connection(), office.group("staff", has_one, gets_one))
    office.settled(office.named(5))
    group = pooled(office, quantity=20)
    office.until(lambda: {each["status"] for each in hosts(office, group)} == {"building"}, says="hosts are built")
    names, chosen = {each["id"] for each in hosts(office, group)}, [each["id"] for each in office.cloud_pcs()]
    with stack.at_speed(10):
        rebooting = {"action": "reboot", "cloudPcIds": chosen, "maxConcurrency": 1}
        begun = office.portal.ask("POST", f"{office.base}/bulkActions", rebooting).body
        assert begun["counts"] == {"pending": 1}
        bulk = begun["id"]
        office.give(office.named(6), SMALL)
        for _ in range(20):  # the last of them is still on the queue when the app ends
            office.tell_changed(office.named(6))
        stack.change_app(step_back)
    assert {each["id"] for each in ready(office, group, len(names))} == names
    rebooted = office.until(lambda: ended(office, bulk), says="the bulk action is over")
    assert (rebooted["status"], rebooted["counts"]) == ("succeeded", {"succeeded": 1})
    office.settled(office.named(6))
    assert len(office.machines()) == len(names) + 2
    drained = min(names)
    office.portal.ask("POST", f"{office.graph}/spotGroups/{group}/hosts/{drained}/drain")
    with stack.at_speed(10):
        stack.change_app(APP)
    shown = {each["id"]: each["drainedByHand"] for each in hosts(office, group)}
    assert shown == {name: name == drained for name in names}
    assert {office.cloud_pc_of(office.named(number))["status"] for number in (5, 6)} == {"provisioned"}
    assert stack.ask_cloud("invariants")["clean"]


def pool_of(office: Office) -> Json:
    """Return the only warm pool of a tenant."""
    (pool,) = office.portal.ask("GET", f"{office.base}/pools").body["value"]
    found: Json = pool
    return found


def test_there_and_back_and_there_again_loses_no_field_and_no_work(start_stack: StartStack, last_release: Path) -> None:
    """A policy has gained a field; builds of a Cloud PC and a pool member, and a power action, run at the changes."""
    stack = start_stack(users=2, seed=3, app=last_release, specification=None)
    office = Office(stack, stack.portal(), "twice").open()
    has_one, gets_one = office.user(1, SMALL), office.user(2)
    staff = office.group("staff", has_one, gets_one)
    policy = office.policy("Office", office.connection(), staff, namingTemplate="D-%RAND:8%")
    before = office.settled(has_one)
    change(stack, APP)
    pools = {"pools": [{"servicePlanId": before["servicePlanId"], "desired": 1}]}
    office.portal.ask("POST", f"{office.base}/provisioningPolicies/{policy}/setPools", pools)
    office.until(lambda: pool_of(office)["starting"] == 1, says="a member is built")
    with stack.at_speed(10):
        office.give(gets_one, SMALL)
        office.tell_changed(gets_one)
        office.act(before, "powerOff")
        stack.change_app(last_release)
    built = office.settled(gets_one)
    assert built["status"] == "provisioned"
    renamed = {"description": "written by the last release"}
    office.portal.ask("PATCH", f"{office.graph}/provisioningPolicies/{policy}", renamed)
    with stack.at_speed(10):
        powered = office.portal.ask("POST", f"{office.graph}/cloudPCs/{before['id']}/powerOn")
        stack.change_app(APP)
    office.finish(powered)
    pool = pool_of(office)
    assert (pool["desired"], pool["policyName"]) == (1, "Office")
    office.until(lambda: pool_of(office)["eligible"] == 1, says="the member is ready")
    mine = [office.cloud_pc_of(upn) for upn in (has_one, gets_one)]
    assert [(pc["id"], pc["status"]) for pc in mine] == [(pc["id"], "provisioned") for pc in (before, built)]
    assert len(office.machines()) == 3
    shown = office.portal.ask("GET", f"{office.graph}/provisioningPolicies/{policy}").body
    assert shown["description"] == "written by the last release"
    assert stack.ask_cloud("invariants") == {"clean": True, "findings": []}
