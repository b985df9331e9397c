"""The engine of power: who should be on, since when, until when and why, and when to look again. Pure.

The rules are asked in the order of ``PowerRule``; the first one that wants something wins, and *explain* names the
others. An active session is never stopped by any rule, and what cannot be read counts as used.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from shared.domain.power.hours import all_working_hours
from shared.domain.power.schedule import last_edge
from shared.domain.power.settings import PowerSettings, StopAction
from shared.domain.power.state import (
    KEPT_SHUT_DOWN,
    STOPPED_LIMIT,
    BudgetBrake,
    DesiredPower,
    KeepAwake,
    MaintenanceWindow,
    ObservedPower,
    PowerHold,
    RefusedStart,
    SeenSessions,
)
from shared.domain.values import Value


class PowerRule(StrEnum):
    """The rules, the strongest first."""

    REMOVAL = "removal"
    PAUSE = "pause"
    ACTION = "action"
    HAND = "hand"
    KEEP_AWAKE = "keepAwake"
    MAINTENANCE = "maintenance"
    SCHEDULE = "schedule"
    IDLE = "idle"
    BUDGET = "budget"


class PowerStep(StrEnum):
    """Step to do now."""

    START = "start"
    WARN = "warn"
    DEALLOCATE = "deallocate"
    HIBERNATE = "hibernate"


class PowerFacts(Value):
    """All that the engine knows of one machine.

    *removal*, *pause*, *action*: in words, why its power is left alone. *schedule*: its settings, None without any;
    *schedule_name*: for sentences; *schedule_until*: when the Cloud PC's own rules end. *starts_at*: when its user
    usually needs it in these working hours, None at their beginning; *comes_by*: until when they usually come.
    *warned_for*: the time of the stop that its user was last warned of. *keeps_shut_down*: the machine stays as it is
    after Windows was shut down from inside, because its policy says so.
    """

    observed: ObservedPower
    observed_since: datetime
    sessions: SeenSessions
    removal: str | None = None
    pause: str | None = None
    action: str | None = None
    hold: PowerHold | None = None
    keep_awake: KeepAwake | None = None
    maintenance: MaintenanceWindow | None = None
    schedule: PowerSettings | None = None
    schedule_name: str = ""
    schedule_until: datetime | None = None
    starts_at: datetime | None = None
    comes_by: datetime | None = None
    budget: BudgetBrake | None = None
    refused: RefusedStart | None = None
    can_hibernate: bool = False
    warned_for: datetime | None = None
    keeps_shut_down: bool = False


class Opinion(Value):
    """Power that one rule wants, and *why*. *until*: None until something changes."""

    rule: PowerRule
    wants: DesiredPower
    since: datetime
    until: datetime | None = None
    why: str


class PowerDecision(Value):
    """The winner and the losers of the rules; the *step* to do now, and when to look again.

    *winner*: None where no rule wants anything. *stops_at*: when the machine will stop if nobody comes, None when that
    is not known. *waits*: why what is wanted does not happen now.
    """

    winner: Opinion | None = None
    losers: tuple[Opinion, ...] = ()
    step: PowerStep | None = None
    stops_at: datetime | None = None
    waits: str | None = None
    next_look: datetime | None = None

    @property
    def desired(self) -> DesiredPower:
        """The power that the machine should have."""
        return self.winner.wants if self.winner else DesiredPower.LEAVE


def decide(facts: PowerFacts, now: datetime) -> PowerDecision:
    """Decide about a machine. The same facts give the same answer until the next look."""
    opinions = [found for rule in _RULES if (found := rule(facts, now)) is not None]
    winner, losers = (opinions[0], tuple(opinions[1:])) if opinions else (None, ())
    decision = PowerDecision(winner=winner, losers=losers)
    if winner is not None and winner.rule in _LEFT_ALONE:
        return decision  # a look follows when the removal, the pause or the action ends
    match decision.desired:
        case DesiredPower.ON:
            decision = _switched_on(decision, facts, now)
        case DesiredPower.OFF:
            decision = _switched_off(decision, facts, now)
    if decision.step is None and decision.desired is not DesiredPower.ON:
        decision = _without_cost(decision, facts, now)
    moments = [decision.next_look, *_changes(facts, opinions, now)]
    return decision.but(next_look=min((at for at in moments if at is not None and at > now), default=None))


def next_change(facts: PowerFacts, decision: PowerDecision) -> Opinion | None:
    """Return the opinion that will win and want the machine on or off, other than the *decision*; *since*: its time.

    It holds as long as nobody comes, goes or changes a rule; None where no change of that kind is near.
    """
    at = decision.next_look
    for _ in range(_LOOKS_AHEAD):
        if at is None:
            return None
        then = decide(facts, at)
        if then.winner is not None and then.desired not in {DesiredPower.LEAVE, decision.desired}:
            return then.winner.but(since=at)
        at = then.next_look
    return None


_LOOKS_AHEAD = 8
"""Number of looks ahead in which the next change is looked for: waits and warnings lie before the end of hours."""

_LEFT_ALONE = frozenset({PowerRule.REMOVAL, PowerRule.PAUSE, PowerRule.ACTION})


def _switched_on(decision: PowerDecision, facts: PowerFacts, now: datetime) -> PowerDecision:
    if not facts.observed.is_off:
        return decision
    if facts.refused is not None and facts.refused.next_try > now:
        waits = f"Azure has refused the start: {facts.refused.message}"
        return decision.but(waits=waits, next_look=facts.refused.next_try)
    return decision.but(step=PowerStep.START)


def _switched_off(decision: PowerDecision, facts: PowerFacts, now: datetime) -> PowerDecision:
    if not facts.observed.is_on:
        return decision
    if facts.sessions.in_use:
        why = "somebody is signed in" if facts.sessions.readable else "the sessions cannot be read"
        return decision.but(waits=why)
    stops_at = _warned_of(_quiet_until(decision, facts), decision, facts, now)
    if stops_at > now:
        decision = decision.but(stops_at=stops_at, waits="it was in use a short time ago")
        return _warned(decision, facts, stops_at, now)
    hibernates = facts.schedule is not None and facts.schedule.stop_action is StopAction.HIBERNATE
    step = PowerStep.HIBERNATE if hibernates and facts.can_hibernate else PowerStep.DEALLOCATE
    return decision.but(step=step, stops_at=stops_at)


def _quiet_until(decision: PowerDecision, facts: PowerFacts) -> datetime:
    """Return when a machine that nobody uses may stop: at once by hand, else when nobody was active for the wait."""
    winner = decision.winner
    if facts.schedule is None or winner is None or winner.rule is PowerRule.HAND:
        return winner.since if winner else facts.sessions.quiet_since
    return max(winner.since, facts.sessions.quiet_since + _wait(facts, facts.schedule))


def _wait(facts: PowerFacts, schedule: PowerSettings) -> timedelta:
    usual = schedule.wait(disconnected=facts.sessions.disconnected > 0)
    return min(usual, timedelta(minutes=facts.budget.idle_in_minutes)) if facts.budget else usual


def _warned_of(stops_at: datetime, decision: PowerDecision, facts: PowerFacts, now: datetime) -> datetime:
    """Return when a machine stops whose time has come: after a warning, where a rule has changed too late for one."""
    lead, warned_for = _lead(facts), facts.warned_for
    by_hand = decision.winner is not None and decision.winner.rule is PowerRule.HAND
    if stops_at > now or not lead or by_hand or not facts.sessions.disconnected:
        return stops_at
    return warned_for if warned_for is not None and warned_for >= stops_at else now + lead


def _lead(facts: PowerFacts) -> timedelta:
    return timedelta(minutes=facts.schedule.warning_in_minutes if facts.schedule else 0)


def _warned(decision: PowerDecision, facts: PowerFacts, stops_at: datetime, now: datetime) -> PowerDecision:
    """Add the warning of a session that is disconnected: once for each time at which the machine would stop."""
    lead = _lead(facts)
    if not lead or not facts.sessions.disconnected or facts.warned_for == stops_at:
        return decision.but(next_look=stops_at)
    if stops_at - lead > now:
        return decision.but(next_look=stops_at - lead)
    return decision.but(step=PowerStep.WARN, next_look=stops_at)


def _without_cost(decision: PowerDecision, facts: PowerFacts, now: datetime) -> PowerDecision:
    """Deallocate a machine that was shut down inside Windows: it is off, and still billed."""
    if facts.observed is not ObservedPower.SHUT_DOWN or facts.sessions.in_use or facts.sessions.disconnected:
        return decision
    if facts.keeps_shut_down:
        return decision.but(waits=decision.waits or KEPT_SHUT_DOWN)
    since = facts.observed_since + STOPPED_LIMIT
    if since > now:
        return decision.but(next_look=min(decision.next_look or since, since))
    return decision.but(step=PowerStep.DEALLOCATE)


def _changes(facts: PowerFacts, opinions: list[Opinion], now: datetime) -> Iterator[datetime | None]:
    """Yield the moments at which a rule will want something else."""
    yield from (opinion.until for opinion in opinions)
    if facts.maintenance is not None:
        yield facts.maintenance.begins
    if facts.schedule is not None:
        yield from (at for hours in islice(_hours(facts, facts.schedule, now), 2) for at in hours)
        waits = {_wait(facts, facts.schedule), facts.schedule.wait(disconnected=facts.sessions.disconnected > 0)}
        yield from (facts.sessions.quiet_since + wait for wait in waits)
    yield from (facts.starts_at, facts.comes_by, facts.schedule_until)


def _hours(facts: PowerFacts, schedule: PowerSettings, now: datetime) -> Iterator[tuple[datetime, datetime | None]]:
    """Yield the working hours that last at *now* or begin later, from the time at which a machine should be on."""
    lead = timedelta() if facts.budget else schedule.prestart
    yield from ((begins - lead, ends) for begins, ends in all_working_hours(schedule, now))


def _removal(facts: PowerFacts, now: datetime) -> Opinion | None:
    return _left_alone(PowerRule.REMOVAL, facts.removal, now)


def _pause(facts: PowerFacts, now: datetime) -> Opinion | None:
    return _left_alone(PowerRule.PAUSE, facts.pause, now)


def _action(facts: PowerFacts, now: datetime) -> Opinion | None:
    return _left_alone(PowerRule.ACTION, facts.action, now)


def _left_alone(rule: PowerRule, why: str | None, now: datetime) -> Opinion | None:
    return Opinion(rule=rule, wants=DesiredPower.LEAVE, since=now, why=why) if why else None


def _hand(facts: PowerFacts, now: datetime) -> Opinion | None:
    """A hold lasts until its end; after a start by hand, until nobody has used the machine for the wait."""
    hold = facts.hold
    if hold is None or hold.until <= now:
        return None
    until = hold.until
    if hold.wants is DesiredPower.ON and facts.schedule is not None and not facts.sessions.in_use:
        until = min(until, max(hold.at, facts.sessions.quiet_since) + _wait(facts, facts.schedule))
    if until <= now:
        return None
    word = "on" if hold.wants is DesiredPower.ON else "off"
    who = f"{hold.by} has switched it {word}" if hold.by else f"it was switched {word} outside"
    return Opinion(rule=PowerRule.HAND, wants=hold.wants, since=hold.at, until=until, why=who)


def _keep_awake(facts: PowerFacts, now: datetime) -> Opinion | None:
    awake = facts.keep_awake
    if awake is None or awake.until <= now:
        return None
    return Opinion(
        rule=PowerRule.KEEP_AWAKE,
        wants=DesiredPower.ON,
        since=awake.at,
        until=awake.until,
        why=f"{awake.by} keeps it awake",
    )


def _maintenance(facts: PowerFacts, now: datetime) -> Opinion | None:
    window = facts.maintenance
    if window is None or not window.begins <= now < window.ends:
        return None
    return Opinion(
        rule=PowerRule.MAINTENANCE, wants=DesiredPower.ON, since=window.begins, until=window.ends, why=window.why
    )


def _schedule(facts: PowerFacts, now: datetime) -> Opinion | None:
    """Working hours want a machine on; other times want it off, unless nothing is to be stopped."""
    schedule = facts.schedule
    if schedule is None or not schedule.phases:
        return None
    hours = next(_hours(facts, schedule, now), None)
    if hours is None or hours[0] > now:
        return _off_hours(facts, schedule, now, hours[0] if hours else None)
    begins, ends = hours
    if facts.starts_at and (schedule.stops_in_working_hours or facts.starts_at <= begins + schedule.prestart):
        begins = max(begins, facts.starts_at)
    if schedule.stops_in_working_hours:
        rest = max(max(begins, facts.sessions.quiet_since) + _wait(facts, schedule), facts.comes_by or begins)
        ends = rest if not facts.sessions.in_use and (ends is None or rest < ends) else ends
    if begins > now or (ends is not None and ends <= now):
        return None  # in working hours, while nobody needs it
    name = facts.schedule_name or "its schedule"
    return Opinion(
        rule=PowerRule.SCHEDULE, wants=DesiredPower.ON, since=begins, until=ends, why=f"these are hours of {name}"
    )


def _off_hours(facts: PowerFacts, schedule: PowerSettings, now: datetime, until: datetime | None) -> Opinion | None:
    last = last_edge(schedule, now)
    if schedule.stop_action is StopAction.NONE or last is None:
        return None
    since = last[0] if not last[1].working else now
    name = facts.schedule_name or "its schedule"
    return Opinion(
        rule=PowerRule.SCHEDULE, wants=DesiredPower.OFF, since=since, until=until, why=f"the hours of {name} are over"
    )


def _idle(facts: PowerFacts, now: datetime) -> Opinion | None:
    schedule = facts.schedule
    if schedule is None:
        return _after_maintenance(facts, now)
    if schedule.stop_action is StopAction.NONE or facts.sessions.in_use:
        return None
    since = facts.sessions.quiet_since + schedule.wait(disconnected=facts.sessions.disconnected > 0)
    if since > now:
        return None
    return Opinion(rule=PowerRule.IDLE, wants=DesiredPower.OFF, since=since, why="nobody has used it for a while")


def _after_maintenance(facts: PowerFacts, now: datetime) -> Opinion | None:
    """A machine that no schedule stops, and that was off before its maintenance, stops again if nobody has come."""
    window = facts.maintenance
    if window is None or now < window.ends or facts.sessions.in_use or facts.sessions.disconnected:
        return None
    why = "its maintenance is over, and it was off before"
    return Opinion(rule=PowerRule.IDLE, wants=DesiredPower.OFF, since=window.ends, why=why)


def _budget(facts: PowerFacts, now: datetime) -> Opinion | None:
    schedule, budget = facts.schedule, facts.budget
    if budget is None or schedule is None or schedule.stop_action is StopAction.NONE or facts.sessions.in_use:
        return None
    since = max(budget.since, facts.sessions.quiet_since + _wait(facts, schedule))
    if since > now:
        return None
    return Opinion(rule=PowerRule.BUDGET, wants=DesiredPower.OFF, since=since, why="the budget is used up")


_RULES: tuple[Callable[[PowerFacts, datetime], Opinion | None], ...] = (
    _removal,
    _pause,
    _action,
    _hand,
    _keep_awake,
    _maintenance,
    _schedule,
    _idle,
    _budget,
)
"""The rules, the strongest first, as ``PowerRule`` names them."""
