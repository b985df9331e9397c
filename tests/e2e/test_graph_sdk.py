"""Microsoft's own client for Python, v1.0 and beta, pointed at a tenant's address: it needs no special case."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from azure_simulator.seeds import DOMAIN, TENANT_ID

from local.portal import Portal
from local.stack import Stack
from tests.e2e.office import GALLERY_IMAGE, SMALL, Office

pytestmark = [pytest.mark.e2e, pytest.mark.long]

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".tools" / "graph" / "bin" / "python"
BOTH = [
    *("cloud_p_cs", "provisioning_policies", "on_premises_connections", "device_images"),
    *("gallery_images", "service_plans", "audit_events"),
]
VERSIONS = {"v1.0": {"collections": BOTH}, "beta": {"collections": [*BOTH, "supported_regions"]}}


@pytest.fixture(scope="module")
def office(stack: Stack, portal: Portal) -> Office:
    return Office(stack, portal, "sdk").open()


def application(office: Office) -> dict[str, str]:
    """Return the application with which the portal calls: the client gets its tokens with it."""
    known = office.portal._credentials
    return {
        "authority": office.stack.addresses.cloud,
        "directory": TENANT_ID,
        "client": known.client_id,
        "secret": known.secret,
        "scope": known.scope,
        "trust": str(office.stack.certificates.bundle),
    }


@pytest.fixture(scope="module")
def told(office: Office) -> dict[str, Any]:
    """Output of the client for a tenant with three Cloud PCs, one of them in its grace period."""
    if not PYTHON.exists():
        pytest.skip("Microsoft's client is not installed: make .tools/graph/installed")
    users = [office.user(number, SMALL) for number in (1, 2, 3)]
    group, connection = office.group("staff", *users), office.connection()
    office.policy("Office", connection, group)
    ids = [office.settled(upn)["id"] for upn in users]
    office.leave(group, users[1])
    office.tell_changed(users[1])
    office.reaches(users[1], "inGracePeriod")
    given = {
        **application(office),
        "base": f"{office.stack.addresses.api}/api{office.base}",
        "versions": VERSIONS,
        "group": office.group("others", office.user(4)),
        "connection": connection,
        "image": GALLERY_IMAGE,
        **dict(zip(("ready", "leaving", "spare"), ids, strict=True)),
    }
    total = len(office.cloud_pcs())  # with users that other tests have licensed in this directory
    talk = [str(PYTHON), str(ROOT / "tests" / "graph_sdk" / "talk.py")]
    done = subprocess.run(talk, input=json.dumps(given), capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    return {**answer, "connection": connection, "group": given["group"], "total": total}


@pytest.mark.parametrize("version", VERSIONS)
def test_it_lists_every_collection(told: dict[str, Any], version: str) -> None:
    counts = told[version]["lists"]
    assert (counts["provisioning_policies"], counts["on_premises_connections"], counts["device_images"]) == (1, 1, 0)
    assert all(counts[name] > 0 for name in VERSIONS[version]["collections"] if name != "device_images")


@pytest.mark.parametrize("version", VERSIONS)
def test_it_creates_reads_assigns_edits_and_deletes_a_policy(told: dict[str, Any], version: str) -> None:
    policy = told[version]["policy"]
    assert (policy["name"], policy["join"]) == (f"By the client, {version}", [told["connection"]])
    assert policy["groups"] == [told["group"]]
    assert (policy["refused"]["status"], policy["refused"]["code"]) == (409, "Conflict")
    assert (policy["description"], policy["left"]) == ("edited", 0)
    assert policy["gone"]["code"] == "ResourceNotFound"


@pytest.mark.parametrize("version", VERSIONS)
def test_it_lists_and_reads_cloud_pcs(office: Office, told: dict[str, Any], version: str) -> None:
    pcs = told[version]["pcs"]
    assert {f"sdk{number:02d}@{DOMAIN}" for number in (1, 2, 3)} <= set(pcs["users"])
    assert pcs["policy"] == "Office"


def test_it_pages_and_counts_cloud_pcs(told: dict[str, Any]) -> None:
    assert told["pages"] == told["total"]
    assert told["actions"]["counts"]["CloudPcStatus.InGracePeriod"] == 1


def test_it_renames_and_reboots_a_cloud_pc(told: dict[str, Any]) -> None:
    assert told["actions"]["renamed"] == "By the client"


def test_it_reprovisions_and_ends_a_grace_period(office: Office, told: dict[str, Any]) -> None:
    first, second = (f"sdk{number:02d}@{DOMAIN}" for number in (1, 2))
    office.until(
        lambda: office.cloud_pcs_of(second) == [] or office.cloud_pc_of(second)["status"] != "inGracePeriod",
        says="the grace period has ended",
    )
    office.reaches(first, "provisioned")
    assert told["actions"]["continue_as_new"]["status"] == 409


def test_it_reads_who_has_done_what(told: dict[str, Any]) -> None:
    assert told["changes"]["description"] == "edited"
    assert told["changes"]["who"]
