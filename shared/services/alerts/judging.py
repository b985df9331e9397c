"""Alerts are judged by recorded values every half an hour: each is raised once, and resolved once."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from shared.caching import TtlCache
from shared.dependencies import Dependencies
from shared.domain.alerts.alert import (
    TEMPLATES,
    AlertRecord,
    AlertRule,
    AlertRuleTemplate,
    AlertStatus,
    judged,
    system_rule,
)
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.reclaim import ReclaimState
from shared.domain.graph_property import changed
from shared.domain.images.image import DeviceImageStatus
from shared.domain.networks.connection import HealthStatus
from shared.domain.operations.image_rings import RingStatus
from shared.domain.operations.operation import ResourceType
from shared.domain.operations.overview import LATEST, OpenDecisions
from shared.domain.values import Value
from shared.errors import ConflictError, DeskwrightError, StaleError
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, make_change
from shared.services.operations.writes import Edit, change
from shared.storage.audit import EVERYWHERE
from shared.storage.repository import Stored

_log = logging.getLogger("deskwright.maintenance")
WAITED = timedelta(minutes=30)
"""Time after which a Cloud PC that waits, or is billed while it is off, counts for its rule."""

_JUDGED: TtlCache[bool] = TtlCache(timedelta(minutes=29))
"""Whether this process has judged just now: requests of an idle service are counted (docs/performance.md)."""

KEPT = timedelta(days=90)
"""Time for which an alert record is kept after it was resolved."""


async def rules_of(deps: Dependencies, tenant_id: str) -> dict[AlertRuleTemplate, AlertRule]:
    """Return the rule of each template."""
    stored = {each.value.alert_rule_template: each.value async for each in deps.alert_rules.each(tenant_id)}
    return {template: stored.get(template) or system_rule(tenant_id, template) for template in TEMPLATES}


async def measured(deps: Dependencies, tenant_id: str, now: datetime) -> dict[AlertRuleTemplate, int]:
    """Return the value of each template. Everything is read from records: no cloud is asked."""
    overview = await deps.overviews.find(tenant_id, LATEST)
    decisions, statuses = (overview.value.decisions, overview.value.statuses) if overview else (OpenDecisions(), {})
    pending = Status.PENDING_PROVISION.value
    entries = await deps.cloud_pcs.entries(tenant_id) if statuses.get(pending) else []
    waiting = [entry for entry in entries if entry["status"] == pending]
    connections = [each.value.health_check_status async for each in deps.connections.each(tenant_id)]
    images = [each.value.status async for each in deps.images.each(tenant_id)]
    cases = [each.value.state async for each in deps.reclaim_cases.each(tenant_id)]
    powers = [each.value async for each in deps.cloud_pc_powers.each(tenant_id)]
    pools = [each.value async for each in deps.pools.each(tenant_id)]
    months = [each.value.status async for each in deps.image_rings.each(tenant_id)]
    return {
        AlertRuleTemplate.PROVISION: statuses.get(Status.FAILED.value, 0),
        AlertRuleTemplate.IMAGE_UPLOAD: images.count(DeviceImageStatus.FAILED),
        AlertRuleTemplate.CONNECTION: connections.count(HealthStatus.FAILED),
        AlertRuleTemplate.GRACE_PERIOD: statuses.get(Status.IN_GRACE_PERIOD.value, 0),
        AlertRuleTemplate.CAPACITY: sum(
            now - datetime.fromisoformat(str(entry["lastModifiedDateTime"])) > WAITED for entry in waiting
        )
        + sum(power.refused is not None for power in powers),
        AlertRuleTemplate.REMOVALS_HELD: decisions.removals_waiting + decisions.members_held,
        AlertRuleTemplate.RELEASE_STOPPED: decisions.releases_stopped,
        AlertRuleTemplate.POWER_CHANGED_OUTSIDE: sum(power.disputed for power in powers),
        AlertRuleTemplate.IDLE_CLOUD_PCS: cases.count(ReclaimState.PROPOSED),
        AlertRuleTemplate.POOL_HALTED: sum(pool.is_halted for pool in pools),
        AlertRuleTemplate.BILLED_WHILE_OFF: sum(power.is_billed_while_off(now, WAITED) for power in powers),
        AlertRuleTemplate.IMAGE_RINGS_HALTED: months.count(RingStatus.HALTED),
    }


async def judge_alerts(deps: Dependencies, tenant_ids: Callable[[], Awaitable[Sequence[str]]]) -> None:
    """Judge the rules of every tenant; if something of a tenant cannot be read, the others are judged."""
    if _JUDGED.get(deps, EVERYWHERE):
        return
    for tenant_id in await tenant_ids():
        try:
            await judge_tenant(deps, tenant_id)
        except DeskwrightError as error:
            _log.warning("the alerts of %s could not be judged: %s", tenant_id, error)
    _JUDGED.put(deps, EVERYWHERE, value=True)


async def judge_tenant(deps: Dependencies, tenant_id: str) -> list[AlertRecord]:
    """Judge the rules of a tenant; return the records that were raised, changed or resolved.

    A record is written by its rule and the moment of its detection: two instances at once write one record.
    """
    now = deps.clock.now()
    rules, values = await rules_of(deps, tenant_id), await measured(deps, tenant_id, now)
    found = deps.alert_records.each(tenant_id, status=AlertStatus.ACTIVE.value)
    active = {each.value.alert_rule_template: each async for each in found}
    written = []
    for template in TEMPLATES:
        before = active.get(template)
        after = judged(rules[template], before.value if before else None, values[template], now)
        if after is not None and await _written(deps, before, after):
            written.append(after)
    return written


async def _written(deps: Dependencies, before: Stored[AlertRecord] | None, after: AlertRecord) -> bool:
    """Write a record with its event; False where another instance was faster."""
    try:
        await (deps.alert_records.replace_known(before, after) if before else deps.alert_records.insert(after))
    except (ConflictError, StaleError):
        return False
    return True


async def update_alert_rule(context: ActionContext, rule: AlertRule, edit: Value) -> AlertRule:
    """Apply the changes that *edit* names to a rule; the first change stores it."""
    deps = context.deps

    def apply(there: AlertRule) -> AlertRule | None:
        after = changed(there, edit)
        return None if after == there else after.but(last_modified_date_time=context.now)

    async def write(edited: Edit[AlertRule]) -> AlertRule:
        if await deps.alert_rules.find(rule.tenant_id, rule.id) is None:
            with suppress(ConflictError):  # somebody else was first
                await deps.alert_rules.insert(rule)
        return await deps.alert_rules.change(rule.tenant_id, rule.id, edited)

    return await make_change(context, Resource(ResourceType.ALERT_RULE, rule.id), change(rule, apply, write))


async def delete_alerts(deps: Dependencies, tenant_id: str) -> None:
    """Remove everything of a tenant's alerts."""
    for record in [each async for each in deps.alert_records.each(tenant_id)]:
        await deps.alert_records.remove(tenant_id, record.value.id)
    for rule in [each async for each in deps.alert_rules.each(tenant_id)]:
        await deps.alert_rules.remove(tenant_id, rule.value.id)
