"""Alerts of a tenant: what raises and resolves them, and changes of their rules."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.alerts.alert import AlertRuleTemplate
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.reclaim import ReclaimState
from shared.domain.networks.connection import HealthStatus
from shared.domain.operations.overview import OpenDecisions, TenantOverview
from shared.domain.pools.plan import MOST_FAILURES, PoolRecord
from shared.domain.power.record import REVERSALS_LIMIT, CloudPcPower
from shared.domain.power.state import ObservedPower
from shared.services.alerts.judging import KEPT, judge_tenant
from shared.services.maintenance.purges import delete_old
from shared.storage.repository import Stored
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office, signed_in
from tests.integration.cost_scenes import CASE
from tests.integration.policy_scenes import HALTED

BASE = "tenants/{tenant}/{version}/deviceManagement/monitoring"
RECORDS, RULES, RULE = f"GET {BASE}/alertRecords", f"GET {BASE}/alertRules", f"PATCH {BASE}/alertRules/{{id}}"
QUARTER = timedelta(minutes=15)
Template = AlertRuleTemplate


async def shown(routes: dict[str, Any], name: str, **more: Any) -> Any:
    answer = await ask(routes[name], name, **more)
    assert answer.status_code == 200, answer.get_body()
    return json.loads(answer.get_body())


async def records(routes: dict[str, Any]) -> list[tuple[str, str, int]]:
    found = (await shown(routes, RECORDS))["value"]
    return sorted((each["alertRuleTemplate"], each["status"], each["alertImpact"]["value"]) for each in found)


async def recorded(office: Office, decisions: OpenDecisions, **statuses: int) -> None:
    """Record an overview, as the timer does before."""
    overview = TenantOverview(
        tenant_id=things.TENANT_ID, last_refreshed_date_time=things.NOW, statuses=statuses, decisions=decisions
    )
    await office.overviews.save_all([Stored(overview, "*")])


async def everything_wrong(office: Office) -> None:
    """Put in place what each rule judges."""
    waits = {"status": Status.PENDING_PROVISION, "last_modified_date_time": things.NOW - timedelta(hours=1)}
    await office.cloud_pcs.insert(things.cloud_pc("ada", status=Status.FAILED))
    await office.cloud_pcs.insert(things.cloud_pc("bob").but(**waits))
    await office.cloud_pcs.insert(things.cloud_pc("eve", status=Status.IN_GRACE_PERIOD))
    await office.connections.change(
        things.TENANT_ID, "c3", lambda each: each.but(health_check_status=HealthStatus.FAILED)
    )
    await office.images.insert(things.image(id="i9", status="failed"))
    decisions = OpenDecisions(removals_waiting=2, members_held=1, releases_stopped=1)
    await recorded(office, decisions, failed=1, pendingProvision=1, inGracePeriod=1)
    power = CloudPcPower(
        id="ada",
        tenant_id=things.TENANT_ID,
        observed=ObservedPower.RUNNING,
        since=things.NOW,
        reversals=REVERSALS_LIMIT,
    )
    await office.cloud_pc_powers.insert(power)
    billed = {"observed": ObservedPower.SHUT_DOWN, "since": things.NOW - timedelta(hours=1), "reversals": 0}
    await office.cloud_pc_powers.insert(power.but(id="bob", **billed))
    await office.reclaim_cases.insert(CASE.but(state=ReclaimState.PROPOSED))
    halted = PoolRecord(id="pool1", tenant_id=things.TENANT_ID, policy_id="p1", failures=MOST_FAILURES)
    await office.pools.insert(halted)
    await office.image_rings.insert(HALTED)


async def test_every_rule_is_raised_once_and_resolved_once(office: Office, routes: dict[str, Any]) -> None:
    await judge_tenant(office, things.TENANT_ID)
    assert await records(routes) == []
    await everything_wrong(office)
    assert len(await judge_tenant(office, things.TENANT_ID)) == len(Template)
    office.hand.advance(QUARTER)
    assert await judge_tenant(office, things.TENANT_ID) == []
    expected = {each.value: 1 for each in Template} | {Template.REMOVALS_HELD.value: 3}
    assert await records(routes) == sorted((name, "active", value) for name, value in expected.items())
    await recorded(office, OpenDecisions(removals_waiting=2, members_held=1, releases_stopped=1), provisioned=3)
    office.hand.advance(QUARTER)
    gone = {Template.PROVISION, Template.GRACE_PERIOD, Template.CAPACITY}
    assert {each.alert_rule_template for each in await judge_tenant(office, things.TENANT_ID)} == gone
    resolved = {name for name, status, _ in await records(routes) if status == "resolved"}
    assert resolved == {each.value for each in gone}
    office.hand.advance(KEPT + QUARTER)
    assert (await delete_old(office, office.hand.at))["alertrecords"] == len(gone)


async def test_a_rule_is_there_before_anybody_changes_it(office: Office, routes: dict[str, Any]) -> None:
    rules = (await shown(routes, RULES))["value"]
    assert {each["id"] for each in rules} == {each.value for each in Template}
    assert all(each["enabled"] and each["isSystemRule"] for each in rules)
    assert [each async for each in office.alert_rules.each(things.TENANT_ID)] == []


async def test_changes_of_a_rule_at_once_all_stay_and_are_audited(office: Office, routes: dict[str, Any]) -> None:
    at = {"id": Template.PROVISION.value}
    bodies = [{"threshold": {"target": 3}}, {"severity": "warning"}, {"enabled": False}]
    await asyncio.gather(*(shown(routes, RULE, body=json.dumps(each).encode(), at=at) for each in bodies))
    rule = (await office.alert_rules.get(things.TENANT_ID, Template.PROVISION.value)).value
    assert (rule.threshold.target, rule.severity, rule.enabled) == (3, "warning", False)
    events = [stored.value async for _, stored in office.audit.among(things.TENANT_ID, top=10)]
    assert {each.activity for each in events} == {"Microsoft.CloudPC/alertRules/update"}
    await everything_wrong(office)
    raised = await judge_tenant(office, things.TENANT_ID)
    assert Template.PROVISION not in {each.alert_rule_template for each in raised}


@pytest.mark.parametrize(
    ("name", "role", "status"),
    [(RECORDS, "CloudPC.Reader", 200), (RULE, "CloudPC.Operator", 403), (RULE, "CloudPC.Administrator", 200)],
)
async def test_readers_see_alerts_and_administrators_change_rules(
    office: Office, routes: dict[str, Any], name: str, role: str, status: int
) -> None:
    del office
    body = json.dumps({"enabled": False}).encode() if name == RULE else b""
    at = {"id": Template.PROVISION.value}
    answer = await ask(routes[name], name, body=body, at=at, headers=signed_in(role))
    assert answer.status_code == status


async def test_a_rule_that_is_none_is_not_found(office: Office, routes: dict[str, Any]) -> None:
    del office
    answer = await ask(routes[RULE], RULE, body=b'{"enabled": false}', at={"id": "other"})
    assert answer.status_code == 404
