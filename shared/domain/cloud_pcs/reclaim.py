"""Idle Cloud PCs, and the rule by which a policy reclaims them: notices, a grace, then a proposal. Pure.

Nothing here removes anything: the licence is the directory's, and who takes it there begins the ordinary grace period
(docs/decisions/0224-a-reclaim-proposes-and-the-directory-decides.md).
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from pydantic import Field

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING, Status
from shared.domain.cloud_pcs.use import CloudPcUse
from shared.domain.values import Description, Id, Value

NOTICE_DAYS = (0, 7, 13)
"""Days after the first notice on which the user is told."""

FRESH = timedelta(hours=48)
"""Age from which a reading of use says nothing."""

_DAY = timedelta(days=1)
_MINUTES = 24 * 60


class ReclaimMode(StrEnum):
    """Effect of a rule.

    ``simulate``: the report only. ``propose``: notices, then a proposal for an administrator. ``automatic``: the
    machine is stopped, too, until its user signs in.
    """

    SIMULATE = "simulate"
    PROPOSE = "propose"
    AUTOMATIC = "automatic"


class ReclaimRuleSettings(Value):
    """A rule as a person sets it."""

    description: Description = Field("", title="Description")
    mode: ReclaimMode = Field(ReclaimMode.SIMULATE, title="Mode", description="A rule begins with simulate.")
    idle_days: int = Field(45, ge=7, le=365, title="Idle days", description="Observed days without any session.")
    grace_days: int = Field(
        14, ge=14, le=180, title="Grace", description="Days from the first notice to the proposal; at least 14."
    )
    leave_group_id: Id | None = Field(
        None, title="Leave list", description="Group whose members are never told, proposed or stopped."
    )


class ReclaimRule(ReclaimRuleSettings):
    """The rule of a policy. *id*: of the policy. *checked_at*: the latest check.

    *held_back*: why the proposals of the latest check wait; *confirmed_by*: who let them go on.
    """

    id: Id
    tenant_id: Id
    checked_at: datetime | None = None
    held_back: str | None = None
    confirmed_by: str | None = None

    def audited(self) -> dict[str, object]:
        """Return the properties that an audit event keeps: the settings, not the checks."""
        return self.but(checked_at=None, held_back=None).to_json()


class ReclaimVerdict(StrEnum):
    """Judgement of one Cloud PC."""

    IDLE = "idle"
    IN_USE = "inUse"
    NOT_APPLICABLE = "notApplicable"  # in grace, in hold, being removed or built: no rule judges it
    UNREADABLE = "unreadable"  # the readings are too old, or there are too few
    ON_LEAVE = "onLeave"


class ReclaimState(StrEnum):
    """State of a case; ``dismissed``: an administrator keeps it until its user signs in."""

    NOTICED = "noticed"
    PROPOSED = "proposed"
    DISMISSED = "dismissed"


class ReclaimCase(Value):
    """An idle Cloud PC whose user was told. *id*: of the Cloud PC; *policy_id*: of the rule.

    *notices*: the days of ``NOTICE_DAYS`` that were told. *proposed_at*: when the grace was over, and the sources had
    answered. *stopped*: whether the rule keeps its machine off. *waits*: why the next step waits.
    """

    id: Id
    tenant_id: Id
    policy_id: Id
    user_id: Id
    user_principal_name: str
    display_name: str
    noticed_at: datetime
    grace_ends_at: datetime
    state: ReclaimState = ReclaimState.NOTICED
    notices: tuple[int, ...] = ()
    proposed_at: datetime | None = None
    stopped: bool = False
    waits: str | None = None
    dismissed_by: str | None = None
    last_modified_date_time: datetime

    def due_notice(self, now: datetime) -> int | None:
        """Return the day of the notice that is due, the latest one if several are; None while none is."""
        passed = [day for day in NOTICE_DAYS if now - self.noticed_at >= day * _DAY and day not in self.notices]
        return max(passed, default=None)

    def told(self, day: int, now: datetime) -> "ReclaimCase":
        """Return it with a notice given; earlier notices that were missed are not given any more."""
        given = tuple(each for each in NOTICE_DAYS if each <= day)
        return self.but(notices=given, last_modified_date_time=now)

    def is_over(self, now: datetime) -> bool:
        """Whether the grace is over, and its user was told each time."""
        return now >= self.grace_ends_at and set(NOTICE_DAYS) <= set(self.notices)


class Judged(Value):
    """Judgement of a Cloud PC with its evidence. *observed_idle_days*: whole days without use that were observed."""

    verdict: ReclaimVerdict
    reason: str
    last_used: datetime | None = None
    observed_idle_days: int = 0


def judge(pc: CloudPc, days: Sequence[tuple[date, CloudPcUse]], rule: ReclaimRuleSettings, now: datetime) -> Judged:
    """Return whether a Cloud PC is idle. *days*: its use day by day, in order. The leave list is judged elsewhere.

    Only observed time counts: a gap in the readings makes nobody idle.
    """
    if (why := _not_applicable(pc)) is not None:
        return Judged(verdict=ReclaimVerdict.NOT_APPLICABLE, reason=why)
    latest = days[-1][1] if days else None
    if latest is None or now - latest.read_at > FRESH:
        return Judged(verdict=ReclaimVerdict.UNREADABLE, reason="its use was not read within the last 48 hours")
    used = _last_used(days)
    if latest.seen.open or (used is not None and now - used < rule.idle_days * _DAY):
        return Judged(verdict=ReclaimVerdict.IN_USE, reason="it was used within the time of the rule", last_used=used)
    since = max((each for each in (used, pc.provisioned_date_time) if each is not None), default=None)
    minutes = sum(use.recorded_minutes for day, use in days if since is None or _begin(day) >= since)
    idle = minutes // _MINUTES
    if since is not None and now - since < rule.idle_days * _DAY:
        return Judged(verdict=ReclaimVerdict.IN_USE, reason="it was built within the time of the rule", last_used=used)
    if idle < rule.idle_days:
        why = f"only {idle} of {rule.idle_days} days without a session were observed"
        return Judged(verdict=ReclaimVerdict.UNREADABLE, reason=why, last_used=used, observed_idle_days=idle)
    said = f"nobody has signed in for {idle} observed days"
    return Judged(verdict=ReclaimVerdict.IDLE, reason=said, last_used=used, observed_idle_days=idle)


def _not_applicable(pc: CloudPc) -> str | None:
    if pc.status not in WORKING or pc.status is Status.IN_GRACE_PERIOD:
        return f"it is {pc.status.value}"
    if pc.removal is not None:
        return "a removal of it waits"
    if pc.held_back is not None:
        return "an act on it is held back"
    return pc.occupied


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _last_used(days: Sequence[tuple[date, CloudPcUse]]) -> datetime | None:
    """Return the latest moment at which there may have been a session: the end of a day that had one, at the latest."""
    found = [at for _, use in days for at in (use.last_login, use.last_logoff) if at is not None]
    had_one = [day for day, use in days if use.minutes_active or use.minutes_disconnected or use.connections]
    found += [min(_begin(day) + _DAY, days[-1][1].read_at) for day in had_one]
    return max(found, default=None)


def begun(pc: CloudPc, rule: ReclaimRule, now: datetime) -> ReclaimCase:
    """Return the case that begins: its user is told at once."""
    return ReclaimCase(
        id=pc.id,
        tenant_id=pc.tenant_id,
        policy_id=rule.id,
        user_id=pc.user.id,
        user_principal_name=pc.user.user_principal_name,
        display_name=pc.display_name,
        noticed_at=now,
        grace_ends_at=now + rule.grace_days * _DAY,
        notices=(0,),
        last_modified_date_time=now,
    )
