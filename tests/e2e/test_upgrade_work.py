"""A release, a move, a script, undelete and hand over are under way while the app is replaced, and taken back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from deployment import packaging
from local.options import APP
from tests.e2e.conftest import StartStack
from tests.e2e.office import SELDOM, SMALL, Json, Office
from tests.e2e.test_scripts import runs, script
from tests.e2e.test_spot_releases import Group, pooled
from tests.e2e.test_undeleting import assigned, copy_of, gone, kept
from tests.e2e.test_upgrade import app_of, last_release_in

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    pytest.mark.timeout(1_800),
    pytest.mark.embedded_only("the state of a host is given to the next one"),
]

KNOWS_ALL = "72a5445b"
"""The commit that stands for the last release until one has a tag: the first is that old and knows all these kinds."""


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """The package of the last release that knows these kinds of work, unpacked in a folder of its own."""
    newest = last_release_in(APP)
    checkout, package = app_of(newest if newest.startswith("v") else KNOWS_ALL, tmp_path), tmp_path / "package"
    for name in packaging.files(checkout):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(checkout / name, package / name)
    return package


def begin(office: Office, upn: str, action: str, body: Json) -> str:
    """Begin an action on somebody's Cloud PC; return the address of its operation."""
    path = f"{office.base}/cloudPCs/{office.cloud_pc_of(upn)['id']}/{action}"
    return str(office.portal.ask("POST", path, body).headers["location"]).partition("/api")[2]


def there_back_and_there(office: Office, earlier: Path, *operations: str) -> None:
    """Replace the app, take it back and replace it again; operations run the whole time."""
    for app in (APP, earlier, APP):
        office.stack.change_app(app)
    assert {office.portal.ask("GET", each).body["status"] for each in operations} <= {"notStarted", "running"}


def ended(office: Office, operations: list[str]) -> list[str]:
    """Wait until operations have ended; return their statuses."""

    def states() -> list[str] | None:
        found = [str(office.portal.ask("GET", each).body["status"]) for each in operations]
        return None if {"running", "notStarted"} & set(found) else found

    result: list[str] = office.until(states, says="all operations have ended", look=SELDOM)
    return result


def test_a_release_a_move_and_a_script_go_on(start_stack: StartStack, earlier: Path) -> None:
    stack = start_stack(users=2, seed=3, app=earlier, specification=None)
    office = Office(stack, stack.portal(), "moving").open()
    group: Group = pooled(office, users=4, count=1)
    connection = str(next(iter(office.portal.pages(f"{office.graph}/onPremisesConnections")))["id"])
    moved, scripted = office.user(21, SMALL), office.user(22, SMALL)
    office.policy("Office", connection, office.group("Movers", moved))
    other = office.policy("Other", connection, office.group("Others", moved))
    before = office.settled(moved)
    clock = script(office, "Clock")
    with stack.at_speed(10):
        released = str(group.release(group.after).headers["location"]).partition("/api")[2]
        move = begin(office, moved, "moveToPolicy", {"provisioningPolicyId": other})
        configured = {"scripts": [{"scriptId": clock, "onFailure": "block"}]}
        office.policy("Scripted", connection, office.group("Scripted", scripted), **configured)
        office.tell_changed(scripted)
        office.until(lambda: office.cloud_pcs_of(scripted), says="the build has begun")
        there_back_and_there(office, earlier, released, move)
        assert runs(office, office.cloud_pc_of(scripted)["id"]) == []
    assert ended(office, [released, move]) == ["succeeded", "succeeded"]
    group.comes_to(group.after, 1)
    there, built = office.cloud_pc_of(moved), office.settled(scripted)
    assert (there["id"], there["provisioningPolicyId"], there["status"]) == (before["id"], other, "provisioned")
    assert [each["displayName"] for each in built["@deskwright.scripts"]] == ["Clock"]
    assert len(office.cloud_pcs_of(moved)) == len(office.cloud_pcs_of(scripted)) == 1
    assert office.invariants() == []


def test_undelete_and_hand_over_go_on(start_stack: StartStack, earlier: Path) -> None:
    stack = start_stack(users=2, seed=3, app=earlier, specification=None)
    office = Office(stack, stack.portal(), "undeleting").open({"deletedCloudPcsKeptInDays": 7})
    ada, bob, eve = (office.user(number, SMALL) for number in (1, 2, 3))
    everybody = office.group("Everybody", ada, bob, eve)
    office.policy("Desks", office.connection(), everybody)
    before = {upn: office.settled(upn) for upn in (ada, bob, eve)}
    office.act(before[ada], "reprovision", {})
    gone(office, eve, everybody)
    computer = {upn: str(before[upn]["managedDeviceName"]) for upn in before}
    mine = copy_of(office, ada)
    (hers,) = [each for each in kept(office) if each["managedDeviceName"] == computer[eve]]
    with stack.at_speed(10):
        undeleted = begin(office, ada, "undelete", {"deletedCloudPcId": mine["id"]})
        handed = begin(office, bob, "handOver", {"deletedCloudPcId": hers["id"]})
        there_back_and_there(office, earlier, undeleted, handed)
    assert ended(office, [undeleted, handed]) == ["succeeded", "succeeded"]
    found = {upn: office.cloud_pc_of(upn) for upn in (ada, bob)}
    assert {upn: (pc["id"], pc["status"]) for upn, pc in found.items()} == {
        upn: (before[upn]["id"], "provisioned") for upn in (ada, bob)
    }
    assert assigned(office) == {computer[ada]: ada, computer[eve]: bob}
    assert office.invariants() == []
