"""Restore points by the clock, on real tables: made when due, forgotten when their time is over, never twice."""

from datetime import timedelta
from typing import Any, cast

import pytest

from shared.contracts.remote_actions import END_REMOTE_ACTION, RemoteEnd
from shared.domain.cloud_pcs.build import Failure, Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.cloud_pcs.user_setting import FrequencyType, RestorePointSetting, UserSetting
from shared.domain.machines.restore_points import BY_HAND_KEPT, RestorePoint
from shared.domain.policies.policy import Assignment
from shared.domain.tenants.tenant import TenantSettings
from shared.errors import UnavailableError
from shared.services.cloud_pcs.remote_actions import restore_points_due
from shared.storage.due import EVERYBODY, Due, DueKind
from shared.workflow import DurableClient
from tests.cloud_pcs import edited
from tests.integration import things
from tests.integration.services import IdleHost, PaperServices, perform

MADE = Resources(
    subscription_id=things.SUBSCRIPTION, resource_group="desks", region="westeurope", computer_name="CPC-ADA-AAAAA"
)
PC = things.cloud_pc(status=Status.PROVISIONED, resources=MADE)
DUE = Due(DueKind.RESTORE_POINT, things.NOW, PC.tenant_id, PC.id)
FOUR = timedelta(hours=4)


@pytest.fixture
async def here(paper: PaperServices) -> PaperServices:
    settings = TenantSettings(restore_point_frequency_in_hours=4)
    await paper.tenants.insert(things.tenant().but(settings=settings))
    return paper


@pytest.fixture
def host() -> IdleHost:
    return IdleHost()


async def keep(here: PaperServices, host: IdleHost, due: Due = DUE) -> Any:
    return await restore_points_due(here, cast("DurableClient", host), due)


async def record(here: PaperServices) -> CloudPc:
    return (await here.cloud_pcs.get(PC.tenant_id, PC.id)).value


async def test_one_that_is_due_is_begun_once_and_the_next_is_promised(here: PaperServices, host: IdleHost) -> None:
    await here.cloud_pcs.insert(PC)
    following = await keep(here, host)
    assert following - here.hand.at <= FOUR
    pc = await record(here)
    assert pc.action is not None
    assert [(point.id, point.automatic, point.status) for point in pc.current.restore_points] == [
        (pc.action.restore_point_id, True, "creating")
    ]
    await keep(here, host)  # the sweep that looked died before it said so
    assert (await record(here), len(host.started)) == (pc, 1)
    assert await here.operations.find(PC.tenant_id, pc.action.operation_id) is None


async def test_it_waits_for_what_is_at_work(here: PaperServices, host: IdleHost) -> None:
    busy = PC.but(action=RemoteAction(name=Remote.REBOOT, operation_id="o", begun_at=things.NOW))
    await here.cloud_pcs.insert(busy)
    assert await keep(here, host) == here.hand.at + timedelta(minutes=15)
    assert await record(here) == busy


@pytest.mark.parametrize("pc", [edited(PC, status=Status.PENDING_PROVISION), edited(PC, status=Status.DEPROVISIONING)])
async def test_what_is_built_anew_or_gone_is_promised_nothing(here: PaperServices, host: IdleHost, pc: CloudPc) -> None:
    await here.cloud_pcs.insert(pc)
    assert await keep(here, host) is None
    assert host.started == []


async def test_one_by_hand_goes_when_its_time_is_over_also_where_none_is_made_by_the_clock(
    here: PaperServices, host: IdleHost
) -> None:
    stored = await here.tenants.get(PC.tenant_id)
    await here.tenants.replace(stored.value.but(settings=TenantSettings()), seen=stored.etag)
    old = RestorePoint(id="old", created_at=things.NOW - BY_HAND_KEPT, status="ready")
    young = old.but(id="young", created_at=things.NOW - timedelta(days=1))
    await here.cloud_pcs.insert(edited(PC, restore_points=(old, young)))
    assert await keep(here, host) is None
    (order,) = host.orders
    assert (order["name"], order["obsolete"]) == ("deleteSnapshots", ["old"])
    ended = RemoteEnd(
        tenant_id=PC.tenant_id,
        cloud_pc_id=PC.id,
        operation_id=order["operationId"],
        name=Remote.DELETE_SNAPSHOTS,
        forgotten=("old",),
    )
    await perform(END_REMOTE_ACTION, ended)
    assert [point.id for point in (await record(here)).current.restore_points] == ["young"]


async def test_one_by_the_clock_that_was_not_made_is_in_the_audit_log(here: PaperServices, host: IdleHost) -> None:
    await here.cloud_pcs.insert(PC)
    await keep(here, host)
    action = (await record(here)).action
    assert action is not None
    failure = Failure(code="ScopeLocked", message="a lock")
    ended = RemoteEnd(
        tenant_id=PC.tenant_id,
        cloud_pc_id=PC.id,
        operation_id=action.operation_id,
        name=Remote.CREATE_SNAPSHOT,
        failure=failure,
        forgotten=(str(action.restore_point_id),),
    )
    await perform(END_REMOTE_ACTION, ended)
    assert (await record(here)).current.restore_points == ()
    page = await here.audit.page(PC.tenant_id, 10, None, resource_id=PC.id)
    assert ["ScopeLocked" in str(stored.value.after) for stored in page.items] == [True]


async def test_a_new_wish_of_the_tenant_promises_one_of_each_that_is_built(here: PaperServices, host: IdleHost) -> None:
    await here.cloud_pcs.insert(PC)
    await here.cloud_pcs.insert(things.cloud_pc("bob", status=Status.FAILED))
    everybody = Due(DueKind.RESTORE_POINT, things.NOW, PC.tenant_id, EVERYBODY)
    assert await keep(here, host, everybody) is None
    promised = await here.due.due(DueKind.RESTORE_POINT, here.hand.at + FOUR)
    assert [due.subject_id for due in promised] == [PC.id]


OFTEN = UserSetting(
    id="often",
    tenant_id=PC.tenant_id,
    display_name="Often",
    restore_point_setting=RestorePointSetting(frequency_type=FrequencyType.SIX_HOURS),
    assignments=(Assignment(id="a", group_id="g1", assigned_at=things.NOW),),
    created_date_time=things.NOW,
    last_modified_date_time=things.NOW,
)


async def without_schedule(here: PaperServices) -> None:
    """Remove the schedule of restore points from the tenant's settings."""
    stored = await here.tenants.get(PC.tenant_id)
    await here.tenants.replace(stored.value.but(settings=TenantSettings()), seen=stored.etag)


@pytest.mark.parametrize("scheduled", [True, False])
async def test_the_settings_of_a_user_say_how_often(here: PaperServices, host: IdleHost, *, scheduled: bool) -> None:
    if not scheduled:
        await without_schedule(here)
    await here.user_settings.insert(OFTEN)
    here.directory.groups["g1"] = {"ada"}
    four_old = RestorePoint(id="new", created_at=things.NOW - timedelta(minutes=150), status="ready", automatic=True)
    await here.cloud_pcs.insert(edited(PC, restore_points=(four_old,)))
    assert await keep(here, host) - here.hand.at <= timedelta(hours=6)
    assert host.started == []  # by the tenant's four hours it would be time
    here.hand.advance(timedelta(hours=1))
    await keep(here, host)
    assert [order["name"] for order in host.orders] == ["createSnapshot"]


async def test_who_has_no_settings_of_their_own_keeps_the_tenants(here: PaperServices, host: IdleHost) -> None:
    await here.user_settings.insert(OFTEN)
    here.directory.groups["g1"] = {"bob"}
    await here.cloud_pcs.insert(PC)
    assert await keep(here, host) - here.hand.at <= FOUR
    assert [order["name"] for order in host.orders] == ["createSnapshot"]
    await without_schedule(here)
    here.hand.advance(FOUR)
    assert await keep(here, host) - here.hand.at <= timedelta(days=1)  # they may join the group
    assert len(host.orders) == 1


async def test_a_directory_that_does_not_answer_is_asked_again(
    here: PaperServices, host: IdleHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> Any:
        raise UnavailableError("the directory is away")

    await here.user_settings.insert(OFTEN)
    await here.cloud_pcs.insert(PC)
    monkeypatch.setattr(here.directory, "member_group_ids", fail)
    assert await keep(here, host) == here.hand.at + timedelta(minutes=15)
    assert host.started == []


async def test_settings_that_say_how_often_promise_one_of_each(here: PaperServices, host: IdleHost) -> None:
    await without_schedule(here)
    await here.user_settings.insert(OFTEN)
    await here.cloud_pcs.insert(PC)
    await keep(here, host, Due(DueKind.RESTORE_POINT, things.NOW, PC.tenant_id, EVERYBODY))
    promised = await here.due.due(DueKind.RESTORE_POINT, here.hand.at + timedelta(hours=6))
    assert [due.subject_id for due in promised] == [PC.id]
