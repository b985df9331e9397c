"""A release is taken back while it works: what it began ends by the mismatch of versions, and begins again, once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from local.options import APP
from tests.e2e.conftest import StartStack
from tests.e2e.office import SMALL, Json, Office

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    pytest.mark.timeout(900),
    pytest.mark.embedded_only("the state of a host is given to the next one"),
]

NEWER = "9.0"
PARTS = ("activities", "orchestrators", "shared", "triggers")


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The app as a release whose orchestrators make other calls: instances that it begins are not this one's."""
    app = tmp_path / "newer"
    for part in PARTS:
        shutil.copytree(APP / part, app / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(APP / "function_app.py", app)
    host = json.loads((APP / "host.json").read_text())
    assert host["extensions"]["durableTask"]["versionFailureStrategy"] == "Fail"
    host["extensions"]["durableTask"]["defaultVersion"] = NEWER
    (app / "host.json").write_text(json.dumps(host))
    return app


def operations(office: Office) -> list[Json]:
    return list(office.portal.pages(f"{office.base}/operations"))


def test_work_of_the_newer_release_begins_again_once(start_stack: StartStack, newer: Path) -> None:
    stack = start_stack(users=1, seed=3, app=newer, specification=None)
    office = Office(stack, stack.portal(), "back").open({"cleanUpDelayInHours": 1})
    leaves, built = office.user(1, SMALL), [office.user(number, SMALL) for number in (2, 3)]
    staff = office.group("staff", leaves)
    policy = office.policy("Office", office.connection(), staff)
    leaver = office.settled(leaves)
    office.leave(staff, leaves)
    office.tell_changed(leaves)
    office.reaches(leaves, "inGracePeriod")
    office.join(staff, *built)
    office.tell_changed(*built)
    for user in built:
        office.reaches(user, "provisioning")
    with stack.at_speed(10):
        # Its deprovisioning is watched by PROGRESS: until it has begun, no record shows it.
        office.portal.ask("POST", f"{office.graph}/cloudPCs/{leaver['id']}/endGracePeriod")
        stack.change_app(APP)
    for user in built:
        assert office.settled(user)["status"] == "provisioned"
    office.until(
        lambda: [pc["status"] for pc in office.cloud_pcs_of(leaves)] in ([], ["notProvisioned"]),
        says="the Cloud PC that was to be removed is removed",
    )
    office.until(lambda: len(office.machines()) == len(built), says="each has one machine")
    assert len(office.cloud_pcs_of(built[0])) == len(office.cloud_pcs_of(built[1])) == 1
    ended = [each for each in operations(office) if each["kind"] == "endGracePeriod"]
    assert [each["status"] for each in ended] == ["succeeded"]
    failed = [each for each in operations(office) if each["status"] == "failed"]
    assert failed == []
    office.finish(office.assign(policy, staff))  # the reconcile of everybody is free again
    assert office.invariants() == []
    assert "VersionMismatch" in (stack.folder / "logs" / "host.log").read_text()
