"""Events that changes of records cause, each type declared once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Generic, Self, TypeVar

from pydantic import Field

from shared.domain.alerts.alert import TEMPLATES, AlertRecord, AlertStatus
from shared.domain.cloud_pcs.cloud_pc import CloudPc, Grace
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.reclaim import ReclaimCase, ReclaimState
from shared.domain.cost.budgets import Budget
from shared.domain.naming import derived_id
from shared.domain.networks.connection import Connection, HealthStatus
from shared.domain.notices.endpoint import NoticeEndpoint
from shared.domain.operations.operation import Operation
from shared.domain.spot.hosts.release import ReleaseStatus, SpotRelease
from shared.domain.values import Value

T = TypeVar("T", bound=Value)


class EventType(StrEnum):
    """Types of events, as Standard Webhooks writes them: a new one is a row here, and a title for each language.

    *mandatory*: nobody opts out of it, because it is about security or takes something from them. *personal*: it is for
    the user of the record that it is about, too.
    """

    mandatory: bool
    personal: bool

    def __new__(cls, value: str, *facts: str) -> Self:
        """Make a member of its value, and of the names of its facts that are true."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.mandatory, member.personal = (name in facts for name in ("mandatory", "personal"))
        return member

    CLOUD_PC_PROVISIONED = "cloudpc.provisioned", "personal"
    CLOUD_PC_WAITING = "cloudpc.waiting", "personal"
    CLOUD_PC_FAILED = "cloudpc.failed", "personal"
    CLOUD_PC_REBUILD_STARTED = "cloudpc.rebuild.started", "mandatory", "personal"
    CLOUD_PC_RESTORE_ENDED = "cloudpc.restore.ended", "personal"
    CLOUD_PC_GRACE_STARTED = "cloudpc.grace.started", "mandatory", "personal"
    CLOUD_PC_GRACE_ENDING = "cloudpc.grace.ending", "mandatory", "personal"
    CLOUD_PC_GRACE_ENDED = "cloudpc.grace.ended", "personal"
    CLOUD_PC_REMOVED = "cloudpc.removed", "mandatory", "personal"
    CLOUD_PC_IDLE = "cloudpc.idle", "personal"
    RECLAIM_PROPOSED = "reclaim.proposed"
    REMOVALS_HELD = "removals.held", "mandatory"
    CONNECTION_FAILED = "connection.failed"
    CONNECTION_RECOVERED = "connection.recovered"
    RELEASE_STOPPED = "release.stopped"
    OPERATION_FINISHED = "operation.finished"
    BUDGET_REACHED = "budget.reached"
    ALERT_RAISED = "alert.raised"
    ALERT_RESOLVED = "alert.resolved"
    ENDPOINT_DISABLED = "endpoint.disabled", "mandatory"
    ENDPOINT_TEST = "endpoint.test"


NEVER_CHOSEN = frozenset({EventType.ENDPOINT_TEST})
"""Types that no filter names: they are sent to one endpoint by hand."""

CHOSEN = tuple(each for each in EventType if each not in NEVER_CHOSEN)
"""Types that a filter may name."""


PERSONAL = frozenset(each.value for each in EventType if each.personal)
"""Types that are mailed to the user of the record."""

MANDATORY = frozenset(each.value for each in EventType if each.mandatory)
"""Types that nobody opts out of, and that wait for no quiet hours."""


class NoticeEvent(Value):
    """One event. *id*: the same at every delivery. *subject*: the collection and id of the record that it is about.

    *type* is a text, so that events of a newer release stay readable. *person*: the id of the user whose own it is.
    """

    id: str
    tenant_id: str
    type: str
    time: datetime
    subject: str
    data: dict[str, Any] = Field(description="ids, names and facts; depends on the type")
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Teller(Generic[T]):
    """Tells the events of a change of a record. *tell*: by the record before and after; None where there is none.

    *facts*: what every event of the record has; *person*: the id of the user whose own the record is.
    """

    collection: str
    tell: Callable[[T | None, T | None], Iterable[tuple[EventType, Mapping[str, Any]]]]
    facts: Callable[[T], Mapping[str, Any]]
    time: Callable[[T], datetime]
    person: Callable[[T], str | None] = lambda _: None

    def events(self, tenant_id: str, id_: str, before: T | None, after: T | None, run: str) -> list[NoticeEvent]:
        """Return the events of a change. *run*: the record's version before the change, part of the events' ids."""
        record = after if after is not None else before
        if record is None:
            return []
        return [
            NoticeEvent(
                id=derived_id("event", tenant_id, self.collection, id_, told.value, run),
                tenant_id=tenant_id,
                type=told.value,
                time=self.time(record),
                subject=f"{self.collection}/{id_}",
                data={"tenantId": tenant_id, "id": id_, **self.facts(record), **more},
                person=self.person(record),
            )
            for told, more in self.tell(before, after)
        ]


_WORKS = frozenset({Status.PROVISIONED, Status.PROVISIONED_WITH_WARNINGS})
_BUILDING = frozenset({Status.PENDING_PROVISION, Status.PROVISIONING})

Tales = Iterator[tuple[EventType, Mapping[str, Any]]]
"""Types of events, each with the data of its own."""


def _of_cloud_pc(before: CloudPc | None, after: CloudPc | None) -> Tales:
    if before is None:
        return
    was = before.status
    if was is Status.DEPROVISIONING and (after is None or after.status is not was):
        yield EventType.CLOUD_PC_REMOVED, {}
    if after is None:
        return
    if after.removal and after.removal.waits and not _is_held(before):
        yield EventType.REMOVALS_HELD, {"cause": after.removal.cause.value, "why": after.removal.why}
    reminded = after.grace.reminded_of if after.grace else None
    if after.grace and reminded and reminded != (before.grace.reminded_of if before.grace else None):
        yield EventType.CLOUD_PC_GRACE_ENDING, _end_of(after.grace)
    if after.status in _BUILDING and after.current.parked_since and not before.current.parked_since:
        yield EventType.CLOUD_PC_WAITING, {"why": after.current.reason or ""}
    if was is not after.status:
        yield from _of_status(was, after)


def _of_status(was: Status, after: CloudPc) -> Tales:
    """Tell of a Cloud PC whose status has changed."""
    if after.status is Status.PENDING_PROVISION and was in _WORKS:
        yield EventType.CLOUD_PC_REBUILD_STARTED, {}
    if after.status in _WORKS and was is Status.RESTORING:
        yield EventType.CLOUD_PC_RESTORE_ENDED, {}
    if after.status in _WORKS and was in _BUILDING:
        yield EventType.CLOUD_PC_PROVISIONED, {"warnings": [each.step for each in after.current.warnings]}
    if after.status in _WORKS and was is Status.IN_GRACE_PERIOD:
        yield EventType.CLOUD_PC_GRACE_ENDED, {}
    if after.status is Status.FAILED:
        yield EventType.CLOUD_PC_FAILED, _failure_of(after)
    if after.status is Status.IN_GRACE_PERIOD and after.grace:
        yield EventType.CLOUD_PC_GRACE_STARTED, _end_of(after.grace)


def _end_of(grace: Grace) -> Mapping[str, Any]:
    return {"cause": grace.cause.value, "endsDateTime": grace.ends_at.isoformat()}


def _is_held(pc: CloudPc) -> bool:
    return pc.removal is not None and pc.removal.waits


def _failure_of(pc: CloudPc) -> Mapping[str, Any]:
    failure = pc.current.last_error
    return {"code": failure.code, "message": failure.message} if failure else {}


def _of_connection(before: Connection | None, after: Connection | None) -> Tales:
    """Tell that a connection has become unusable or usable; its checks write many statuses in between."""
    changed = after.health_changed_date_time if after else None
    if before is None or after is None or changed is None or changed == before.health_changed_date_time:
        return
    failed = [check.display_name for check in after.health_checks if check.status is HealthStatus.FAILED]
    if after.health_check_status is HealthStatus.FAILED:
        yield EventType.CONNECTION_FAILED, {"failedChecks": failed}
    elif after.usable and after.health_before is HealthStatus.FAILED:
        yield EventType.CONNECTION_RECOVERED, {}


def _of_release(before: SpotRelease | None, after: SpotRelease | None) -> Tales:
    if after is not None and after.status is ReleaseStatus.FAILED and (before is None or before.status != after.status):
        yield EventType.RELEASE_STOPPED, {"cause": after.cause or ""}


def _of_operation(before: Operation | None, after: Operation | None) -> Tales:
    if after is not None and after.ended and not (before and before.ended):
        error = {"error": after.error.to_json()} if after.error else {}
        yield EventType.OPERATION_FINISHED, {"status": after.status.value, **error}


def _of_endpoint(before: NoticeEndpoint | None, after: NoticeEndpoint | None) -> Tales:
    if before is not None and after is not None and before.disabled is None and after.disabled is not None:
        yield EventType.ENDPOINT_DISABLED, {"reason": after.disabled.reason, "message": after.disabled.message}


def _of_budget(before: Budget | None, after: Budget | None) -> Tales:
    """Tell of the notices that a check has given: those that its use did not have in the same month."""
    use = after.use if after else None
    if use is None:
        return
    was = before.use if before else None
    given = was.notices if was is not None and was.month == use.month else ()
    if new := [each for each in use.notices if each not in given]:
        yield (
            EventType.BUDGET_REACHED,
            {"notices": new, "month": use.month, "spent": use.spent, "forecast": use.forecast},
        )


def _checked_at(budget: Budget) -> datetime:
    if budget.use is None:
        raise ValueError("a budget that was never checked tells nothing")
    return budget.use.checked_at


def _of_alert(before: AlertRecord | None, after: AlertRecord | None) -> Tales:
    was = before.status if before else None
    if after is None or after.status is was:
        return
    yield (EventType.ALERT_RAISED if after.status is AlertStatus.ACTIVE else EventType.ALERT_RESOLVED), {}


def _of_case(before: ReclaimCase | None, after: ReclaimCase | None) -> Tales:
    if after is None:
        return
    if after.notices != (before.notices if before else ()):
        yield EventType.CLOUD_PC_IDLE, {"day": max(after.notices)}
    if after.state is ReclaimState.PROPOSED and (before is None or before.state is not after.state):
        yield EventType.RECLAIM_PROPOSED, {}


CLOUD_PC_TELLER: Teller[CloudPc] = Teller(
    "cloudPCs",
    _of_cloud_pc,
    lambda pc: {
        "displayName": pc.display_name,
        "status": pc.status.value,
        "userPrincipalName": pc.user.user_principal_name,
        "generation": pc.current.generation,
    },
    lambda pc: pc.last_modified_date_time,
    lambda pc: pc.user.id,
)
CONNECTION_TELLER: Teller[Connection] = Teller(
    "onPremisesConnections",
    _of_connection,
    lambda it: {"displayName": it.display_name, "healthCheckStatus": it.health_check_status.value},
    lambda it: it.health_changed_date_time or it.created_date_time,
)
RELEASE_TELLER: Teller[SpotRelease] = Teller(
    "releases",
    _of_release,
    lambda it: {"spotGroupId": it.spot_group_id, "imageVersion": it.image.image_version},
    lambda it: it.last_modified_date_time,
)
OPERATION_TELLER: Teller[Operation] = Teller(
    "operations",
    _of_operation,
    lambda it: {"kind": it.kind, "resourceId": it.resource_id, "requestedBy": it.requested_by},
    lambda it: it.last_modified_date_time,
)
ENDPOINT_TELLER: Teller[NoticeEndpoint] = Teller(
    "noticeEndpoints",
    _of_endpoint,
    lambda it: {"displayName": it.display_name},
    lambda it: it.last_modified_date_time,
)
BUDGET_TELLER: Teller[Budget] = Teller(
    "budgets",
    _of_budget,
    lambda it: {
        "displayName": it.display_name,
        "scope": it.scope.value,
        "subjectId": it.subject_id,
        "amount": it.amount,
    },
    _checked_at,
)
ALERT_TELLER: Teller[AlertRecord] = Teller(
    "alertRecords",
    _of_alert,
    lambda it: {
        "displayName": TEMPLATES[it.alert_rule_template].title,
        "alertRuleTemplate": it.alert_rule_template.value,
        "severity": it.severity.value,
        "value": it.value,
    },
    lambda it: it.last_updated_date_time,
)
CASE_TELLER: Teller[ReclaimCase] = Teller(
    "reclaimCases",
    _of_case,
    lambda it: {
        "displayName": it.display_name,
        "userPrincipalName": it.user_principal_name,
        "provisioningPolicyId": it.policy_id,
        "proposedFromDateTime": it.grace_ends_at.isoformat(),
    },
    lambda it: it.last_modified_date_time,
    lambda it: it.user_id,
)

TELLERS: Mapping[str, Teller[Any]] = MappingProxyType(
    {
        "cloudpcs": CLOUD_PC_TELLER,
        "connections": CONNECTION_TELLER,
        "releases": RELEASE_TELLER,
        "operations": OPERATION_TELLER,
        "noticeendpoints": ENDPOINT_TELLER,
        "budgets": BUDGET_TELLER,
        "alertrecords": ALERT_TELLER,
        "reclaimcases": CASE_TELLER,
    }
)
"""The tellers by the tables of their records."""
