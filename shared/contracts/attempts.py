"""One attempt of a build in the record of its Cloud PC: its beginning, its steps, and its end."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from shared.contracts.builds import OfAttempt
from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect
from shared.contracts.outcomes import Done, NoCapacity, Superseded
from shared.domain.asking import Confirmation
from shared.domain.cloud_pcs.build import Failure, Resources, Warn
from shared.domain.cloud_pcs.steps import Step
from shared.domain.values import Value


class AttemptOrder(OfAttempt):
    """An attempt of a build."""

    connection_id: str
    resumes_at: Step | None = None


class Begun(Value):
    """The attempt begins, and the remains of an earlier build may be removed: the directory was asked."""

    kind: Literal["begun"] = "begun"
    confirmation: Confirmation


class StepRecord(OfAttempt):
    """A step begins; the one before it is thereby done. What is known of the resources is added to the record.

    *resumed*: the attempt goes on here with the machine of the one before. *note*: for the timeline.
    *password_left*: why the domain join's extension, which had the join password, is on the machine still.
    """

    step: Step
    resources: Resources = Field(default_factory=Resources)
    resumed: bool = False
    note: str | None = None
    password_left: Failure | None = None


class ParkedRecord(OfAttempt):
    """The build waits for capacity."""

    reason: NoCapacity
    since: datetime


class FailedRecord(OfAttempt):
    """An attempt failed; with *last* the build has."""

    failure: Failure
    last: bool
    resources: Resources = Field(default_factory=Resources)
    warnings: tuple[Warn, ...] = ()


class ProvisionedRecord(OfAttempt):
    """The Cloud PC is the user's."""

    resources: Resources
    warnings: tuple[Warn, ...] = ()


BEGIN_ATTEMPT = Activity(
    "begin_attempt", AttemptOrder, Begun | Done, NoCapacity | Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
BEGIN_STEP = Activity("begin_step", StepRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
RECORD_PARKED = Activity("record_parked", ParkedRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
RECORD_FAILED = Activity("record_failed", FailedRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
RECORD_PROVISIONED = Activity(
    "record_provisioned", ProvisionedRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
RECORD_REPLACED = Activity(
    "record_replaced", ProvisionedRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
