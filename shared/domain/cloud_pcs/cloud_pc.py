"""The Cloud PC: one per (user, licence). Its id is for ever; which licence it claims, a resize may change."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

from pydantic import Field

from shared.domain.cloud_pcs.build import MACHINE_GONE, Build, Failure
from shared.domain.cloud_pcs.lifecycle import PHASES, REPLACEABLE, Event, Phase, Status, advance
from shared.domain.cloud_pcs.remote_action import RemoteAction
from shared.domain.destroying import HeldBack
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.naming import Slot, other_slot
from shared.domain.networks.connection import JoinType
from shared.domain.policies.policy import Snapshot
from shared.domain.values import Value, is_none
from shared.errors import IllegalTransitionError

_BUILDING = frozenset({Status.PENDING_PROVISION, Status.PROVISIONING})
_REPRIEVES = frozenset({Event.REPRIEVED, Event.REPRIEVED_WITH_WARNINGS})


REMINDED_BEFORE = timedelta(days=1)
"""Time between the reminder that a grace period ends and its end."""


class User(Value):
    """The person, as the directory names them."""

    id: str
    user_principal_name: str
    display_name: str = ""
    on_premises_user_principal_name: str | None = None
    account_enabled: bool = True


class RemovalCause(StrEnum):
    """Why a user loses a Cloud PC."""

    LICENSE_REMOVED = "licenseRemoved"
    USER_LEFT_GROUP = "userLeftGroup"
    GROUP_UNASSIGNED = "groupUnassigned"
    USER_DISABLED = "userDisabled"
    USER_DELETED = "userDeleted"

    @property
    def words(self) -> str:
        """The cause as a clause, for people."""
        return _CAUSES[self]


_CAUSES: Mapping[RemovalCause, str] = MappingProxyType(
    {
        RemovalCause.LICENSE_REMOVED: "the user has lost the licence",
        RemovalCause.USER_LEFT_GROUP: "the user has left the group",
        RemovalCause.GROUP_UNASSIGNED: "the group is not assigned to the policy any more",
        RemovalCause.USER_DISABLED: "the user's account is disabled",
        RemovalCause.USER_DELETED: "the user is deleted",
    }
)


class Removal(Value):
    """A removal that was found and not made: it waits until an administrator confirms it, or its cause is gone."""

    cause: RemovalCause
    seen_at: datetime
    why: str = ""  # why it was not made at once
    confirmed_by: str | None = None

    @property
    def waits(self) -> bool:
        """Whether nobody has confirmed it yet."""
        return not self.confirmed_by


class Grace(Value):
    """A grace period: its cause, start and end. *held_at*: the time since which it is held, None while it runs.

    *extended_by*: the request that has extended it last, so that the same one does not do it twice.
    *confirmed_by*: who has confirmed the removal, where the brake had stopped it. *reminded_of*: the end of which its
    user was reminded.
    """

    cause: RemovalCause
    started_at: datetime
    ends_at: datetime
    held_at: datetime | None = None
    extended_by: str | None = None
    confirmed_by: str | None = None
    reminded_of: datetime | None = Field(None, exclude_if=is_none)

    @property
    def reminder_at(self) -> datetime | None:
        """The time of the reminder that it ends soon; None for a short one, or once the user was reminded of its end.

        It comes a day before the end of one that is two days or longer.
        """
        if self.ends_at - self.started_at < 2 * REMINDED_BEFORE or self.reminded_of == self.ends_at:
            return None
        return self.ends_at - REMINDED_BEFORE

    def over(self, at: datetime) -> bool:
        """Whether it has run out."""
        return self.held_at is None and at >= self.ends_at

    def hold(self, at: datetime) -> "Grace":
        """Return it held."""
        return self if self.held_at else self.but(held_at=at)

    def release(self, at: datetime) -> "Grace":
        """Return it running again, longer by the time for which it was held."""
        return self.but(held_at=None, ends_at=self.ends_at + (at - self.held_at)) if self.held_at else self

    def extend(self, length: timedelta, at: datetime) -> "Grace":
        """Return the grace period extended by *length*; if it is over, it is extended from *at*."""
        return self.but(ends_at=(max(self.ends_at, at) if self.held_at is None else self.ends_at) + length)


class Swap(Value):
    """The second licence of a Cloud PC during a swap of licences; the Cloud PC claims both until the swap ends.

    Until a resize has ended *plan* is the one it is to have; afterwards the one it had, or did not get.
    """

    plan: ServicePlan
    until: datetime
    hours: int  # how long licences may take to be swapped, before the work and after it
    operation_id: str  # the resize


class CloudPc(Value):
    """A Cloud PC's record: the facts that outlive its machines, and the builds of its machines.

    *current*: the machine that the user has, will have or had. *replacement*: another machine, which is built to take
    the place of the current one; or which has failed or was replaced, and waits for its clean-up.

    Generations begin at the second in which the record was made: a record that was deleted and comes back repeats no
    number, and with it no computer name, no instance and no audit event.
    """

    id: str
    tenant_id: str
    user: User
    plan: ServicePlan
    status: Status
    display_name: str
    renamed: bool = False  # by a person: the name survives every build
    current: Build
    replacement: Build | None = None
    highest_generation: int = 0  # that a replacement was given
    removal: Removal | None = None
    grace: Grace | None = None
    action: RemoteAction | None = None  # the one that runs on its machine: there is never a second
    swap: Swap | None = None  # its licences are being swapped
    held_back: HeldBack | None = None  # what cannot be undone, and waits for an answer
    created_date_time: datetime
    last_modified_date_time: datetime
    provisioned_date_time: datetime | None = None

    @property
    def claims(self) -> frozenset[str]:
        """The licences (ids of service plans) of its user that are its own: no other Cloud PC may claim one of them."""
        return frozenset({self.plan.id, self.swap.plan.id} if self.swap else {self.plan.id})

    @property
    def builds(self) -> tuple[Build, ...]:
        """The current build, and the replacement if there is one."""
        return (self.current, self.replacement) if self.replacement else (self.current,)

    @property
    def next_generation(self) -> int:
        """The generation of the next build."""
        return max(self.current.generation, self.highest_generation) + 1

    @property
    def failure(self) -> Failure | None:
        """The failure of a failed Cloud PC, or of a machine lost in the grace period; None without one."""
        return self.current.last_error if self.status is Status.FAILED or self.lost_in_grace else None

    @property
    def lost_in_grace(self) -> bool:
        """Whether its machine was found to be gone in its grace period: it does not work again when that ends well."""
        error = self.current.last_error
        return self.status is Status.IN_GRACE_PERIOD and error is not None and error.code == MACHINE_GONE

    @property
    def being_replaced(self) -> bool:
        """Whether another machine is built to take the place of the current one."""
        return self.replacement is not None and self.replacement.unfinished

    @property
    def at_work(self) -> str | None:
        """The action at work on its machine, in words, or None."""
        return f"{self.action.name.value} is at work on it" if self.action else None

    @property
    def occupied(self) -> str | None:
        """The reason, in words, why no other work on its machine may begin, or None if it may."""
        being_replaced = "a machine is being built to take the place of the one it has"
        return self.at_work or (being_replaced if self.being_replaced else None)

    def named_for(self, snapshot: Snapshot, user: User | None = None) -> str:
        """Return its display name when it is built from *snapshot*: policy and user, unless a person has named it."""
        owner = user or self.user
        own = f"{snapshot.policy_name} - {owner.display_name or owner.user_principal_name}"
        return self.display_name if self.renamed else own

    def build(self, generation: int) -> Build | None:
        """Return the build of *generation*, None when the record no longer has it."""
        return next((build for build in self.builds if build.generation == generation), None)

    def audited(self) -> dict[str, Any]:
        """Return the properties that an audit event keeps: the current build's are among the Cloud PC's own."""
        own = self.to_json()
        return {**own.pop("current"), **own}

    def _is_current(self, build: Build) -> bool:
        return build.generation == self.current.generation

    def goes_on(self, build: Build) -> bool:
        """Whether *build* has not ended yet.

        A replacement ends early when its user loses the Cloud PC: there is no place to take any more.
        """
        wanted = _BUILDING if self._is_current(build) else REPLACEABLE
        return build.unfinished and self.status in wanted

    def to_clean_up(self, build: Build) -> bool:
        """Return whether the resources of *build* are to be removed, now or at its ``clean_up_at``."""
        if self._is_current(build):
            return self.status in {Status.FAILED, Status.DEPROVISIONING}
        return not build.unfinished

    def slot_of(self, build: Build) -> Slot:
        """Return the slot of the machine of *build*; current build and replacement never share a slot."""
        if self._is_current(build) and self.replacement is not None:
            return other_slot(self.replacement.slot)
        return build.slot

    def with_build(self, build: Build) -> Self:
        """Return the record with *build* as the build of its generation.

        A replacement that is to be cleaned up, and of which nothing is left, is dropped.
        """
        if self._is_current(build):
            return self.but(current=build)
        gone = not build.unfinished and build.resources.computer_name is None
        return self.but(replacement=None if gone else build)

    def with_current(self, **changes: object) -> Self:
        """Return the record with *changes* of its current build."""
        return self.but(current=self.current.but(**changes))

    def after(self, event: Event, *, at: datetime, **changes: object) -> Self:
        """Return the record after *event*, with *changes*; its current build is in the phase that follows from it.

        Raises: IllegalTransitionError if the life cycle has no such step, or it is reprieved without a machine that
        works: it was cancelled, or its machine is leaving.
        """
        if event in _REPRIEVES and self.current.phase is not Phase.BUILT:
            raise IllegalTransitionError("a Cloud PC without a machine that works cannot be reprieved")
        freed = {"held_back": None, **changes}  # what waited is done, or no longer wanted
        after = self.but(status=advance(self.status, event), last_modified_date_time=at, **freed)
        return after.with_current(phase=PHASES.get(event, after.current.phase))

    def after_build(self, build: Build, event: Event, *, at: datetime, **changes: object) -> Self:
        """Return the record after *event* of one of its builds, with *changes* of that build.

        What happens to a replacement does not change the status: the user goes on with the current machine.

        Raises: IllegalTransitionError if *build* is the current one and the life cycle has no such step.
        """
        if self._is_current(build):
            return self.with_current(**changes).after(event, at=at)
        return self.but(replacement=build.but(phase=PHASES[event], **changes), last_modified_date_time=at)


WAITING_TO_START = "its turn to start has not come yet"
"""The reason of a build that may start."""


def replanned(pc: CloudPc, event: Event, at: datetime) -> CloudPc:
    """Return *pc* before a new build: its resources stay known, because the build cleans them up first."""
    planned = pc.current.but(
        generation=pc.next_generation,
        attempt=0,
        reason=WAITING_TO_START,
        step=None,
        step_started_at=None,
        resumed_at=None,
        clean_up_at=None,
        warnings=(),
        last_error=None,
        operation_id=None,
        disk=None,
        pool=None,
        temporary_size=None,
    )
    return pc.after(event, at=at, current=planned, provisioned_date_time=None, grace=None, removal=None, action=None)


def local_administrator(user: User, snapshot: Snapshot) -> str | None:
    """Return the account that becomes a local administrator, as the join names it, or None by the policy."""
    return account_of(user, snapshot.join_type) if snapshot.configuration.local_admin_enabled else None


def account_of(user: User, join_type: JoinType) -> str:
    """Return the user's account for scripts: the name in the domain, or the object id in Microsoft Entra ID."""
    if join_type is JoinType.HYBRID_AZURE_AD_JOIN:
        return user.on_premises_user_principal_name or user.user_principal_name
    return user.id
