"""The removal brake: what looks like the directory's mistake rather than somebody's wish waits to be confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shared.domain.cloud_pc import CloudPc, RemovalCause
from shared.domain.policy import Policy
from shared.domain.tenant import RemovalBrake
from shared.domain.values import Value


class Doubt(Value):
    """What the directory answered with nothing at all: groups (ids) without users, plans (ids) without holders."""

    group_ids: frozenset[str] = frozenset()
    plan_ids: frozenset[str] = frozenset()


def braked(
    takings: Sequence[tuple[CloudPc, RemovalCause]],
    doubt: Doubt,
    brake: RemovalBrake,
    policies: Iterable[Policy],
    *,
    fleet: int,
) -> dict[str, str]:
    """Return which of *takings* must wait to be confirmed, by Cloud PC id, and why.

    What was confirmed never waits; what waits already goes on waiting, and counts.
    """
    doubtful = {policy.id for policy in policies if {a.group_id for a in policy.assignments} & doubt.group_ids}
    open_ = [(pc, cause) for pc, cause in takings if not (pc.removal and pc.removal.confirmed_by)]
    many = len(open_) > brake.count and len(open_) * 100 > fleet * brake.percent
    waits: dict[str, str] = {}
    for pc, cause in open_:
        if many:
            waits[pc.id] = f"{len(open_)} of {fleet} Cloud PCs would be removed at once"
        elif cause is RemovalCause.USER_LEFT_GROUP and pc.snapshot and pc.snapshot.policy_id in doubtful:
            waits[pc.id] = "a group of its policy answered without a single user"
        elif cause is RemovalCause.LICENSE_REMOVED and pc.plan.id in doubt.plan_ids:
            waits[pc.id] = "the directory names nobody who holds its licence"
        elif pc.removal is not None:
            waits[pc.id] = pc.removal.why
    return waits
