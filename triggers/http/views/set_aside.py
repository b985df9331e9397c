"""Due rows that are set aside."""

from typing_extensions import TypedDict

from shared.domain.set_aside import Aside
from triggers.http.json_schema import Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of

SET_ASIDE = Collection(
    name="setAside",
    kinds=kinds_of("id", "kind", "tenantId", "subjectId", "reason", moments="since nextAttemptDateTime"),
    searched=("tenantId", "subjectId", "reason"),
)


class SetAsideView(TypedDict):
    """Due work that failed. *subjectId*: the record that it is about."""

    id: str
    kind: str
    tenantId: str
    subjectId: str
    since: Timestamp
    reason: str
    nextAttemptDateTime: Timestamp


def set_aside_view(row: Aside) -> SetAsideView:
    """Return a row that is set aside."""
    return {
        "id": row.id,
        "kind": row.kind,
        "tenantId": row.tenant_id,
        "subjectId": row.subject_id,
        "since": timestamp(row.since),
        "reason": row.reason,
        "nextAttemptDateTime": timestamp(row.again_at),
    }
