"""Operations: states, intents, lists and reconciles; and the names of audit events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

from pydantic import Field

from shared.domain.cloud_pcs.build import Failure
from shared.domain.filtering import Kind, Scalar, moment
from shared.domain.naming import derived_id
from shared.domain.values import Value, amount


class OperationStatus(StrEnum):
    """ARM's words for a long-running operation."""

    NOT_STARTED = "notStarted"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


ENDED = frozenset({OperationStatus.SUCCEEDED, OperationStatus.FAILED, OperationStatus.CANCELED})


class OperationStep(Value):
    """One step of an operation."""

    name: str
    title: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    detail: str | None = None


class Operation(Value):
    """A long job: *kind* is its kind, *resource_id* the id of its target."""

    id: str
    tenant_id: str
    kind: str
    resource_id: str
    status: OperationStatus = OperationStatus.NOT_STARTED
    percent_complete: int = Field(0, ge=0, le=100)
    steps: tuple[OperationStep, ...] = ()
    result: dict[str, Any] | None = Field(None, description="what came of it; depends on kind")
    error: Failure | None = None
    warnings: tuple[dict[str, Any], ...] = Field((), description="what the caller should know about the request")
    requested_by: str
    created_date_time: datetime
    last_modified_date_time: datetime

    @property
    def ended(self) -> bool:
        """Whether it has ended: it does not change afterwards."""
        return self.status in ENDED

    @property
    def open_step(self) -> str | None:
        """The name of the step that has begun and not ended."""
        return next((step.name for step in self.steps if step.started_at and not step.ended_at), None)

    @property
    def step_began_at(self) -> datetime | None:
        """The time at which the latest step began, or None before the first."""
        return max((step.started_at for step in self.steps if step.started_at), default=None)

    def running(self, at: datetime) -> "Operation":
        """Return it as running."""
        if self.status is not OperationStatus.NOT_STARTED:
            return self
        return self.but(status=OperationStatus.RUNNING, last_modified_date_time=at)

    def warned(self, warning: dict[str, Any]) -> "Operation":
        """Return it with one more warning; the same twice is once."""
        return self if self.ended or warning in self.warnings else self.but(warnings=(*self.warnings, warning))

    def noted(self, name: str, detail: str) -> "Operation":
        """Return the operation with a note at the step *name*."""
        return self.but(steps=tuple(step.but(detail=detail) if step.name == name else step for step in self.steps))

    def at_step(self, name: str, titles: Mapping[str, str], *, percent: int, at: datetime) -> "Operation":
        """Return the operation at the step *name*; the open step before it has succeeded.

        *titles*: all its steps, in order; a step that it has had before stays, though it is not among them.
        """
        known = {step.name: step for step in self.steps}
        others = {each: step for each, step in known.items() if each not in titles and step.started_at}
        if self.ended or ((open_step := known.get(name)) and open_step.started_at and not open_step.ended_at):
            return self
        known = others | {
            each: known.get(each, OperationStep(name=each, title=title)) for each, title in titles.items()
        }
        steps = {each: _closed(step, "succeeded", at) for each, step in known.items()}
        steps[name] = steps[name].but(started_at=at, ended_at=None, outcome=None)
        return self.but(
            status=OperationStatus.RUNNING,
            percent_complete=max(percent, self.percent_complete),
            steps=tuple(steps.values()),
            last_modified_date_time=at,
        )

    def succeeded(self, result: dict[str, Any], at: datetime) -> "Operation":
        """Return it as succeeded with *result*."""
        if self.ended:
            return self
        return self.but(
            status=OperationStatus.SUCCEEDED,
            percent_complete=100,
            steps=tuple(_closed(step, "succeeded", at) for step in self.steps),
            result=result,
            last_modified_date_time=at,
        )

    def failed(self, failure: Failure, at: datetime) -> "Operation":
        """Return it as failed, and why."""
        if self.ended:
            return self
        return self.but(
            status=OperationStatus.FAILED,
            steps=tuple(_closed(step, "failed", at, failure.message) for step in self.steps),
            error=failure,
            last_modified_date_time=at,
        )


def _closed(step: OperationStep, outcome: str, at: datetime, detail: str | None = None) -> OperationStep:
    """Return *step* closed with *outcome*, or unchanged if it is not open."""
    if step.started_at is None or step.ended_at is not None:
        return step
    return step.but(ended_at=at, outcome=outcome, detail=detail)


class ShownOperation(Operation):
    """An operation as clients see it: with the name of its target, and the range of its estimated end."""

    resource_display_name: str | None = None
    estimated_end_date_time: datetime | None = Field(
        None, description="as others of its kind took, never in the past; absent when nothing is known"
    )
    earliest_end_date_time: datetime | None = None
    latest_end_date_time: datetime | None = None


class Actor(Value):
    """Actor of an operation: a person or a program with a token, or Deskwright itself."""

    id: str
    name: str
    kind: str = "application"  # itPro | application | system
    roles: tuple[str, ...] = ()


SYSTEM = Actor.model_construct(id="deskwright", name="Deskwright", kind="system")


class AuditEvent(Value):
    """One mutation: append-only. *activity* follows ``Microsoft.CloudPC/<resource>/<verb>``.

    *refused_status*: the status of the answer where nothing was changed; *refused_why*: what the caller was told.
    """

    id: str
    tenant_id: str
    activity: str
    activity_date_time: datetime
    actor: Actor
    resource_type: str
    resource_id: str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    correlation_id: str | None = None
    refused_status: int | None = None
    refused_why: str | None = None

    @classmethod
    def of_service(
        cls, tenant_id: str, resource: tuple[str, str], verb: str, after: dict[str, Any], *, at: datetime, run: str
    ) -> Self:
        """Return the event that the service did *verb* to *resource* (type, id); *run* tells repetitions apart."""
        resource_type, resource_id = resource
        return cls(
            id=derived_id("audit", tenant_id, resource_id, verb, run),
            tenant_id=tenant_id,
            activity=f"Microsoft.CloudPC/{resource_type}s/{verb}",
            activity_date_time=at,
            actor=SYSTEM,
            resource_type=resource_type,
            resource_id=resource_id,
            after=after,
            correlation_id=run,
        )


INTERRUPTED_AFTER = timedelta(minutes=15)
"""An intent that is older was cut off: no request or activity runs for so long (host.json, functionTimeout)."""


class ResourceType(StrEnum):
    """Resource types of audit events; Graph's names where Graph has one."""

    ALERT_RULE = "alertRule"
    BUDGET = "budget"
    BULK_ACTION = "bulkAction"
    CLOUD_PC = "cloudPC"
    CONNECTION = "onPremisesConnection"
    DELETED_CLOUD_PC = "deletedCloudPC"
    DEVICE_IMAGE = "deviceImage"
    HEALTH = "health"
    IMAGE_RING = "imageRing"
    IMAGE_SET = "imageSet"
    IMAGE_VERSION = "imageVersion"
    MAINTENANCE_WINDOW = "maintenanceWindow"
    NOTICE_ENDPOINT = "noticeEndpoint"
    ORPHAN = "orphan"
    ORPHAN_SCAN = "orphanScan"
    PERSONAL_NOTICES = "personalNotices"
    POLICY = "provisioningPolicy"
    POWER_SCHEDULE = "powerSchedule"
    RATE_CARD = "rateCard"
    RECLAIM_CASE = "reclaimCase"
    RECLAIM_RULE = "reclaimRule"
    RELEASE = "spotRelease"
    SCRIPT = "deviceManagementScript"
    ROLE_ASSIGNMENT = "roleAssignment"
    ROLE_DEFINITION = "roleDefinition"
    SERVICE = "service"
    SESSION_HOST = "sessionHost"
    SITE = "site"
    SPOT_GROUP = "spotGroup"
    SUPPORT_ACCESS = "supportAccess"
    TENANT = "tenant"
    USER_SETTING = "userSetting"


class Intent(Value):
    """A change that is being carried out. *event*: its audit event at the time of the decision.

    *operation_id*: the operation that it opens, None: nobody waits for it. *writes_record*: False for what only starts
    something. *promised*: a due row was written before, so that a sweep begins it if nobody else does.
    """

    id: str
    tenant_id: str
    event: AuditEvent
    operation_id: str | None = None
    writes_record: bool = True
    promised: bool = False

    def happened(self, now: dict[str, Any] | None) -> bool:
        """Whether the change was made. *now*: the record as JSON, None if there is none.

        A record that is as it was before was not changed. One that differs may have been changed by somebody else: then
        the audit log has an event of what was only requested, which is better than one too few.
        """
        return not self.writes_record or now != self.event.before


STEPS: Mapping[str, str] = MappingProxyType({"plan": "Read the directory and plan", "start": "Start what was planned"})
"""The titles of the steps, in their order."""


def planning(operation: Operation, at: datetime) -> Operation:
    """Return it while the directory is read."""
    return operation.at_step("plan", STEPS, percent=0, at=at)


_PLANNED = {
    "provision": "to be provisioned",
    "wait": "waiting",
    "list": "listed without a Cloud PC",
    "beginGrace": "entering a grace period",
    "cancel": "cancelled",
    "confirmRemoval": "waiting for the confirmation of their removal",
    "endGrace": "kept",
    "resize": "to be resized",
    "delete": "not listed any more",
    "start": "starting now",
}
"""Words for the actions of a plan, by their names."""


def planned(operation: Operation, counts: Mapping[str, int], users: int, at: datetime) -> Operation:
    """Return the operation with the plan for *users*: the number of Cloud PCs of each action.

    A reconcile that goes round again because somebody has requested another plans again: the counts add up.
    """
    before = (operation.result or {}).get("counts", {})
    together = {action: number + before.get(action, 0) for action, number in counts.items()}
    some = ", ".join(f"{number} {_PLANNED.get(action, action)}" for action, number in together.items() if number)
    return (
        operation.at_step("start", STEPS, percent=50, at=at)
        .noted("plan", f"For {amount(users, 'user')}: {some or 'nothing changes'}.")
        .but(result={"users": users, "counts": together})
    )


def reconciled(operation: Operation, at: datetime) -> Operation:
    """Return the operation as succeeded, with its plan."""
    return operation.succeeded(operation.result or {}, at)


_MOMENTS = ("createdDateTime", "lastModifiedDateTime")

COLUMNS: Mapping[str, Callable[[Operation], Scalar]] = {
    "kind": lambda operation: operation.kind,
    "resourceId": lambda operation: operation.resource_id,
    "status": lambda operation: operation.status.value,
    "requestedBy": lambda operation: operation.requested_by,
    "error/code": lambda operation: operation.error.code if operation.error else None,
    "createdDateTime": lambda operation: moment(operation.created_date_time),
    "lastModifiedDateTime": lambda operation: moment(operation.last_modified_date_time),
}
"""The columns of an entry, by the names of the properties. A change of them needs a new version of the list."""

KINDS = {name: Kind.MOMENT if name in _MOMENTS else Kind.TEXT for name in ("id", *COLUMNS)}

SEARCHED = ("kind", "resourceId", "requestedBy", "error/code", "id")
"""Properties that ``$search`` reads."""


@dataclass(frozen=True, slots=True)
class AuditNames:
    """*applications*: display names of service principals by object id. *resources*: current names of records."""

    applications: Mapping[str, str]
    resources: Mapping[str, str]


NO_NAMES = AuditNames({}, {})
"""Names for events that belong to no single tenant."""
