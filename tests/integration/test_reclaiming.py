"""Idle Cloud PCs: simulated first, then told, then proposed; never by old or partial readings."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.domain.cloud_pcs.cloud_pc import Grace, RemovalCause
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.reclaim import ReclaimCase, ReclaimMode, ReclaimRule, ReclaimState
from shared.domain.cloud_pcs.use import USES, CloudPcUse, SeenUse
from shared.domain.power.state import DesiredPower, PowerActor
from shared.domain.tenants.tenant import RemovalBrake
from shared.errors import UnavailableError
from shared.services.usage.reclaiming import check_reclaims
from shared.storage.repository import Stored
from tests.cloud_pcs import edited
from tests.integration import desks
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.desks import Desk, PaperDesks, on_paper
from tests.integration.scenes import MADE, NOW, WORKS

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PC = edited(WORKS, resources=MADE.but(host_pool_id=desks._POOL, session_host="spot-1")).but(
    provisioned_date_time=NOW - 80 * DAY
)
assert PC.current.snapshot is not None
POLICY = PC.current.snapshot.policy_id
RULE = ReclaimRule(id=POLICY, tenant_id=PC.tenant_id, mode=ReclaimMode.PROPOSE, checked_at=NOW - DAY)
REPORT, RULES = "GET …/reports/idleCloudPcs", "PUT tenants/{tenant}/reclaimRules/{id}"


async def observed(
    office: Office, days: int, *, until: datetime = NOW, minutes: int = 1440, seen: SeenUse | None = None
) -> None:
    """Record that a Cloud PC was read on each of some days, and that nobody had a session."""
    for number in range(days):
        at = until - number * DAY
        use = CloudPcUse(recorded_minutes=minutes, read_at=at, seen=seen or SeenUse())
        await office.usage.save_all([row_of(at, use)])


def row_of(at: Any, use: CloudPcUse) -> Any:

    return Stored(USES.row(PC.tenant_id, at.date(), 0, {PC.id: use}), "*")


@pytest.fixture
async def azure(office: Office) -> PaperDesks:
    await office.cloud_pcs.insert(PC)
    await office.reclaim_rules.insert(RULE)
    return on_paper(office, h1=Desk())


async def check(office: Office, after: timedelta = timedelta()) -> ReclaimCase | None:
    """Check the rules so long after now, with readings of every day until then."""
    office.hand.at = NOW + after
    await check_reclaims(office, PC.tenant_id, office.clock.now())
    found = await office.reclaim_cases.find(PC.tenant_id, PC.id)
    return found.value if found else None


async def told(office: Office) -> list[str]:
    events = office.audit.among(PC.tenant_id, top=100)
    found = [stored.value async for _, stored in events]
    return sorted(each.activity.rpartition("/")[2] for each in found if each.resource_type == "reclaimCase")


async def through_grace(office: Office) -> ReclaimCase | None:
    await observed(office, 60)
    await check(office)
    for days in (7, 13, 14):
        await observed(office, 8, until=NOW + days * DAY)
        found = await check(office, days * DAY)
    return found


@pytest.mark.usefixtures("azure")
async def test_the_user_is_told_on_three_days_and_then_an_administrator(office: Office) -> None:
    await observed(office, 60)
    first = await check(office)
    assert first is not None
    assert (first.state, first.notices) == (ReclaimState.NOTICED, (0,))
    found = await through_grace(office)
    assert found is not None
    assert (found.state, found.notices, found.stopped) == (ReclaimState.PROPOSED, (0, 7, 13), False)
    assert await told(office) == ["notify", "notify", "notify", "propose"]
    assert (await office.cloud_pcs.get(PC.tenant_id, PC.id)).value.status is Status.PROVISIONED


@pytest.mark.usefixtures("azure")
async def test_a_check_again_at_once_tells_nobody_twice(office: Office) -> None:
    await observed(office, 60)
    await check(office)
    await check(office, HOUR)
    await check(office, 7 * HOUR)
    assert await told(office) == ["notify"]


async def _old(office: Office) -> None:
    await observed(office, 60, until=NOW - 3 * DAY)


async def _partial(office: Office) -> None:
    await observed(office, 60, minutes=700)


async def _few(office: Office) -> None:
    await observed(office, 20)


async def _used(office: Office) -> None:
    await observed(office, 60)
    use = CloudPcUse(recorded_minutes=1440, minutes_active=15, read_at=NOW - 9 * DAY, seen=SeenUse())
    await office.usage.save_all([row_of(NOW - 9 * DAY, use)])


async def _open(office: Office) -> None:
    await observed(office, 60)
    await observed(office, 1, seen=SeenUse(disconnected=True))


async def _in_grace(office: Office) -> None:
    await observed(office, 60)
    grace = Grace(cause=RemovalCause.LICENSE_REMOVED, started_at=NOW, ends_at=NOW + DAY)
    await office.cloud_pcs.change(PC.tenant_id, PC.id, lambda pc: pc.but(status=Status.IN_GRACE_PERIOD, grace=grace))


async def _on_leave(office: Office) -> None:
    await observed(office, 60)
    office.directory.groups["leave"] = {"ada"}
    await office.reclaim_rules.change(PC.tenant_id, POLICY, lambda rule: rule.but(leave_group_id="leave"))


async def _leave_list_is_gone(office: Office) -> None:
    await observed(office, 60)
    await office.reclaim_rules.change(PC.tenant_id, POLICY, lambda rule: rule.but(leave_group_id="no-such-group"))


async def _simulated(office: Office) -> None:
    await observed(office, 60)
    await office.reclaim_rules.change(PC.tenant_id, POLICY, lambda rule: rule.but(mode=ReclaimMode.SIMULATE))


@pytest.mark.usefixtures("azure")
@pytest.mark.parametrize(
    "given", [_old, _partial, _few, _used, _open, _in_grace, _on_leave, _leave_list_is_gone, _simulated]
)
async def test_nobody_is_told(office: Office, given: Callable[[Office], Awaitable[None]]) -> None:
    await given(office)
    assert (await check(office), await told(office)) == (None, [])


async def test_the_sources_are_asked_anew_before_a_proposal(
    office: Office, azure: PaperDesks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unread(*_: str) -> Any:
        azure.silent = True
        return azure.hosts("", "")

    with monkeypatch.context() as away:
        away.setattr(azure, "all_sessions", unread)
        found = await through_grace(office)
    assert found is not None
    assert (found.state, found.waits) == (
        ReclaimState.NOTICED,
        "its sessions cannot be read, and somebody may be active",
    )
    azure.silent = False

    async def silent(*_: Any) -> Any:
        raise UnavailableError("the directory is out of reach")

    with monkeypatch.context() as away:
        away.setattr(office.directory, "user", silent)
        away.setattr(office.directory, "users_by_id", silent)
        found = await check(office, 15 * DAY)
    assert found is not None
    assert found.state is ReclaimState.NOTICED
    azure.desks["spot-1"].sessions["ada@contoso.example"] = "Active"
    await observed(office, 2, until=NOW + 16 * DAY)
    assert await check(office, 16 * DAY) is None
    assert (await told(office))[0] == "end"


@pytest.mark.usefixtures("azure")
async def test_an_automatic_rule_holds_the_machine_off_until_its_user_comes(office: Office) -> None:
    await office.reclaim_rules.change(PC.tenant_id, POLICY, lambda rule: rule.but(mode=ReclaimMode.AUTOMATIC))
    found = await through_grace(office)
    assert found is not None
    assert (found.state, found.stopped) == (ReclaimState.PROPOSED, True)
    power = (await office.cloud_pc_powers.get(PC.tenant_id, PC.id)).value
    assert power.hold is not None
    assert (power.hold.wants, power.hold.actor) == (DesiredPower.OFF, PowerActor.IDLE)
    await observed(office, 1, until=NOW + 15 * DAY, seen=SeenUse(active=True))
    assert await check(office, 15 * DAY) is None
    assert (await office.cloud_pc_powers.get(PC.tenant_id, PC.id)).value.hold is None


async def test_more_proposals_than_the_removal_brake_allows_wait_for_a_person(
    office: Office, azure: PaperDesks, routes: dict[str, Any]
) -> None:
    brake = RemovalBrake(count=0, percent=0)
    tenant = (await office.tenants.get(PC.tenant_id)).value
    await office.tenants.change(PC.tenant_id, lambda each: each.but(settings=tenant.settings.but(removal_brake=brake)))
    found = await through_grace(office)
    assert found is not None
    assert found.state is ReclaimState.NOTICED
    rule = (await office.reclaim_rules.get(PC.tenant_id, POLICY)).value
    assert rule.held_back == "1 of 1 Cloud PCs would be proposed at once"
    confirm = "POST tenants/{tenant}/reclaimRules/{id}/confirm"
    assert (await ask(routes[confirm], confirm, at={"id": POLICY})).status_code == 200
    found = await check(office, 14 * DAY + HOUR)
    assert found is not None
    assert found.state is ReclaimState.PROPOSED


@pytest.mark.usefixtures("azure")
async def test_who_is_dismissed_is_left_alone_until_they_sign_in(office: Office, routes: dict[str, Any]) -> None:
    await through_grace(office)
    dismiss = "POST tenants/{tenant}/reclaimCases/{id}/dismiss"
    assert (await ask(routes[dismiss], dismiss, at={"id": PC.id})).status_code == 200
    found = await check(office, 15 * DAY)
    assert found is not None
    assert (found.state, found.dismissed_by is not None) == (ReclaimState.DISMISSED, True)


async def test_the_report_judges_without_doing_anything(
    office: Office, azure: PaperDesks, routes: dict[str, Any]
) -> None:
    await observed(office, 60)
    await office.reclaim_rules.remove(PC.tenant_id, POLICY)
    assert json.loads((await ask(routes[REPORT], REPORT)).get_body())["value"] == []
    (row,) = json.loads((await ask(routes[REPORT], REPORT, query={"wouldBeIdleDays": "45"})).get_body())["value"]
    assert (row["verdict"], row["mode"], row["state"]) == ("idle", "simulate", None)
    assert (await ask(routes[REPORT], REPORT, query={"wouldBeIdleDays": "2"})).status_code == 400
    assert (await told(office), azure.calls) == ([], [])


async def test_a_rule_begins_as_a_simulation(office: Office, routes: dict[str, Any]) -> None:
    def put(mode: str, **more: Any) -> Any:
        return ask(routes[RULES], RULES, body=json.dumps({"mode": mode, **more}).encode(), at={"id": "p1"})

    assert (await put("automatic")).status_code == 400
    assert (await put("simulate")).status_code == 201
    assert (await put("propose")).status_code == 400
    await check_reclaims(office, PC.tenant_id, office.clock.now())
    assert (await put("propose")).status_code == 200
    assert (await put("propose", idleDays=300)).status_code == 400
    assert (await put("propose", leaveGroupId="no-such-group")).status_code == 400
