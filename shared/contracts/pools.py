"""Members of warm pools: the build of one, and the record that it is ready."""

from shared.contracts.builds import ProvisionedRecord
from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Workflow
from shared.contracts.outcomes import Done, Superseded
from shared.contracts.provisioning import ProvisionOrder, Receipt
from shared.domain import naming
from shared.domain.pools.member import PoolMember

PREPARE_MEMBER = Workflow("prepare_pool_member", ProvisionOrder, Receipt)
RECORD_READY = Activity(
    "record_pool_member_ready", ProvisionedRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)


def preparing_instance(member: PoolMember) -> str:
    """Return the id of the instance that builds a member."""
    return naming.instance_id(member.tenant_id, member.id, "prepare", member.current.generation)
