"""The Cloud PC: one per (user, licence). Its id is for ever; which licence it claims, a resize may change."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.connection import JoinType
from shared.domain.lifecycle import Event, Status, advance
from shared.domain.naming import Slot
from shared.domain.policy import Snapshot
from shared.domain.remote_action import RemoteAction
from shared.domain.restore_points import RestorePoint
from shared.domain.service_plan import ServicePlan
from shared.domain.steps import Step
from shared.domain.values import Value


class User(Value):
    """The person, as the directory names him."""

    id: str
    user_principal_name: str
    display_name: str = ""
    on_premises_user_principal_name: str | None = None
    account_enabled: bool = True


class Failure(Value):
    """Why something went wrong: the cloud's own code, what it said, where, and what to do about it."""

    code: str
    message: str
    step: Step | None = None
    evidence: str | None = None
    advice: str | None = None
    retriable: bool = True


class Warn(Value):
    """A post-provisioning step that failed; the Cloud PC works all the same."""

    step: str
    message: str


class RemovalCause(StrEnum):
    """Why a Cloud PC has lost its reason to be."""

    LICENSE_REMOVED = "licenseRemoved"
    USER_LEFT_GROUP = "userLeftGroup"
    GROUP_UNASSIGNED = "groupUnassigned"
    USER_DISABLED = "userDisabled"
    USER_DELETED = "userDeleted"


class Removal(Value):
    """A removal that was seen and not made: it waits until somebody confirms it, or it no longer holds."""

    cause: RemovalCause
    seen_at: datetime
    why: str = ""  # why it was not made at once
    confirmed_by: str | None = None


class Grace(Value):
    """A grace period: why, since when, until when. *held_at*: since when it stands still; None: it runs.

    *extended_by*: the context that has extended it last, so that the same one does not do it twice.
    *confirmed_by*: who has confirmed the removal, where the brake had stopped it.
    """

    cause: RemovalCause
    started_at: datetime
    ends_at: datetime
    held_at: datetime | None = None
    extended_by: str | None = None
    confirmed_by: str | None = None

    def over(self, at: datetime) -> bool:
        """Whether it has run out."""
        return self.held_at is None and at >= self.ends_at

    def hold(self, at: datetime) -> Grace:
        """Return it standing still."""
        return self if self.held_at else self.but(held_at=at)

    def release(self, at: datetime) -> Grace:
        """Return it running again; the time for which it stood still is not lost."""
        return self.but(held_at=None, ends_at=self.ends_at + (at - self.held_at)) if self.held_at else self

    def extend(self, length: timedelta, at: datetime) -> Grace:
        """Return it *length* longer; one that has run out already, and still waits for its end, counts from now."""
        return self.but(ends_at=(max(self.ends_at, at) if self.held_at is None else self.ends_at) + length)


class Swap(Value):
    """The second licence of a Cloud PC whose licences are being swapped: until then it claims both.

    Until a resize has ended *plan* is the one it is to have; afterwards the one it had, or did not get.
    """

    plan: ServicePlan
    until: datetime
    hours: int  # how long licences may take to be swapped, before the work and after it
    operation_id: str  # the resize


class Resources(Value):
    """What was made for a Cloud PC, as far as it is known; names are derived, ids are what the clouds answered."""

    subscription_id: str | None = None
    resource_group: str | None = None
    region: str | None = None
    zone: str | None = None
    size: str | None = None
    subnet_id: str | None = None
    slot: Slot | None = None  # in which its machine is; None: the first
    vm_id: str | None = None
    nic_id: str | None = None
    computer_name: str | None = None
    domain_connection_id: str | None = None  # through which it joined a domain that has an enabled account of it
    joined_at: datetime | None = None  # when the join began that came to a good end; None: it may be half joined
    entra_device_id: str | None = None  # the deviceId, not the object id
    managed_device_id: str | None = None
    host_pool_id: str | None = None
    session_host: str | None = None

    def with_found(self, found: Resources) -> Resources:
        """Return these with what *found* knows; what it does not know stays, unless it is about another machine."""
        if found.computer_name is not None and self.computer_name not in {None, found.computer_name}:
            return found
        return self.but(**{name: value for name, value in found if value is not None})

    def made_in(self, step: Step) -> tuple[str, ...]:
        """Return the ids of what *step* has made."""
        made = {
            Step.CREATE_VM: (self.vm_id, self.nic_id),
            Step.JOIN_DIRECTORY: (self.entra_device_id,),
            Step.ENROLL_IN_INTUNE: (self.managed_device_id,),
            Step.ASSIGN_USER: (self.session_host,),
        }
        return tuple(id_ for id_ in made.get(step, ()) if id_)


class Beside(Value):
    """The machine beside the one that a Cloud PC has: it is built to take its place, or has lost its own and goes.

    *status* tells which: pendingProvision and provisioning as of a Cloud PC that is built, failed of one that goes.
    Its properties have the names and meanings of those of a Cloud PC.
    """

    generation: int
    attempt: int = 0
    status: Status = Status.PENDING_PROVISION
    reason: str | None = None
    step: Step | None = None
    step_started_at: datetime | None = None
    resumed_at: Step | None = None
    snapshot: Snapshot | None = None
    group_id: str | None = None
    resources: Resources = Resources()
    warnings: tuple[Warn, ...] = ()
    last_error: Failure | None = None
    parked_since: datetime | None = None
    clean_up_at: datetime | None = None
    operation_id: str | None = None
    restore_points: tuple[RestorePoint, ...] = ()
    disks: tuple[str, ...] = ()
    last_modified_date_time: datetime

    @property
    def being_built(self) -> bool:
        """Whether it is built to take the place of the Cloud PC's own."""
        return self.status is not Status.FAILED


class CloudPc(Value):
    """A Cloud PC's record. *generation* counts builds started by hand or plan, *attempt* the tries within one.

    The count begins at the second in which the record was made: a record that went and came back repeats no number,
    and with it no computer name, no instance and no line of the audit log.
    """

    id: str
    tenant_id: str
    user: User
    plan: ServicePlan
    status: Status
    reason: str | None = None  # why it is notProvisioned or pendingProvision, in words
    display_name: str
    generation: int = 0
    attempt: int = 0
    step: Step | None = None
    step_started_at: datetime | None = None
    resumed_at: Step | None = None  # where this attempt goes on with the machine that is there; None: it begins anew
    snapshot: Snapshot | None = None
    group_id: str | None = None  # through which its user came to the policy
    resources: Resources = Resources()
    warnings: tuple[Warn, ...] = ()
    last_error: Failure | None = None
    parked_since: datetime | None = None
    clean_up_at: datetime | None = None
    closed: bool = False  # deprovisioning: nobody can use it any more, and what is left waits for its clean-up
    operation_id: str | None = None  # the operation that asked for this generation over HTTP, if one did
    removal: Removal | None = None
    grace: Grace | None = None
    action: RemoteAction | None = None  # the one at work on its machine: there is never a second
    restore_points: tuple[RestorePoint, ...] = ()  # oldest first; written down before they are made
    swap: Swap | None = None  # its licences are being swapped
    disks: tuple[str, ...] = ()  # names of OS disks that were, or may have been, made of restore points
    beside: Beside | None = None  # the machine beside its own, while that is replaced
    builds: int = 0  # the highest generation that a machine beside its own was given
    created_date_time: datetime
    last_modified_date_time: datetime
    provisioned_date_time: datetime | None = None

    @property
    def claims(self) -> frozenset[str]:
        """The licences (ids of service plans) of its user that are its own: no other Cloud PC may claim one of them."""
        return frozenset({self.plan.id, self.swap.plan.id} if self.swap else {self.plan.id})

    @property
    def next_generation(self) -> int:
        """The generation of the build after all there were."""
        return max(self.generation, self.builds) + 1

    @property
    def replaced_now(self) -> bool:
        """Whether a machine is built to take the place of the one that it has."""
        return self.beside is not None and self.beside.being_built

    @property
    def at_work(self) -> str | None:
        """Which action is at work on its machine, in words; None: none is."""
        return f"{self.action.name.value} is at work on it" if self.action else None

    @property
    def occupied(self) -> str | None:
        """Why nothing else may be begun with its machine, in words; None: something may."""
        being_replaced = "a machine is being built to take the place of the one it has"
        return self.at_work or (being_replaced if self.replaced_now else None)

    def after(self, event: Event, *, at: datetime, **changes: object) -> CloudPc:
        """Return the record after *event*, with *changes*.

        Raises: IllegalTransitionError if the life cycle has no such step.
        """
        return self.but(status=advance(self.status, event), last_modified_date_time=at, **changes)


TURN = "for its turn to start"
"""The reason of a build that may start."""


def replanned(pc: CloudPc, event: Event, at: datetime) -> CloudPc:
    """Return *pc* before a new build: what was made stays known, because the build cleans it up first."""
    return pc.after(
        event,
        at=at,
        generation=pc.next_generation,
        attempt=0,
        reason=TURN,
        step=None,
        step_started_at=None,
        resumed_at=None,
        clean_up_at=None,
        closed=False,
        warnings=(),
        last_error=None,
        provisioned_date_time=None,
        operation_id=None,
        grace=None,
        removal=None,
        action=None,
    )


def local_administrator(user: User, snapshot: Snapshot) -> str | None:
    """Return the account that becomes a local administrator, as the join names it; None: the policy wants none."""
    return account_of(user, snapshot.join_type) if snapshot.local_admin_enabled else None


def account_of(user: User, join_type: JoinType) -> str:
    """Return the user's account as Windows names it on a machine that was joined so."""
    if join_type is JoinType.HYBRID_AZURE_AD_JOIN:
        return user.on_premises_user_principal_name or user.user_principal_name
    return f"AzureAD\\{user.user_principal_name}"


class TimelineEntry(Value):
    """One step of one attempt, as it went. *run*: the operation, of what may be done to a machine more than once."""

    generation: int
    attempt: int
    step: Step
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str | None = None  # "succeeded", "failed", "parked", "warned"
    resource_ids: tuple[str, ...] = ()
    error: Failure | None = None
    note: str | None = None
    run: str | None = None
