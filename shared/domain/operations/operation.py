"""Operations: long jobs that callers start over HTTP; and audit events: who did what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import Field

from shared.domain.cloud_pcs.build import Failure
from shared.domain.naming import derived_id
from shared.domain.values import Value


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
        """When the latest of its steps began; None: none has."""
        return max((step.started_at for step in self.steps if step.started_at), default=None)

    def running(self, at: datetime) -> Operation:
        """Return it as running."""
        if self.status is not OperationStatus.NOT_STARTED:
            return self
        return self.but(status=OperationStatus.RUNNING, last_modified_date_time=at)

    def warned(self, warning: dict[str, Any]) -> Operation:
        """Return it with one more warning; the same twice is once."""
        return self if self.ended or warning in self.warnings else self.but(warnings=(*self.warnings, warning))

    def noted(self, name: str, detail: str) -> Operation:
        """Return the operation with a note at the step *name*."""
        return self.but(steps=tuple(step.but(detail=detail) if step.name == name else step for step in self.steps))

    def at_step(self, name: str, titles: Mapping[str, str], *, percent: int, at: datetime) -> Operation:
        """Return it at the step *name*: the one that was open has succeeded.

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

    def succeeded(self, result: dict[str, Any], at: datetime) -> Operation:
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

    def failed(self, failure: Failure, at: datetime) -> Operation:
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
    """Return *step* closed, if it is open."""
    if step.started_at is None or step.ended_at is not None:
        return step
    return step.but(ended_at=at, outcome=outcome, detail=detail)


class ShownOperation(Operation):
    """An operation as it is shown: with the name of its target, and its estimated end."""

    resource_display_name: str | None = None
    estimated_end_date_time: datetime | None = Field(
        None, description="as others of its kind took, never in the past; absent when nothing is known"
    )


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
