"""The record of a Cloud PC's power: desired and observed, its latest change and the cause. Pure.

It is no part of the Cloud PC's status: a Cloud PC that is off is as provisioned as one that is on.
"""

from datetime import datetime, timedelta

from pydantic import Field

from shared.domain.power.arrivals import KEPT, arrived
from shared.domain.power.engine import Opinion, PowerDecision, PowerFacts, PowerRule, PowerStep
from shared.domain.power.overriding import PowerOverride
from shared.domain.power.state import (
    KEPT_SHUT_DOWN,
    BilledWhileOff,
    DesiredPower,
    KeepAwake,
    MaintenanceWindow,
    ObservedPower,
    PowerActor,
    PowerHold,
    RefusedStart,
    SeenSessions,
)
from shared.domain.power.waking import STOPPED_WITHIN, wake_window
from shared.domain.values import Id, Value

REVERSALS_LIMIT = 2
"""Number of changes of ours in a row that somebody outside takes back, after which nothing is changed any more."""

REFUSED_OWN_SIZE = 2
"""Number of refused starts in a row after which a machine may start with another size of its plan."""

_ACTORS = {
    PowerRule.SCHEDULE: PowerActor.SCHEDULE,
    PowerRule.IDLE: PowerActor.IDLE,
    PowerRule.BUDGET: PowerActor.BUDGET,
    PowerRule.MAINTENANCE: PowerActor.MAINTENANCE,
    PowerRule.KEEP_AWAKE: PowerActor.USER,
}
_SWITCHED_ON = frozenset({PowerStep.START})
_SWITCHED_OFF = frozenset({PowerStep.DEALLOCATE, PowerStep.HIBERNATE})


class StepBegun(Value):
    """A step of power that was begun and has not been seen to end."""

    step: PowerStep
    at: datetime
    actor: PowerActor
    reason: str


class Unhibernated(Value):
    """Why the machine of a build cannot be hibernated: it is stopped without its memory."""

    generation: int
    why: str


class CloudPcPower(Value):
    """The power of one Cloud PC.

    *since*: when *observed* became what it is. *changed_by*, *reason*: of the latest change. *step*: that is being
    done. *quiet_since*: since when nobody is active, and no session has ended. *arrivals*: when the user was first
    active on each of the latest days. *reversals*: changes of ours in a row that somebody outside has taken back.
    *next_transition_at*: when a rule will want something else; *looks_at*: the time of the due row of the next look.
    *stops_at*: when it stops if nobody comes. *winner*, *losers*: of the rules at the latest look. *next_change*: the
    next winner that wants other power, if nobody comes. *failed_stops*: in a row, without those that an active session
    has ended; *stop_refused*: why the latest one failed. *wake*: when it is woken after weeks, or was. *override*: of
    its schedule. *fallback_size*: the size with which it started while Azure had no capacity for its own.
    *unhibernated*: why it could not be hibernated. *billed_while_off*: the latest time in which it was shut down and
    billed.
    """

    id: Id
    tenant_id: Id
    desired: DesiredPower = DesiredPower.LEAVE
    observed: ObservedPower = ObservedPower.UNKNOWN
    since: datetime
    observed_at: datetime | None = None
    changed_by: PowerActor = PowerActor.OUTSIDE
    reason: str = ""
    hold: PowerHold | None = None
    keep_awake: KeepAwake | None = None
    refused: RefusedStart | None = None
    step: StepBegun | None = None
    active: int = Field(0, ge=0)
    disconnected: int = Field(0, ge=0)
    quiet_since: datetime | None = None
    arrivals: tuple[datetime, ...] = Field((), max_length=KEPT)
    warned_for: datetime | None = None
    reversals: int = Field(0, ge=0)
    next_transition_at: datetime | None = None
    looks_at: datetime | None = None
    stops_at: datetime | None = None
    waits: str | None = None
    winner: Opinion | None = None
    losers: tuple[Opinion, ...] = ()
    next_change: Opinion | None = None
    failed_stops: int = Field(0, ge=0)
    stop_refused: str | None = None
    wake: MaintenanceWindow | None = None
    override: PowerOverride | None = None
    fallback_size: str | None = None
    unhibernated: Unhibernated | None = None
    billed_while_off: BilledWhileOff | None = None

    def overridden_at(self, now: datetime) -> PowerOverride | None:
        """Return the override of its schedule that holds now."""
        return self.override if self.override and self.override.until_date_time > now else None

    @property
    def hibernated(self) -> bool:
        """Whether its memory is on disk."""
        return self.observed is ObservedPower.HIBERNATED

    @property
    def starts_elsewhere(self) -> bool:
        """Whether its next start may be with another size: Azure has refused its own twice, or it has another one.

        Only while it is deallocated: the memory of a hibernated machine fits on no other size.
        """
        refused = self.refused is not None and self.refused.times >= REFUSED_OWN_SIZE
        return self.observed is ObservedPower.DEALLOCATED and (refused or self.fallback_size is not None)

    def can_hibernate(self, generation: int) -> bool:
        """Whether the machine of a build may be hibernated, as far as is known."""
        return self.unhibernated is None or self.unhibernated.generation != generation

    @property
    def rests(self) -> bool:
        """Whether it is off, and is to be off."""
        return self.observed.is_off and self.desired is DesiredPower.OFF

    def is_billed_while_off(self, now: datetime, longer_than: timedelta) -> bool:
        """Whether it was shut down inside Windows for a time and is billed, which its policy does not want."""
        shut_down = self.observed is ObservedPower.SHUT_DOWN and now - self.since > longer_than
        return shut_down and self.waits != KEPT_SHUT_DOWN

    @property
    def disputed(self) -> bool:
        """Whether its power is left alone, because somebody outside keeps taking changes back."""
        return self.reversals >= REVERSALS_LIMIT

    def turned(self, observed: ObservedPower, at: datetime) -> "CloudPcPower":
        """Return it with other power since a time; a time in which it was shut down and billed begins or ends."""
        billed = self.billed_while_off
        if observed is ObservedPower.SHUT_DOWN:
            billed = BilledWhileOff(began=at)
        elif billed is not None and billed.ended is None:
            billed = billed.but(ended=at)
        return self.but(observed=observed, since=at, billed_while_off=billed)

    def sessions(self, *, readable: bool) -> SeenSessions:
        """Return the sessions of the last reading, for the engine. *readable*: whether they could be read now."""
        quiet = self.quiet_since or self.since
        return SeenSessions(
            readable=readable,
            active=self.active,
            disconnected=self.disconnected,
            quiet_since=max(quiet, self.since) if self.observed.is_on else quiet,
        )

    def with_sessions(
        self, active: int, disconnected: int, at: datetime, came_at: datetime | None = None
    ) -> "CloudPcPower":
        """Return the record with the sessions that were read *at* a time. *came_at*: the begin of the first active one.

        A session that is disconnected when it is first seen was active since the reading before.
        """
        changed = self.active or disconnected != self.disconnected
        quiet = at if active or changed or self.quiet_since is None else self.quiet_since
        came = arrived(self.arrivals, came_at or at) if active and not self.active else self.arrivals
        return self.but(active=active, disconnected=disconnected, quiet_since=quiet, arrivals=came)

    def unread(self, at: datetime) -> "CloudPcPower":
        """Return the record after a failed reading of sessions *at* a time: users may have been active until then."""
        return self.but(quiet_since=at)

    def with_hold(self, hold: PowerHold) -> "CloudPcPower":
        """Return it with a person's hold; a dispute is over, and refused starts are forgotten."""
        return self.but(hold=hold, desired=hold.wants, reversals=0, refused=None)

    def kept_awake(self, until: datetime, by: str, at: datetime) -> "CloudPcPower":
        """Return the record of a machine that a person keeps on until a time; this ends a hold that keeps it off."""
        hold = None if self.hold and self.hold.wants is DesiredPower.OFF else self.hold
        return self.but(keep_awake=KeepAwake(at=at, until=until, by=by), hold=hold, reversals=0, refused=None)

    def awake_at(self, now: datetime) -> KeepAwake | None:
        """Return the reason for keeping the machine awake at *now*, or None."""
        return self.keep_awake if self.keep_awake and self.keep_awake.until > now else None

    def with_refusal(self, code: str, message: str, at: datetime) -> "CloudPcPower":
        """Return it after one more start that Azure has refused."""
        times = self.refused.times + 1 if self.refused else 1
        return self.but(step=None, refused=RefusedStart(times=times, at=at, code=code, message=message))

    def warned(self, stops_at: datetime) -> "CloudPcPower":
        """Return it with the stop that its user is warned about: written before the warning is sent."""
        return self.but(warned_for=stops_at)

    def is_due(self, now: datetime) -> bool:
        """Whether the engine has to look at it."""
        return self.next_transition_at is None or self.next_transition_at <= now

    def is_older_than(self, age: timedelta, now: datetime) -> bool:
        """Whether its power was not observed within a time."""
        return self.observed_at is None or now - self.observed_at > age

    def facts(self, *, readable: bool, **around: object) -> PowerFacts:
        """Return the facts for the engine. *readable*: as ``sessions``; *around*: facts that the record does not have.

        A machine whose changes somebody keeps taking back is left alone.
        """
        facts = PowerFacts(
            observed=self.observed,
            observed_since=self.since,
            sessions=self.sessions(readable=readable),
            pause="somebody outside has taken back every change of its power" if self.disputed else None,
            hold=self.hold,
            keep_awake=self.keep_awake,
            refused=self.refused,
            warned_for=self.warned_for,
        )
        return facts.but(**around)

    def has_look(self, before: datetime, now: datetime, row: datetime) -> bool:
        """Whether a due row other than the one at *row* is due between *now* and *before*."""
        return self.looks_at is not None and now < self.looks_at <= before and self.looks_at != row

    def to_wake(self, zone: str, now: datetime) -> MaintenanceWindow | None:
        """Return the half hour in which it is woken after weeks off; None for a machine that was on before."""
        if self.observed.is_off:
            return wake_window(self.since, self.id, zone, now)
        return self.wake if self.wake and self.wake.begins <= now < self.wake.ends + STOPPED_WITHIN else None

    def planned(
        self,
        decision: PowerDecision,
        looks_at: datetime | None,
        wake: MaintenanceWindow | None = None,
        change: Opinion | None = None,
    ) -> "CloudPcPower":
        """Return the record with a decision of the engine, the time of the next look, and its waking after weeks.

        *change*: the next winner that wants other power.
        """
        return self.but(
            wake=wake,
            next_change=change,
            looks_at=looks_at,
            desired=decision.desired,
            next_transition_at=decision.next_look,
            stops_at=decision.stops_at,
            waits=decision.waits,
            winner=decision.winner,
            losers=decision.losers,
        )


def actor_of(decision: PowerDecision, hold: PowerHold | None) -> PowerActor:
    """Return the actor in whose name a decision is carried out."""
    rule = decision.winner.rule if decision.winner else None
    if rule is PowerRule.HAND and hold is not None:
        return hold.actor
    return _ACTORS.get(rule, PowerActor.MAINTENANCE) if rule else PowerActor.MAINTENANCE


def begun(power: CloudPcPower, step: PowerStep, at: datetime, actor: PowerActor, reason: str) -> CloudPcPower:
    """Return *power* with a step that begins."""
    return power.but(step=StepBegun(step=step, at=at, actor=actor, reason=reason))


def switched(power: CloudPcPower, observed: ObservedPower, hold: PowerHold | None, at: datetime) -> CloudPcPower:
    """Return *power* after a machine was switched.

    *hold*: of the person who wanted it, None where other work has left the machine so.
    """
    after = power.but(observed_at=at) if observed is power.observed else power.turned(observed, at).but(observed_at=at)
    after = after.but(step=None, refused=None, quiet_since=at if observed.is_on else power.quiet_since)
    if hold is None:
        done = power.step
        return after if done is None else after.but(changed_by=done.actor, reason=done.reason)
    word = "on" if hold.wants is DesiredPower.ON else "off"
    return after.with_hold(hold).but(changed_by=hold.actor, reason=f"{hold.by} has switched it {word}")


def seen(power: CloudPcPower, observed: ObservedPower, at: datetime, hold_until: datetime) -> CloudPcPower:
    """Return *power* as it was observed *at* a time; a change that is not ours is adopted, and holds until a time.

    A machine that was off and has a session was started by its user's sign-in: the rules for what is used apply to it,
    and nothing holds it. What is on its way, or cannot be read, changes nothing.
    """
    after = power.but(observed_at=at)
    if observed in {ObservedPower.UNKNOWN, ObservedPower.STOPPING, power.observed}:
        return after
    after = after.turned(observed, at).but(quiet_since=power.quiet_since or at)
    first = power.observed is ObservedPower.UNKNOWN
    if first and observed is ObservedPower.SHUT_DOWN:  # nothing of ours leaves a machine so
        return _adopted(after, power, at, hold_until)
    if first or observed.is_on is power.observed.is_on:
        return after  # first seen, or of the same kind as before
    step = power.step
    if step is not None and step.step in (_SWITCHED_ON if observed.is_on else _SWITCHED_OFF):
        again = power.changed_by not in {PowerActor.OUTSIDE, PowerActor.SIGN_IN}
        return after.but(
            step=None,
            refused=None,
            changed_by=step.actor,
            reason=step.reason,
            reversals=0 if again else power.reversals,
        )
    return _adopted(after, power, at, hold_until)


def _adopted(after: CloudPcPower, before: CloudPcPower, at: datetime, hold_until: datetime) -> CloudPcPower:
    """Adopt a change of somebody outside. Who shuts Windows down in the evening takes nothing of ours back."""
    if after.observed.is_on and after.active:
        return after.but(step=None, hold=None, refused=None, changed_by=PowerActor.SIGN_IN, reason="its user signed in")
    word = "on" if after.observed.is_on else "off"
    shut_down = after.observed is ObservedPower.SHUT_DOWN
    reverses = not shut_down and before.changed_by not in {PowerActor.OUTSIDE, PowerActor.SIGN_IN}
    wants = DesiredPower.ON if after.observed.is_on else DesiredPower.OFF
    return after.but(
        step=None,
        refused=None,
        hold=PowerHold(wants=wants, at=at, until=hold_until, actor=PowerActor.OUTSIDE),
        changed_by=PowerActor.OUTSIDE,
        reason="it was shut down inside Windows" if shut_down else f"it was switched {word} outside",
        reversals=before.reversals + reverses,
    )


def size_with(power: CloudPcPower | None, built: str | None) -> str:
    """Return the size of a machine: of its latest start where that was another one, else *built*; empty if unknown."""
    return (power.fallback_size if power else None) or built or ""
