"""Preview of a bulk action, and its work after a crash or a cancellation; on real tables."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

import activities.operations.bulk
from shared.contracts.remote_actions import ACT_ON_ITEM, NEXT_WAVE, BulkOrder, ItemOrder
from shared.domain.cloud_pcs.actions import ACTIONS
from shared.domain.cloud_pcs.build import Build, Failure, Resources, Warn
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.operations.bulk import BulkItem, BulkStatus, ItemStatus, Selection
from shared.domain.operations.operation import Actor
from shared.domain.policies.policy import image_source
from shared.errors import ConflictError, InvalidError
from shared.services.actions.bulk import BulkForm, begin_bulk, bulk_due, steer, targets_of
from shared.services.actions.catalogue import BULK_ACTIONS
from shared.services.operations.action_context import ActionContext
from shared.storage.due import BULK_EVERY, DueKind
from shared.storage.repository import Stored
from tests.cloud_pcs import edited
from tests.integration import things
from tests.integration.scenes import LARGER, LEAVING, MADE, NOW, POINT, WAITING, WORKS
from tests.integration.script_scenes import OTHERWISE
from tests.integration.services import IdleHost, PaperServices, perform

EVE = Actor(id="eve", name="Eve")
AT_WORK = RemoteAction(name=Remote.REBOOT, operation_id="o", begun_at=NOW)
WARNED = {"status": Status.PROVISIONED_WITH_WARNINGS, "warnings": (Warn(step="hidePowerIcons", message="no"),)}
IN_GRACE = {"status": Status.IN_GRACE_PERIOD, "grace": LEAVING}
STATES: Mapping[str, Mapping[str, Any]] = {
    "works": {},
    "works, with a restore point": {"restore_points": (POINT,)},
    "works, and a removal waits": {"removal": WAITING},
    "works, and reboots": {"action": AT_WORK},
    "works, and is replaced": {"replacement": Build(generation=2)},
    "works, with another setting than its policy": {"snapshot": OTHERWISE},
    "works, nobody knows where": {"resources": Resources()},
    "warned": WARNED,
    "warned, and reboots": {**WARNED, "action": AT_WORK},
    "warned, nobody knows where": {**WARNED, "resources": Resources()},
    "failed": {"status": Status.FAILED, "clean_up_at": NOW},
    "failed, and is cleaned up": {"status": Status.FAILED},
    "leaves": IN_GRACE,
    "leaves, and reboots": {**IN_GRACE, "action": AT_WORK},
    **{status.value: {"status": status} for status in (Status.NOT_PROVISIONED, Status.PROVISIONING)},
}
PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "extendGrace": {"hours": 5},
    "keepAwake": {"hours": 2},
    "changeUserAccountType": {"userAccountType": "standardUser"},
    "restore": {"restorePointDateTime": NOW.isoformat()},
    "resize": {"targetServicePlanId": "sku-2"},
    "resizeTemporarily": things.FOR_A_WEEK,
    "moveToPolicy": {"provisioningPolicyId": "p2"},
}


@pytest.fixture
async def here(contoso: PaperServices) -> PaperServices:
    await contoso.policies.insert(things.policy())
    await contoso.policies.insert(things.policy(id="p2", display_name="Others"))
    contoso.directory.groups = {"g1": {"ada", *map(name_of, STATES)}}
    contoso.directory.licences = dict.fromkeys(contoso.directory.groups["g1"], ("sku-1", "sku-2"))
    contoso.directory.skus = [*contoso.directory.skus, LARGER]
    return contoso


def name_of(state: str) -> str:
    return state.replace(", ", "-").replace(" ", "")


def in_state(state: str) -> CloudPc:
    works = {"status": Status.PROVISIONED, "attempt": 1, "resources": MADE, "group_id": "g1"}
    return things.cloud_pc(name_of(state), **{**works, **STATES[state]})


async def context_of(here: PaperServices, action: str, *seed: str) -> ActionContext:
    tenant = (await here.tenants.get(things.TENANT_ID)).value
    verb, trace_id = ACTIONS[action].permission, "/".join(seed)
    return ActionContext(here, EVE, tenant, verb=verb, trace_id=trace_id, now=here.hand.at, seed=seed, repeatable=True)


@pytest.mark.parametrize("action", sorted(BULK_ACTIONS))
async def test_what_a_dry_run_promises_is_what_is_done(here: PaperServices, action: str) -> None:
    kind, host = BULK_ACTIONS[action], IdleHost()
    await here.cloud_pcs.save_all([Stored(in_state(state), "*") for state in STATES])
    form = BulkForm(action=action, parameters=dict(PARAMETERS.get(action, {})), filter=Selection())
    meant = {each.cloud_pc_id: each.refusal for each in await targets_of(await context_of(here, action, "dry"), form)}
    promised = {state: meant[in_state(state).id] for state in STATES}
    done: dict[str, str | None] = {}
    for state in STATES:
        pc, done[state] = in_state(state), None
        try:
            await kind.perform(
                await context_of(here, action, "do", state), host, pc.id, kind.form.model_validate(form.parameters)
            )
        except ConflictError as refused:
            done[state] = str(refused)

    assert {state for state, why in promised.items() if why} == {state for state, why in done.items() if why}
    assert None in done.values()
    assert set(done.values()) != {None}


async def begun(here: PaperServices, action: str, host: IdleHost, **parameters: Any) -> str:
    form = BulkForm(action=action, parameters=parameters, cloud_pc_ids=(WORKS.id,))
    context = await context_of(here, action, "bulk")
    bulk = await begin_bulk(context, host, form, await targets_of(context, form))
    return bulk.id


async def items(here: PaperServices, bulk_id: str) -> list[ItemStatus]:
    return [stored.value.status for stored in await here.bulk_items.of(things.TENANT_ID, bulk_id)]


@pytest.mark.parametrize("crashed", [False, True])
async def test_of_one_that_is_cancelled_while_it_is_paused_the_rest_is_skipped(
    here: PaperServices, *, crashed: bool
) -> None:
    await here.cloud_pcs.insert(WORKS)
    host = IdleHost()
    bulk_id = await begun(here, "reboot", host)
    order = BulkOrder(tenant_id=things.TENANT_ID, bulk_id=bulk_id)
    context = await context_of(here, "reboot", "steer")
    await steer(context, host, bulk_id, BulkStatus.PAUSED)
    assert (await perform(NEXT_WAVE, order)).positions == ()
    host.started.clear()
    await perform(ACT_ON_ITEM, ItemOrder(**order.model_dump(include={"tenant_id", "bulk_id"}), position=0), host)
    assert (host.started, await items(here, bulk_id)) == ([], [ItemStatus.PENDING])
    await steer(context, host, bulk_id, BulkStatus.CANCELED)
    if crashed:  # right after the record: the sweep starts it
        host.started.clear()
        (due,) = await here.due.due(DueKind.BULK, NOW + BULK_EVERY)
        assert await bulk_due(here, host, due) is not None
    assert len(host.started) == 1
    assert (await perform(NEXT_WAVE, order)).positions == ()
    shown = (await here.bulk_actions.get(things.TENANT_ID, bulk_id)).value

    assert await items(here, bulk_id) == [ItemStatus.SKIPPED]
    assert (shown.status, shown.counts, shown.unsettled) == (BulkStatus.CANCELED, {"skipped": 1}, False)


async def test_a_grace_period_is_extended_once_when_the_host_dies_before_it_is_noted(
    here: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    await here.cloud_pcs.insert(edited(WORKS, **IN_GRACE))
    bulk_id, host = await begun(here, "extendGrace", IdleHost(), hours=5), IdleHost()
    order = ItemOrder(tenant_id=things.TENANT_ID, bulk_id=bulk_id, position=0)
    settle, calls = activities.operations.bulk._settle, []

    async def dies(item: Any, status: ItemStatus, *outcome: Any) -> Any:
        calls.append(status)
        if len(calls) == 2:
            raise ConnectionResetError(outcome)
        return await settle(item, status, *outcome)

    monkeypatch.setattr(activities.operations.bulk, "_settle", dies)
    with pytest.raises(ConnectionResetError):
        await perform(ACT_ON_ITEM, order, host)
    here.hand.advance(timedelta(minutes=2))
    await perform(ACT_ON_ITEM, order, host)
    grace = (await here.cloud_pcs.get(things.TENANT_ID, WORKS.id)).value.grace
    events = [stored.value async for stored in here.audit.each(things.TENANT_ID, resource_id=WORKS.id)]

    assert grace is not None
    assert grace.ends_at == LEAVING.ends_at + timedelta(hours=5)
    assert (await items(here, bulk_id), len(events)) == ([ItemStatus.SUCCEEDED], 1)


NO_CAPACITY = Failure(code="AllocationFailed", message="no capacity")
CHOSEN: list[tuple[dict[str, Any], set[str]]] = [
    ({"regions": ["westeurope"]}, {"ada"}),
    ({"onPremisesConnectionIds": ["c2"]}, {"bob"}),
    ({"errorCodes": ["AllocationFailed"]}, {"eve"}),
    ({"drifted": True}, {"bob"}),
    ({"drifted": False}, {"ada", "eve"}),
    ({"where": "status eq 'failed' or startswith(userPrincipalName,'a')"}, {"ada", "eve"}),
    ({"where": "provisioningPolicyName eq 'Today'"}, {"ada", "bob", "eve"}),
    ({"search": "bob"}, {"bob"}),
    ({"where": "status eq 'provisioned'", "search": "contoso", "regions": ["westeurope"]}, {"ada"}),
    ({}, {"ada", "bob", "eve"}),
]


@pytest.mark.parametrize(("chosen", "expected"), CHOSEN, ids=[str(n) for n in range(len(CHOSEN))])
async def test_what_a_filter_selects(contoso: PaperServices, chosen: dict[str, Any], expected: set[str]) -> None:
    built = {"status": Status.PROVISIONED, "attempt": 1}
    offered = things.snapshot(image=image_source(things.policy(), None), policy_name="Today")
    here, there = Resources(region="westeurope"), Resources(region="eastus")
    for pc in (
        things.cloud_pc("ada", snapshot=offered, resources=here, **built),
        things.cloud_pc("bob", snapshot=offered.but(connection_id="c2"), resources=there, **built),
        things.cloud_pc(
            "eve", status=Status.FAILED, attempt=3, last_error=NO_CAPACITY, resources=there, snapshot=offered
        ),
    ):
        await contoso.cloud_pcs.insert(pc)
    await contoso.policies.insert(things.policy(display_name="Today"))
    form = BulkForm(action="reboot", filter=Selection.model_validate(chosen))
    context = await context_of(contoso, "reboot")
    found = await targets_of(context, form)
    assert {each.user_principal_name.partition("@")[0] for each in found} == expected
    left = form.but(exclude_cloud_pc_ids=tuple(each.cloud_pc_id for each in found))
    assert await targets_of(context, left) == []


@pytest.mark.parametrize("where", ["colour eq 'red'", "status ne 'foo'"])
async def test_a_filter_that_cannot_be_read_is_named(contoso: PaperServices, where: str) -> None:
    form = BulkForm(action="reboot", filter=Selection(where=where))
    with pytest.raises(InvalidError) as refused:
        await targets_of(await context_of(contoso, "reboot"), form)
    assert [each.pointer for each in refused.value.problems] == ["/filter/where"]


async def test_a_parameter_that_the_tenant_does_not_have_is_named_where_it_is(contoso: PaperServices) -> None:
    form = BulkForm(action="resize", filter=Selection(), parameters={"targetServicePlanId": "no"}, dry_run=True)
    with pytest.raises(InvalidError) as refused:
        await targets_of(await context_of(contoso, "resize"), form)
    assert [each.pointer for each in refused.value.problems] == ["/parameters/targetServicePlanId"]


async def test_the_items_of_a_bulk_action_are_its_own_and_in_order(here: PaperServices) -> None:
    item = BulkItem(
        tenant_id=things.TENANT_ID, bulk_id="b", position=0, cloud_pc_id="pc", user_principal_name="ada@contoso.example"
    )
    bulk_ids = ("b1", "b10", "b1-2", "b1~", "b1 /", "B1")
    items = [item.but(bulk_id=bulk_id, position=n) for bulk_id in bulk_ids for n in (1_002, 7)]
    await here.bulk_items.save_all([Stored(each, "") for each in items])
    for bulk_id in bulk_ids:
        found = [stored.value for stored in await here.bulk_items.of(things.TENANT_ID, bulk_id)]
        assert [(each.bulk_id, each.position) for each in found] == [(bulk_id, 7), (bulk_id, 1_002)]
    assert await here.bulk_items.of("fabrikam", "b1") == []
