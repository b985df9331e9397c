"""A paused object begins no build and no removal, and says who holds it; what has waited begins when it is resumed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.office import SMALL, Office

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]


def waits_because(office: Office, upn: str, words: str) -> dict[str, Any]:
    """Wait until a user's Cloud PC waits for a reason; return it."""

    def look() -> dict[str, Any] | None:
        for pc in office.cloud_pcs_of(upn):
            if (
                pc["status"] == "pendingProvision"
                and words.casefold() in (pc["statusDetail"] or {}).get("message", "").casefold()
            ):
                return pc
        return None

    found: dict[str, Any] = office.until(look, says=f"{upn} waits because {words}")
    return found


@pytest.mark.long
def test_a_paused_policy_neither_builds_nor_removes_until_it_is_resumed(open_office: OpenOffice) -> None:
    office = open_office()
    old, new, stays = office.user(1, SMALL), office.user(2), office.user(3)
    group = office.group("staff", old, new, stays)
    policy = office.policy("Office", office.connection(), group)
    built = office.settled(old)
    where = f"{office.base}/provisioningPolicies/{policy}"
    paused = [office.portal.ask("POST", f"{where}/pause", {"reason": "image on Monday"}).body for _ in range(2)]
    office.leave(group, old)
    office.give(new, SMALL)
    office.tell_changed(old, new)
    waits_because(office, new, "policy Office is paused: image on Monday")
    held = office.cloud_pc_of(old)
    office.portal.ask("POST", f"{where}/resume")
    office.settled(new)
    office.reaches(old, "inGracePeriod")
    shown = office.portal.ask("GET", f"{office.graph}/provisioningPolicies/{policy}").body
    events = office.portal.pages(f"{office.graph}/auditEvents?$filter=resourceId%20eq%20'{policy}'")
    verbs = [event["activity"].rpartition("/")[2] for event in events]

    assert paused[0]["@deskwright.paused"]["reason"] == "image on Monday"
    assert paused[1] == paused[0]
    assert (held["status"], held["id"]) == ("provisioned", built["id"])
    assert shown["@deskwright.paused"] is None
    assert verbs.count("pause") == verbs.count("resume") == 1


def test_a_tenant_and_the_whole_service_can_be_paused(open_office: OpenOffice) -> None:
    office = open_office()
    upn = office.user(1)
    office.policy("Office", office.connection(), office.group("staff", upn))
    tenant = office.portal.ask("POST", f"{office.base}/pause").body
    try:
        service = office.portal.ask("POST", "/pause", {"reason": "maintenance"}).body
        office.give(upn, SMALL)
        office.tell_changed(upn)
        waits_because(office, upn, "the service is paused: maintenance")
    finally:
        resumed = office.portal.ask("POST", "/resume").body
    office.tell_changed(upn)
    waits_because(office, upn, f"tenant {office.name.title()} is paused")
    office.portal.ask("POST", f"{office.base}/resume")
    office.settled(upn)

    told = office.portal.ask("GET", "/auditEvents?$top=2").body["value"]
    verbs = [event["activity"].rpartition("/")[2] for event in told]

    assert tenant["paused"]["by"]
    assert verbs == ["resume", "pause"]
    assert (service["paused"]["reason"], resumed) == ("maintenance", {"paused": None})
    assert "paused" not in office.portal.ask("GET", office.base).body


def test_nobody_makes_a_tenant_that_is_paused(open_office: OpenOffice) -> None:
    office = open_office()
    body = {
        "id": f"{office.name}x",
        "displayName": "X",
        "entraTenantId": "5f0c7c1a-3f4e-5d5c-9a68-0c0de5c0a701",
        "subscriptionId": office.subscription,
        "paused": {"by": "me", "at": "2026-01-01T00:00:00Z"},
    }
    refused = office.portal.send("POST", "/tenants", body)
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (400, "/paused")
