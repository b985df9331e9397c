"""Records that a newer release has written, as a rollback leaves them: on Azurite, in every kind of repository."""

import json
from functools import partial
from typing import Any

import pytest

from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.operations.operation import INTERRUPTED_AFTER, Intent
from shared.errors import UnreadableError
from shared.services.maintenance.measuring import each_by_itself
from shared.services.operations.intents import complete_interrupted
from shared.storage.codec import joined, parts
from shared.storage.due import DueKind
from shared.storage.repository import Repository, Stored, unreadable_left_out
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.services import PaperServices

NEWER = {"powerSchedule": {"offAt": "18:00"}}


async def of_a_newer_release(repository: Repository[Any], id_: str, **more: Any) -> None:
    """Add to a record a field that this release does not know, as the newer one has written it."""
    table = repository._table
    read = await table.read("contoso", id_)
    await table.put({**read.row, **parts({**joined(read.row), **(more or NEWER)})})


async def body(repository: Repository[Any], id_: str) -> Any:
    return joined((await repository._table.read("contoso", id_)).row)


async def with_a_bad_one(here: PaperServices) -> tuple[str, str]:
    """Save two Cloud PCs, one of which has a status that this release does not know; return its id, and the other's."""
    for user in ("ada", "bob"):
        await here.cloud_pcs.insert(things.cloud_pc(user, status=Status.PROVISIONED))
    bad, good = things.cloud_pc("ada").id, things.cloud_pc("bob").id
    await of_a_newer_release(here.cloud_pcs, bad, status="asleep")
    return bad, good


async def test_a_change_of_a_cloud_pc_keeps_what_a_newer_release_has_written(contoso: PaperServices) -> None:
    pc = things.cloud_pc(status=Status.PROVISIONED)
    await contoso.cloud_pcs.insert(pc)
    await of_a_newer_release(contoso.cloud_pcs, pc.id)
    await contoso.cloud_pcs.change("contoso", pc.id, lambda there: there.but(display_name="Another"))
    stored = await contoso.cloud_pcs.get("contoso", pc.id)
    again = await contoso.cloud_pcs.replace(stored.value.but(display_name="A third"), seen=stored.etag)
    await contoso.cloud_pcs.save_all([Stored(again.value.but(display_name="A fourth"), again.etag)])
    assert (await body(contoso.cloud_pcs, pc.id))["powerSchedule"] == {"offAt": "18:00"}
    assert (await contoso.cloud_pcs.get("contoso", pc.id)).value.display_name == "A fourth"


async def test_a_change_of_a_named_record_keeps_it_too(contoso: PaperServices) -> None:
    policy = things.policy()
    await contoso.policies.insert(policy)
    await of_a_newer_release(contoso.policies, policy.id)
    for name in ("Another", "A third"):
        stored = await contoso.policies.get("contoso", policy.id)
        await contoso.policies.replace_known(stored, stored.value.but(display_name=name))
    assert (await body(contoso.policies, policy.id))["powerSchedule"] == {"offAt": "18:00"}


async def test_one_record_that_cannot_be_read_refuses_only_itself(contoso: PaperServices) -> None:
    bad, good = await with_a_bad_one(contoso)
    with pytest.raises(UnreadableError, match=f"The Cloud PC {bad} cannot be read: this release does not understand"):
        await contoso.cloud_pcs.get("contoso", bad)
    assert (await contoso.cloud_pcs.get("contoso", good)).value.id == good


async def test_a_plan_does_not_take_it_for_a_record_that_is_gone(contoso: PaperServices) -> None:
    """A plan, or a search for orphans, reads all or nothing."""
    await with_a_bad_one(contoso)
    with pytest.raises(UnreadableError):
        _ = [each async for each in contoso.cloud_pcs.each("contoso")]


async def test_what_is_read_of_all_tenants_leaves_it_out(contoso: PaperServices) -> None:
    _, good = await with_a_bad_one(contoso)
    assert [each.value.id async for each in contoso.cloud_pcs.of_all()] == [good]


async def test_a_list_that_is_shown_has_the_rest_and_knows_what_it_lacks(contoso: PaperServices) -> None:
    bad, good = await with_a_bad_one(contoso)
    with unreadable_left_out() as left_out:
        each = [stored.value.id async for stored in contoso.cloud_pcs.each("contoso")]
        several = [stored.value.id for stored in await contoso.cloud_pcs.several("contoso", [bad, good])]
        page = [stored.value.id for stored in (await contoso.cloud_pcs.page("contoso", 10)).items]
    assert each == several == page == [good]
    assert [error.id for error in left_out] == [bad]


async def test_a_list_over_http_shows_the_rest_and_says_what_it_lacks(office: Office, routes: dict[str, Any]) -> None:
    bad, good = await with_a_bad_one(office)
    answer = await ask(routes["GET …/cloudPCs"], "GET …/cloudPCs")
    shown = json.loads(answer.get_body())
    assert (answer.status_code, [each["id"] for each in shown["value"]]) == (200, [good])
    (lacks,) = shown["@deskwright.unreadable"]
    assert lacks["id"] == bad
    assert lacks["reason"].startswith(f"The Cloud PC {bad} cannot be read: this release does not understand status")


async def test_what_is_set_aside_is_listed_for_the_provider(office: Office, routes: dict[str, Any]) -> None:
    due = await office.due.put(DueKind.WATCH, things.NOW, "contoso", "pc-1", 3)
    await office.due.set_aside(due, "The Cloud PC pc-1 cannot be read.", things.NOW)
    answer = await ask(routes["GET setAside"], "GET setAside")
    (row,) = json.loads(answer.get_body())["value"]
    assert (row["kind"], row["tenantId"], row["subjectId"]) == ("watch", "contoso", "pc-1")
    assert row["reason"] == "The Cloud PC pc-1 cannot be read."
    assert row["nextAttemptDateTime"] > row["since"]


async def test_one_step_of_the_maintenance_that_fails_holds_up_no_other() -> None:
    taken: list[str] = []

    async def step(name: str) -> None:
        taken.append(name)
        if name == "b":
            raise ValueError(name)

    with pytest.raises(ValueError, match="b"):
        await each_by_itself(*(partial(step, name) for name in "abc"))
    assert taken == ["a", "b", "c"]


async def test_an_interrupted_change_whose_record_cannot_be_read_waits_and_the_others_are_settled(
    contoso: PaperServices,
) -> None:
    bad, good = await with_a_bad_one(contoso)
    for id_ in (bad, good):
        event = things.audit_event(1).but(id=f"e-{id_}", resource_type="cloudPC", resource_id=id_)
        await contoso.intents.insert(Intent(id=f"i-{id_}", tenant_id="contoso", event=event))
    contoso.hand.advance(INTERRUPTED_AFTER * 2)
    assert await complete_interrupted(contoso) == 1
    assert [stored.value.id async for stored in contoso.intents.of_all()] == [f"i-{bad}"]
