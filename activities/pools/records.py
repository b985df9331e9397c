"""The record of a pool member: it is ready."""

from __future__ import annotations

from activities.cloud_pcs.replacing import end_last_steps
from activities.operations.audit import record_status_change
from activities.policies.decisions import change_record, ended_build, find_record, running_build, with_machine
from shared.contracts.builds import ProvisionedRecord
from shared.contracts.outcomes import Done, Superseded
from shared.contracts.pools import RECORD_READY
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Event, Phase
from shared.domain.pools.member import PoolMember
from shared.errors import NotFoundError
from shared.storage.due import DueKind
from shared.workflow import Blueprint, implements

bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(RECORD_READY)
async def record_pool_member_ready(record: ProvisionedRecord) -> Done | Superseded:
    """Record that a pool member may be claimed: its session host is available."""
    deps, at = dependencies(), dependencies().clock.now()
    stored = await find_record(record)
    if stored is None or not isinstance(stored.value, PoolMember):
        return Superseded()
    member = stored.value
    if running_build(member, record) is None:
        return Done() if ended_build(member, record, Phase.BUILT) else Superseded()
    await end_last_steps(record, member.current.step)
    await _forget_failures(member)

    def edit(there: CloudPc) -> CloudPc | None:
        if not isinstance(there, PoolMember) or running_build(there, record) is None:
            return None
        built = with_machine(there, record)
        return built.after(Event.WARNED if record.warnings else Event.SUCCEEDED, at=at, ready_at=at)

    after = await change_record(record, edit, stored)
    if after is None or ended_build(after, record, Phase.BUILT) is None:
        return Superseded()
    await record_status_change(member, after)
    await deps.due.put(DueKind.POOL, at, member.tenant_id, member.policy_id)
    return Done()


async def _forget_failures(member: PoolMember) -> None:
    """Count failures of the pool anew: machines can be built by its policy."""
    pool_id = naming.pool_id(member.tenant_id, *member.pool_key)
    try:
        await dependencies().pools.change(
            member.tenant_id, pool_id, lambda pool: pool.but(failures=0, failed_at=None, last_error=None, told=False)
        )
    except NotFoundError:
        return
