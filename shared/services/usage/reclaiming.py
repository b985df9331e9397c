"""Reclaiming idle Cloud PCs: the check of each rule every six hours.

A check takes nothing from anybody: it tells users, and proposes to administrators. The directory decides the rest.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from shared.contracts.calls import on_behalf_of
from shared.contracts.outcomes import DeclinedError
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.reclaim import (
    Judged,
    ReclaimCase,
    ReclaimMode,
    ReclaimRule,
    ReclaimState,
    ReclaimVerdict,
    begun,
    judge,
)
from shared.domain.destroying import Unanswered
from shared.domain.operations.operation import AuditEvent, ResourceType
from shared.domain.power.record import CloudPcPower
from shared.domain.power.state import DesiredPower, PowerActor, PowerHold
from shared.domain.tenants.tenant import Tenant
from shared.errors import ConflictError, DeskwrightError, StaleError, UnavailableError
from shared.services.directory.fresh_readings import asked, read_user
from shared.services.directory.second_questions import Claim, ask_for_claim
from shared.services.policies.pausing import why_paused
from shared.services.power.records import change_power
from shared.services.power.sessions import users_now
from shared.services.usage.reclaim_rules import Days, cases_of, end_case, kept_days, note_case, release
from shared.storage.due import DueKind
from shared.storage.repository import Stored

_log = logging.getLogger("deskwright.maintenance")
_EVERY = timedelta(hours=6)
"""Time between two checks of a rule."""

_OFF_FOR = timedelta(days=7)
"""Length of the hold that keeps a machine off; each check renews it, and it ends with the rule."""


async def check_reclaims(deps: Dependencies, tenant_id: str, now: datetime) -> None:
    """Check the rules of a tenant that are due: end cases of people who came back, tell, propose, stop.

    One check of a rule counts: it claims the rule before it does anything.
    """
    rules = [each async for each in deps.reclaim_rules.each(tenant_id)]
    due = [each for each in rules if each.value.checked_at is None or now - each.value.checked_at >= _EVERY]
    if not due:
        return
    tenant = (await deps.tenants.get(tenant_id)).value
    days = await kept_days(deps, tenant_id, now)
    fleet = [each.value async for each in deps.cloud_pcs.each(tenant_id)]
    for stored in due:
        try:
            claimed = await deps.reclaim_rules.replace(stored.value.but(checked_at=now), seen=stored.etag)
        except StaleError:
            _log.info("the rule %s/%s was changed or checked meanwhile", tenant_id, stored.value.id)
            continue
        check = _Check(deps, tenant, claimed.value, now)
        mine = [pc for pc in fleet if pc.current.policy_id == claimed.value.id]
        if mine and await why_paused(deps, tenant, mine[0]) is not None:
            continue
        await check.run(mine, days, len([pc for pc in fleet if pc.status is not Status.NOT_PROVISIONED]))


class _Check:
    """One check of one rule."""

    def __init__(self, deps: Dependencies, tenant: Tenant, rule: ReclaimRule, now: datetime) -> None:
        self._deps, self._tenant, self._rule, self._now = deps, tenant, rule, now

    async def run(self, cloud_pcs: Sequence[CloudPc], days: Days, fleet: int) -> None:
        """Judge each Cloud PC of the policy; an error about one of them stops none of the others."""
        cases = {each.value.id: each for each in await cases_of(self._deps, self._tenant.id, self._rule.id)}
        ready = []
        for pc in cloud_pcs:
            judged, stored = judge(pc, days.get(pc.id, ()), self._rule, self._now), cases.pop(pc.id, None)
            try:
                case = await self._one(pc, judged, stored)
            except DeskwrightError as error:
                _log.warning("%s/%s could not be checked for idleness: %s", pc.tenant_id, pc.id, type(error).__name__)
                continue
            if case is not None and case.state is ReclaimState.NOTICED and case.is_over(self._now):
                ready.append((pc, case))
        for left in cases.values():
            await end_case(self._deps, left.value, "the Cloud PC is gone, or of another policy", self._now)
        await self._propose(ready, fleet)

    async def _one(self, pc: CloudPc, judged: Judged, stored: Stored[ReclaimCase] | None) -> ReclaimCase | None:
        """Begin, continue or end the case of a Cloud PC; return the open one."""
        case = stored.value if stored else None
        if judged.verdict in {ReclaimVerdict.IN_USE, ReclaimVerdict.NOT_APPLICABLE}:
            if case is not None:
                await end_case(self._deps, case, judged.reason, self._now)
            return None
        if self._rule.mode is ReclaimMode.SIMULATE or judged.verdict is not ReclaimVerdict.IDLE:
            if case is not None and case.stopped and self._rule.mode is not ReclaimMode.AUTOMATIC:
                await self._free(case)
            return None  # what is not read waits: the case stays as it is
        return await self._idle(pc, judged, case)

    async def _idle(self, pc: CloudPc, judged: Judged, case: ReclaimCase | None) -> ReclaimCase | None:
        """Begin or continue the case of an idle Cloud PC, unless its user is on the leave list."""
        leave = await self._leave(pc)
        if isinstance(leave, Unanswered):
            if case is not None:
                await self._wait(case, leave.why)
            return None
        if leave:
            if case is not None:
                await end_case(self._deps, case, "its user is on the leave list", self._now)
            return None
        if case is None:
            return await self._begin(pc, judged)
        if case.state is not ReclaimState.NOTICED:
            return await self._keep_off(pc, case)
        day = case.due_notice(self._now)
        return case if day is None else await self._tell(case, day)

    async def _leave(self, pc: CloudPc) -> bool | Unanswered:
        """Ask the directory whether a user is on the leave list; a list that is gone answers nothing."""
        if self._rule.leave_group_id is None:
            return False
        directory, group_id = self._deps.graph(self._tenant), self._rule.leave_group_id
        with on_behalf_of(self._tenant.id):
            group = await asked(directory.group(group_id))
            if group is None:
                return Unanswered(why="the group of the leave list is gone")
            if isinstance(group, Unanswered):
                return group
            seen = await read_user(directory, pc.user.id, {group_id})
        return seen if isinstance(seen, Unanswered) else group_id in seen.group_ids

    async def _begin(self, pc: CloudPc, judged: Judged) -> ReclaimCase | None:
        case = begun(pc, self._rule, self._now)
        try:
            await self._deps.reclaim_cases.insert(case)
        except ConflictError:  # another worker was first
            return None
        await self._audit(case, "notify", {"day": 0, "reason": judged.reason})
        return case

    async def _tell(self, case: ReclaimCase, day: int) -> ReclaimCase:
        after = await self._change(case, lambda there: there.told(day, self._now).but(waits=None))
        await self._audit(after, "notify", {"day": day})
        return after

    async def _wait(self, case: ReclaimCase, why: str) -> None:
        if case.waits != why:
            await self._change(case, lambda there: there.but(waits=why, last_modified_date_time=self._now))

    async def _propose(self, ready: Sequence[tuple[CloudPc, ReclaimCase]], fleet: int) -> None:
        """Propose the cases whose grace is over, unless the removal brake counts too many at once."""
        many = self._tenant.settings.removal_brake.stops(len(ready), of=fleet)
        if many and self._rule.confirmed_by is None:
            await self._hold(f"{len(ready)} of {fleet} Cloud PCs would be proposed at once")
            return
        for pc, case in ready:
            try:
                await self._propose_one(pc, case)
            except DeskwrightError as error:
                await self._wait(case, f"a source did not answer ({type(error).__name__})")
        if self._rule.held_back or self._rule.confirmed_by:
            await self._hold(None)

    async def _hold(self, why: str | None) -> None:
        """Write down why the proposals wait; a confirmation is used up with the check that it was for."""
        deps, rule = self._deps, self._rule
        edit = partial(_held, why)
        await deps.reclaim_rules.change(rule.tenant_id, rule.id, edit)
        if why is not None and rule.held_back is None:
            resource = (ResourceType.RECLAIM_RULE.value, rule.id)
            event = AuditEvent.of_service(
                rule.tenant_id, resource, "holdBack", {"why": why}, at=self._now, run=self._now.isoformat()
            )
            await deps.audit.append(event)

    async def _propose_one(self, pc: CloudPc, case: ReclaimCase) -> None:
        """Ask the sources anew: the directory about the user, Azure about their sessions; then propose."""
        with on_behalf_of(pc.tenant_id):
            claim = await ask_for_claim(self._deps, pc)
            if isinstance(claim, Unanswered):
                return await self._wait(case, claim.why)
            if claim is Claim.GONE:
                return await end_case(self._deps, case, "its user has no claim to it any more", self._now)
            try:
                users = await users_now(self._deps, pc)
            except (DeclinedError, UnavailableError):
                return await self._wait(case, "its sessions cannot be read, and somebody may be active")
        if users:
            return await end_case(self._deps, case, "somebody has signed in", self._now)
        now = self._now
        after = await self._change(
            case,
            lambda there: there.but(
                state=ReclaimState.PROPOSED, proposed_at=now, waits=None, last_modified_date_time=now
            ),
        )
        about = {"licence": pc.plan.display_name, "groupId": pc.current.group_id}
        await self._audit(after, "propose", about)
        await self._keep_off(pc, after)
        return None

    async def _keep_off(self, pc: CloudPc, case: ReclaimCase) -> ReclaimCase:
        """Hold the machine of a proposed case off where the rule is automatic: the engine of power stops it.

        The engine never stops an active session, and a sign-in wakes the machine and ends the hold.
        """
        wants = self._rule.mode is ReclaimMode.AUTOMATIC and case.state is ReclaimState.PROPOSED
        if not wants:
            return await self._free(case) if case.stopped else case
        hold = PowerHold(
            wants=DesiredPower.OFF,
            at=self._now,
            until=self._now + _OFF_FOR,
            actor=PowerActor.IDLE,
            by="the reclaim rule",
        )
        await self._deps.due.put(DueKind.POWER, self._now, pc.tenant_id, pc.id)
        await change_power(self._deps, pc.tenant_id, pc.id, self._now, lambda power: _held_off(power, hold))
        if case.stopped:
            return case
        after = await self._change(case, lambda there: there.but(stopped=True, last_modified_date_time=self._now))
        await self._audit(after, "stop", {})
        return after

    async def _free(self, case: ReclaimCase) -> ReclaimCase:
        await release(self._deps, case, self._now)
        return await self._change(case, lambda there: there.but(stopped=False, last_modified_date_time=self._now))

    async def _change(self, case: ReclaimCase, edit: Callable[[ReclaimCase], ReclaimCase]) -> ReclaimCase:
        return await self._deps.reclaim_cases.change(case.tenant_id, case.id, edit)

    async def _audit(self, case: ReclaimCase, verb: str, about: Mapping[str, object]) -> None:
        await note_case(self._deps, case, verb, about, self._now)


def _held(why: str | None, rule: ReclaimRule) -> ReclaimRule:
    return rule.but(held_back=why, confirmed_by=None)


def _held_off(power: CloudPcPower, hold: PowerHold) -> CloudPcPower | None:
    """Return the power with the hold, or None while a person holds the machine or keeps it awake."""
    other = power.hold is not None and power.hold.actor is not PowerActor.IDLE and power.hold.until > hold.at
    if other or power.disputed or power.awake_at(hold.at) is not None:
        return None
    return power.but(hold=hold)
