"""Operations: every long job somebody started over HTTP, and audit events: who did what."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from shared.domain.cloud_pc import Failure
from shared.domain.values import Value


class OperationStatus(StrEnum):
    """ARM's words for a long-running operation."""

    NOT_STARTED = "notStarted"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class OperationStep(Value):
    """One step of an operation."""

    name: str
    title: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    detail: str | None = None


class Operation(Value):
    """A long job: *kind* says which, *resource_id* what it works on."""

    id: str
    tenant_id: str
    kind: str
    resource_id: str
    status: OperationStatus = OperationStatus.NOT_STARTED
    percent_complete: int = Field(0, ge=0, le=100)
    steps: tuple[OperationStep, ...] = ()
    result: dict[str, Any] | None = None
    error: Failure | None = None
    requested_by: str
    created_date_time: datetime
    last_modified_date_time: datetime


class Actor(Value):
    """Who did it: a person or a program with a token, or Deskwright itself."""

    id: str
    name: str
    kind: str = "application"  # itPro | application | system
    roles: tuple[str, ...] = ()


SYSTEM = Actor(id="deskwright", name="Deskwright", kind="system")


class AuditEvent(Value):
    """One mutation: append-only. *activity* follows ``Microsoft.CloudPC/<resource>/<verb>``."""

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
