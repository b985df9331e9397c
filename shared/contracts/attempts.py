"""One attempt of a build: that it begins, its steps, and how it ends, as the record of its Cloud PC is told."""

from __future__ import annotations

from datetime import datetime

from shared.contracts.builds import OfAttempt
from shared.contracts.definitions import PATIENT, Activity, returns
from shared.contracts.outcomes import Done, NoCapacity, Superseded
from shared.domain.cloud_pc import Failure, Resources, Warn
from shared.domain.steps import Step


class AttemptOrder(OfAttempt):
    """Which attempt of which build."""

    connection_id: str
    resumes_at: Step | None = None


class StepRecord(OfAttempt):
    """A step begins; the one before it is thereby done. What is known of the resources is added to the record.

    *resumed*: the attempt goes on here with the machine of the one before. *note*: what to say of it in the timeline.
    """

    step: Step
    resources: Resources = Resources()
    resumed: bool = False
    note: str | None = None


class ParkedRecord(OfAttempt):
    """The build waits for room."""

    reason: NoCapacity
    since: datetime


class FailedRecord(OfAttempt):
    """An attempt failed; with *last* the build has."""

    failure: Failure
    last: bool
    resources: Resources = Resources()
    warnings: tuple[Warn, ...] = ()


class ProvisionedRecord(OfAttempt):
    """The Cloud PC is the user's."""

    resources: Resources
    warnings: tuple[Warn, ...] = ()


BEGIN_ATTEMPT = Activity("begin_attempt", AttemptOrder, returns(Done | NoCapacity | Superseded), PATIENT)
BEGIN_STEP = Activity("begin_step", StepRecord, returns(Done | Superseded), PATIENT)
RECORD_PARKED = Activity("record_parked", ParkedRecord, returns(Done | Superseded), PATIENT)
RECORD_FAILED = Activity("record_failed", FailedRecord, returns(Done | Superseded), PATIENT)
RECORD_PROVISIONED = Activity("record_provisioned", ProvisionedRecord, returns(Done | Superseded), PATIENT)
RECORD_REPLACED = Activity("record_replaced", ProvisionedRecord, returns(Done | Superseded), PATIENT)
