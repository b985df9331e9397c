"""Every route that changes something writes down who did what: once, with what was before and is after.

Generated from what the app registers: a route without a scene fails, and so does one that leaves no audit event.
"""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.operations.operation import INTERRUPTED_AFTER, AuditEvent, Operation
from shared.domain.operations.pausing import ServiceState
from shared.domain.tenants.tenant import Paused
from shared.services.operations.intents import complete_interrupted
from shared.storage.audit import Audit
from tests.integration import things
from tests.integration.callers import Caller, Office, handlers
from tests.integration.desks import Desk, on_paper
from tests.integration.scene import Scene, Trace
from tests.integration.scenes import CHANGES_NOTHING, PASSWORD, SCENES
from triggers.http.permissions import VERBS

ALWAYS_SET = {"pause", "resume", "cancel", "holdGrace", "assign", "confirmRemoval"}
ALWAYS_SET |= {"drain", "undrain", "exclude", "include"}
"""Actions that only set a value and are not kept with their key: repeated, they have the same effect."""

SHOWN_OTHERWISE = {
    "POST tenants",
    "POST wizards/create-tenant",
    "POST tenants/{tenant}/bulkActions",
    "POST tenants/{tenant}/bulkActions/{id}/resume",
    "POST tenants/{tenant}/bulkActions/{id}/cancel",
    "POST tenants/{tenant}/bulkActions/{id}/overrideMaintenanceWindow",
    "POST tenants/{tenant}/cloudPCs/{id}/confirmRemoval",
}
"""Requests that begin work without an operation: progress is shown by the answer or by lists of the tenant.

A Spot Group tells by its status and its decisions.
"""


class CutError(BaseException):
    """The process dies. No code of the app expects it."""


@pytest.fixture
async def here(here: Office) -> Office:
    await here.policies.insert(things.policy())
    return here


@pytest.fixture(scope="session")
def mutations(functions: list[Any]) -> dict[str, Any]:
    """The routes that may change something."""
    return {name: handler for name, handler in handlers(functions).items() if not name.startswith("GET ")}


async def events(here: Office) -> list[AuditEvent]:
    """Return all audit events of one user's requests, in any tenant or in none."""
    found = []
    for tenant_id in ("contoso", "fabrikam", "northwind", "*"):
        found += [stored.value async for stored in here.audit.each(tenant_id)]
    return [event for event in found if event.actor.id == "id-eve"]


async def arranged(here: Office, name: str) -> Scene:
    scene = SCENES[name]
    here.directory.groups |= {"of-eve": {"eve"}, "g1": {"ada", "eve"}}
    here.directory.licences["eve"] = ("sku-1",)
    for repository, value in scene.given:
        await getattr(here, repository).insert(value)
    if "spotGroups" in name:
        on_paper(here, h1=Desk(sessions={"ada@contoso.example": "Active"} if "sessions" in name else {}))
    paused = Paused(by="ada", at=things.NOW)
    if name.endswith("resume") and "id" not in scene.at:
        await here.tenants.change("contoso", lambda tenant: tenant.but(paused=paused))
        await here.service_state.change(lambda _: ServiceState(paused=paused))
    if name.endswith("resumeImageRings"):
        rings = {"image_rings": {"enabled": True}}
        await here.policies.change("contoso", "p1", lambda policy: policy.but(**rings))
        kept = here.tenants.change
        await kept("contoso", lambda it: it.but(settings=it.settings.but(deleted_cloud_pcs_kept_in_days=7)))
    if name.endswith("provisioningPolicies/{id}/resume"):
        await here.policies.change("contoso", "p1", lambda policy: policy.but(paused=paused))
    return scene


def test_every_route_that_changes_something_has_a_scene(mutations: dict[str, Any]) -> None:
    assert mutations.keys() == SCENES.keys() | CHANGES_NOTHING


def shown(answer: Any) -> Any:
    """Return the body of an answer without the secret that is shown once."""
    body = json.loads(answer.get_body() or "null")
    return {name: value for name, value in body.items() if name != "secret"} if isinstance(body, dict) else body


@pytest.mark.parametrize("name", sorted(SCENES))
async def test_what_is_done_is_written_down_once_with_before_and_after(
    here: Office, mutations: dict[str, Any], name: str
) -> None:
    scene = await arranged(here, name)
    call = Caller(name, scene, mutations[name])
    answer = await call()
    assert answer.status_code < 300, answer.get_body()
    (event,) = await events(here)
    assert event.activity in VERBS
    assert (event.before is not None, event.after is not None) == scene.trace.value
    assert event.before != event.after or scene.trace is Trace.ASKED
    assert event.actor.name == "eve@contoso.example"
    assert PASSWORD not in json.dumps(event.to_json())
    assert "secret" not in json.dumps(event.to_json()).lower().replace('"secrets": []', "")  # a recipe has none

    place = answer.headers.get("Operation-Location") or answer.headers.get("Location") or ""
    if "/operations/" in place:
        found: Operation = (await here.operations.get("contoso", place.rpartition("/")[2])).value
        assert found.requested_by == "eve@contoso.example"
    else:
        assert not call.host.started or name in SHOWN_OTHERWISE or "spotGroups" in name

    here.hand.advance(timedelta(minutes=1))
    if call.method == "POST" and call.action not in ALWAYS_SET:
        again = await call()
        assert (again.status_code, shown(again)) == (answer.status_code, shown(answer))
        assert again.headers["Idempotent-Replayed"] == "true"
    elif call.action in ALWAYS_SET:
        assert (await call()).status_code == answer.status_code
    assert await events(here) == [event]
    assert [each async for each in here.intents.of_all()] == []


def of_records() -> list[str]:
    """The routes that change or use one record, which is shown with its ETag."""
    parts = ("{id}", "{site}", "DELETE tenants/{tenant}", "PATCH tenants/{tenant}")
    shown = ("POST tenants/{tenant}/pause", "POST tenants/{tenant}/resume")
    others = ("POST me/", "POST tenants/{tenant}/orphans/")
    return [
        name
        for name in sorted(SCENES)
        if name in shown or (any(p in name for p in parts) and not name.startswith(others))
    ]


@pytest.mark.parametrize("name", of_records())
async def test_who_names_another_version_of_a_record_does_nothing_to_it(
    here: Office, mutations: dict[str, Any], name: str
) -> None:
    scene = await arranged(here, name)
    call = Caller(name, scene, mutations[name])
    call.headers = {"If-Match": 'W/"of-yesterday"'}
    answer = await call()
    assert answer.status_code == 412, answer.get_body()
    assert call.host.started == []
    assert [event.before or event.after for event in await events(here)] == [None]  # that it was refused


@pytest.mark.parametrize("name", sorted(SCENES))
async def test_what_a_dying_process_did_not_write_down_is_written_down_later(
    here: Office, mutations: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, append = await arranged(here, name), Audit.append

    async def dies(*_: Any) -> None:
        raise CutError

    monkeypatch.setattr(Audit, "append", dies)
    with pytest.raises(CutError):
        await Caller(name, scene, mutations[name])()
    monkeypatch.setattr(Audit, "append", append)
    assert await events(here) == []

    here.hand.advance(INTERRUPTED_AFTER)
    assert await complete_interrupted(here) == 1
    (event,) = await events(here)
    assert (event.before is not None, event.after is not None) == scene.trace.value
    assert PASSWORD not in json.dumps(event.to_json())
    assert "secret" not in json.dumps(event.to_json()).lower().replace('"secrets": []', "")  # a recipe has none


async def test_the_id_of_a_customer_that_is_gone_is_given_to_no_other(here: Office, mutations: dict[str, Any]) -> None:
    gone = await arranged(here, "DELETE tenants/{tenant}")
    assert (await Caller("DELETE tenants/{tenant}", gone, mutations["DELETE tenants/{tenant}"])()).status_code == 204
    create, same = mutations["POST tenants"], SCENES["POST tenants"]
    other = replace(same, body={**(same.body or {}), "entraTenantId": "99999999-0000-4000-8000-000000000009"})
    refused = await Caller("POST tenants", other, create)()
    assert (refused.status_code, "another directory" in refused.get_body().decode()) == (409, True)
    assert (await Caller("POST tenants", same, create)()).status_code == 201
