"""Warning users before their Cloud PC stops: a message in the session, at most once for each time of a stop."""

from __future__ import annotations

import logging

from shared.clients.arm import parse_id
from shared.clients.pacing import retry_while_throttled
from shared.contracts.outcomes import DeclinedError
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.notices.texts import locale_of, stop_text
from shared.domain.power.engine import PowerDecision, PowerFacts
from shared.domain.power.record import CloudPcPower
from shared.domain.spot.hosts.sessions import Notice
from shared.errors import UnavailableError
from shared.services.power.records import change_power
from shared.services.power.sessions import PcSession, session_reading
from shared.services.spot.sessions import tell_session

_log = logging.getLogger("deskwright.sweeps")


async def warn(deps: Dependencies, pc: CloudPc, facts: PowerFacts, decision: PowerDecision) -> int:
    """Warn in the open sessions of a Cloud PC that it stops; return in how many.

    The time of the stop is written down first, so that a crash leaves out a warning and never repeats one. A stop at
    another time is warned of again.
    """
    stops_at = decision.stops_at
    if stops_at is None or decision.winner is None or facts.schedule is None:
        return 0
    first = False

    def mark(there: CloudPcPower) -> CloudPcPower | None:
        nonlocal first
        first = there.warned_for != stops_at
        return there.warned(stops_at) if first else None

    await change_power(deps, pc.tenant_id, pc.id, deps.clock.now(), mark)
    if not first:  # another worker was faster
        return 0
    snapshot, zone = pc.current.snapshot, facts.schedule.time_zone
    locale = locale_of(snapshot.configuration.locale if snapshot else None)
    title, body = stop_text(decision.winner.rule, facts.schedule_name, stops_at, zone, locale)
    reading = await session_reading(deps, pc)
    return sum([await _warn_session(deps, pc, each, Notice(title=title, body=body)) for each in reading.found or ()])


async def _warn_session(deps: Dependencies, pc: CloudPc, session: PcSession, notice: Notice) -> bool:
    """Show the warning in one session; return False where it is over, or Azure does not take it."""
    pool_id = pc.current.resources.host_pool_id
    if pool_id is None:
        return False
    pool = parse_id(pool_id)
    try:
        return await retry_while_throttled(lambda: tell_session(deps, pool, session.host, session.number, notice))
    except (DeclinedError, UnavailableError) as error:
        _log.warning("a session of %s/%s could not be warned: %s", pc.tenant_id, pc.id, type(error).__name__)
        return False
