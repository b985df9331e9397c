"""The second question about a Cloud PC, just before something of it is lost: to the directory, or to Azure."""

from __future__ import annotations

from enum import StrEnum

from shared.contracts.cleaning import leftovers_of
from shared.contracts.refusals import MissingError
from shared.contracts.tickets import on_behalf_of
from shared.dependencies import Dependencies
from shared.domain.asking import Unanswered
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.planning import planner
from shared.domain.planning.plans import Observed, Rules
from shared.domain.tenants.tenant import LicenceSource
from shared.errors import RefusedError, UnavailableError
from shared.services.fresh_readings import asked, contradicted, read_user
from shared.services.readings import observe


class Claim(StrEnum):
    """Current claim of a user to a Cloud PC in the directory."""

    STANDS = "stands"  # licence, membership and account are as its policy asks
    GONE = "gone"


async def ask_for_claim(deps: Dependencies, pc: CloudPc) -> Claim | Unanswered:
    """Ask the directory about the user of *pc*: account, licences, and the groups of every policy they are in.

    The planner judges the answer, as in every reconcile. Raises: ThrottledError.
    """
    tenant = (await deps.tenants.get(pc.tenant_id)).value
    policies = tuple([stored.value async for stored in deps.policies.each(tenant.id, assigned=True)])
    status = Status.FAILED if pc.status is Status.FAILED else Status.PROVISIONED
    kept = pc.but(status=status, removal=None, grace=None)
    observed = await asked(observe(deps, tenant, policies, (kept,), (pc.user.id,)))
    if not isinstance(observed, Observed):
        return observed or contradicted()
    if tenant.settings.licence_source is LicenceSource.SEATS:  # everybody was read: a list may lack somebody
        groups = {assignment.group_id for policy in policies for assignment in policy.assignments}
        seen = await read_user(deps.graph(tenant), pc.user.id, groups)
        if isinstance(seen, Unanswered):
            return seen
        listed = {each.user.id: each.group_ids for each in observed.entitlements}
        if not observed.complete or listed.get(pc.user.id, frozenset()) != seen.group_ids:
            return Unanswered(why="the directory did not answer about the user: its lists of members are partial")
        if seen.user is None or not seen.group_ids:
            return Claim.GONE
    rules = Rules(disabled_lose=tenant.settings.disabled_account_starts_grace)
    plan = planner.plan(observed, policies, {}, tenant_id=tenant.id, at=deps.clock.now(), rules=rules)
    lost = {each.id for each in (*plan.grace, *plan.cancel, *plan.removals, *plan.delete)}
    return Claim.GONE if pc.id in lost else Claim.STANDS


async def successor_is_there(deps: Dependencies, pc: CloudPc) -> bool | Unanswered:
    """Ask Azure whether the machine of *pc* is there, before the one that it has replaced goes."""
    for order in leftovers_of(pc, pc.current):
        machine = order.machine()
        try:
            with on_behalf_of(pc.tenant_id, machine.region):
                vms = deps.compute(machine.subscription_id).virtual_machines
                await vms.get(machine.resource_group, machine.vm_name)
        except MissingError:
            return False
        except (UnavailableError, RefusedError):
            return Unanswered(why="Azure did not answer about the machine that took its place")
        return True
    return False
