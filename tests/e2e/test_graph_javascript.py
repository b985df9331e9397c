"""Microsoft's client for JavaScript, v1.0 and beta, pointed at a tenant over TLS: it follows only https next links."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime
from typing import Any

import pytest
from azure_simulator.seeds import DOMAIN

from local import node
from local.portal import Portal
from local.stack import Stack
from tests.e2e.office import GALLERY_IMAGE, SMALL, Office
from tests.graph_sdk import environment

pytestmark = [pytest.mark.e2e, pytest.mark.long]

COLLECTIONS = [
    *("cloudPCs", "provisioningPolicies", "onPremisesConnections", "deviceImages"),
    *("galleryImages", "servicePlans", "auditEvents"),
]
SENT = "5b6cc3a5-6f54-4d0e-9a43-3c5c6b1f9a01"


@pytest.fixture(scope="module")
def office(stack: Stack, portal: Portal) -> Office:
    if not stack.addresses.secure:
        pytest.skip("Core Tools' host has no TLS here")
    return Office(stack, portal, "jsk").open()


@pytest.fixture(scope="module")
def told(office: Office) -> dict[str, Any]:
    """Output of the client for a tenant with three Cloud PCs."""
    if not environment.CLIENT.exists():
        pytest.skip("Microsoft's client is not installed: make .tools/graph-javascript/installed")
    users = [office.user(number, SMALL) for number in (1, 2, 3)]
    group, connection = office.group("staff", *users), office.connection()
    office.policy("Office", connection, group)
    ids = [office.settled(upn)["id"] for upn in users]
    given = {
        "base": f"{office.stack.addresses.secure}/api{office.base}",
        "token": office.portal.token(),
        "collections": COLLECTIONS,
        "user": users[1],
        "ready": ids[0],
        "group": office.group("others", office.user(4)),
        "connection": connection,
        "image": GALLERY_IMAGE,
        "id": SENT,
    }
    total = len(office.cloud_pcs())  # with users that other tests have licensed in this directory
    talk = [node.find(environment.ROOT / ".tools").node, str(environment.SOURCES / "talk.mjs"), str(environment.PLACE)]
    trusting = {**os.environ, **office.stack.certificates.environment()}
    asked = json.dumps(given)
    done = subprocess.run(talk, input=asked, capture_output=True, text=True, check=False, timeout=240, env=trusting)
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    return {**answer, "ids": ids, "group": given["group"], "base": given["base"], "total": total}


@pytest.mark.parametrize("version", ["v1.0", "beta"])
def test_it_lists_every_collection(told: dict[str, Any], version: str) -> None:
    counts = told[version]["reads"]
    assert (counts["provisioningPolicies"], counts["onPremisesConnections"], counts["deviceImages"]) == (1, 1, 0)
    assert all(counts[name] > 0 for name in COLLECTIONS if name != "deviceImages")


@pytest.mark.parametrize("version", ["v1.0", "beta"])
def test_it_filters_and_selects(told: dict[str, Any], version: str) -> None:
    (found,) = told[version]["found"]
    assert (found["id"], found["userPrincipalName"]) == (told["ids"][1], f"jsk02@{DOMAIN}")


@pytest.mark.parametrize("version", ["v1.0", "beta"])
def test_it_creates_assigns_edits_and_deletes_a_policy(told: dict[str, Any], version: str) -> None:
    policy = told[version]["policy"]
    assert (policy["name"], policy["groups"]) == (f"By JavaScript, {version}", [told["group"]])
    assert policy["description"] == "edited"
    assert (policy["gone"]["status"], policy["gone"]["code"]) == (404, "ResourceNotFound")


@pytest.mark.parametrize("version", ["v1.0", "beta"])
def test_what_it_raises_has_a_date_and_both_ids(told: dict[str, Any], version: str) -> None:
    refused = told[version]["policy"]["refused"]
    assert (refused["status"], refused["code"]) == (409, "Conflict")
    assert datetime.fromisoformat(refused["date"]).tzinfo is not None
    assert refused["request"]
    assert refused["sent"] == SENT


def test_it_follows_every_page(told: dict[str, Any]) -> None:
    pages = told["pages"]
    assert pages["link"].startswith(told["base"])
    assert (len(pages["ids"]), pages["complete"]) == (told["total"], True)
    assert set(told["ids"]) <= set(pages["ids"])
    assert len(set(pages["ids"])) == len(pages["ids"])


def test_it_renames_and_reboots_a_cloud_pc(told: dict[str, Any]) -> None:
    assert (told["actions"]["name"], told["actions"]["again"]["status"]) == ("By JavaScript", 409)
