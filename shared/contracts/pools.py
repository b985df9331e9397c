"""Members of warm pools: the build of one, the record that it is ready, and another one for a user."""

from typing import Literal

from shared.contracts.builds import OfAttempt, ProvisionedRecord
from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Workflow
from shared.contracts.outcomes import Done, Superseded
from shared.contracts.provisioning import ProvisionOrder, Receipt
from shared.domain import naming
from shared.domain.pools.member import PoolMember
from shared.domain.values import Value

PREPARE_MEMBER = Workflow("prepare_pool_member", ProvisionOrder, Receipt)
RECORD_READY = Activity(
    "record_pool_member_ready", ProvisionedRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)


class AnotherOrder(OfAttempt):
    """A Cloud PC whose user is to get another member of the pool; *why*: Azure does not let them have this one."""

    user_id: str
    why: str


class AnotherClaimed(Value):
    """The user has another member; *cloud_pc_id*: the id of their Cloud PC from now on."""

    kind: Literal["anotherClaimed"] = "anotherClaimed"
    cloud_pc_id: str


CLAIM_ANOTHER = Activity(
    "claim_another_member", AnotherOrder, AnotherClaimed | Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
"""``Done``: none is left, and nothing has changed."""


def preparing_instance(member: PoolMember) -> str:
    """Return the id of the instance that builds a member."""
    return naming.instance_id(member.tenant_id, member.id, "prepare", member.current.generation)
