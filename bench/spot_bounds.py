"""Bounds of the fewest host-hours that could have served given sessions without moving any of them.

Assigning intervals to machines with several seats so that the machines are on for the least time is NP-hard for more
than one seat (busy-time scheduling), so that the least is enclosed: ``least`` cannot be reached by anybody who does not
move sessions either, ``reachable`` is an assignment that was found by knowing all ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.spot_week import Session


def least(sessions: Sequence[Session], seats: int, start: float) -> float:
    """Return host-seconds below which nobody can be: as many hosts as sessions need at each moment, and their starts.

    The n-th host is on while more than (n - 1) * *seats* sessions last. In a gap it costs the gap or one more start.
    """
    changes = sorted([(s.begins, 1) for s in sessions] + [(s.ends, -1) for s in sessions])
    total, open_now = 0.0, 0
    on_since: list[float] = []  # of the hosts that are on
    off_since: dict[int, float] = {}
    for moment, change in changes:
        open_now += change
        needed = -(-open_now // seats)
        while len(on_since) < needed:
            number = len(on_since)
            gap = moment - off_since[number] if number in off_since else start
            total += min(gap, start)
            on_since.append(moment)
        while len(on_since) > needed:
            total += moment - on_since.pop()
            off_since[len(on_since)] = moment
    return total


@dataclass(slots=True)
class _Host:
    """A host of an assignment: its sessions, its end, its cost."""

    taken: list[Session]
    ends: float


def reachable(sessions: Sequence[Session], seats: int, start: float) -> float:
    """Return the host-seconds of the cheapest of some assignments that know when every session ends."""
    windows = (0.0, 120.0, 300.0, 600.0, 900.0, 1800.0)
    return min(_assigned(sessions, seats, start, window) for window in windows)


def _assigned(sessions: Sequence[Session], seats: int, start: float, window: float) -> float:
    """Assign the sessions that begin within a *window* of each other together, the latest end first.

    Each goes where it makes a host last longer by the least; of equals to the one that ends soonest after it.
    """
    hosts, off = list[_Host](), 0.0
    for batch in _batches(sessions, window):
        for session in sorted(batch, key=lambda each: -each.ends):
            free = [(host, _fits(host, session, seats)) for host in hosts if host.ends > session.begins - start]
            fits = [host for host, room in free if room]
            grows = start + session.ends - session.begins
            best = min(fits, key=lambda host: (max(0.0, session.ends - host.ends), host.ends), default=None)
            if best is not None and max(0.0, session.ends - best.ends) < grows:
                best.taken.append(session)
                best.ends = max(best.ends, session.ends)
            else:
                hosts.append(_Host([session], session.ends))
        off += _cost(hosts, batch[0].begins - start, start)
    return off + _cost(hosts, float("inf"), start)


def _batches(sessions: Sequence[Session], window: float) -> list[list[Session]]:
    batches = list[list[Session]]()
    for session in sorted(sessions):
        if batches and session.begins - batches[-1][0].begins <= window:
            batches[-1].append(session)
        else:
            batches.append([session])
    return batches


def _fits(host: _Host, session: Session, seats: int) -> bool:
    """Whether a seat of *host* is free for the whole of *session*."""
    during = [each for each in host.taken if each.begins < session.ends and session.begins < each.ends]
    changes = sorted([(max(s.begins, session.begins), 1) for s in during] + [(s.ends, -1) for s in during])
    taken = most = 0
    for _, change in changes:
        taken += change
        most = max(most, taken)
    return most < seats


def _cost(hosts: list[_Host], before: float, start: float) -> float:
    """Return the cost of the *hosts* that end *before*, and remove them from the list."""
    ended = [host for host in hosts if host.ends <= before]
    hosts[:] = [host for host in hosts if host.ends > before]
    return sum(start + host.ends - min(each.begins for each in host.taken) for host in ended)
