"""Rollout of a release: constraints of the plan. Pure.

First one host of the version, the canary, until it has proved that it works; then others beside the hosts there are, as
many as the surge allows; then sessions move. Nothing is remembered: the stage follows from the versions of the hosts,
so that going back is the release of the version before. While a release waits, is paused or has failed, the group is
kept complete with hosts of the version before; the hosts that failed stay for a while, as the evidence of why it has
stopped. Dedicated hosts are never rebuilt.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from shared.domain.spot.engine.forecasts import StartTimes
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.groups.target import BROKEN_PERCENT, GroupTarget, Method, Release
from shared.domain.spot.hosts.host_plan import Draft, Stage
from shared.domain.spot.hosts.observed import HostState, ObservedHost

_NOTHING = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Constraints:
    """Constraints of the plan, by ids of hosts.

    *missing*: hosts of *version* still to be built now; *ceiling*: hosts that may exist. *retire*: they take no new
    session as soon as others have the seats, are not started while others can be, and are removed once empty; with
    *moves* their users get notice and are signed off. *held*: they serve nobody yet. *beyond*: they are not of the
    group's number, and none is removed for being too many. *evidence*: they failed in a release that has stopped, and
    nobody touches them; *spent*: their time is over, and they are removed.
    """

    missing: int
    version: str
    ceiling: int
    stage: Stage | None = None
    retire: frozenset[str] = _NOTHING
    held: frozenset[str] = _NOTHING
    beyond: frozenset[str] = _NOTHING
    evidence: frozenset[str] = _NOTHING
    spent: frozenset[str] = _NOTHING
    moves: bool = False
    cause: str | None = None


def constraints(
    target: GroupTarget, hosts: Collection[ObservedHost], broken: Collection[str], starts: StartTimes, draft: Draft
) -> Constraints:
    """Return the constraints on a plan for *hosts*; hosts in *broken* do not serve."""
    release = target.release
    if release is None:
        return _settled(target, hosts)
    if target.kind is LicenseType.PERSONAL_DEDICATED:
        return _dedicated(target, release, hosts, draft)
    new = [host for host in hosts if host.version == target.version]
    # A release leaves excluded hosts alone; each of them takes the place of one new host.
    old = [host for host in hosts if host.version != target.version and not host.excluded]
    kept = sum(1 for host in hosts if host.version != target.version and host.excluded)
    works = [host for host in new if host.id not in broken and host.state is not HostState.REMOVING]
    missing = max(0, target.hosts - kept - len(works))
    found = _Release(release, target, len(hosts) - _count_kept_for_data(hosts), old, new, works, missing)
    if found.is_over(starts, draft):
        return _settled(target, hosts, Stage.DONE)
    return found.constraints(broken, starts, draft)


def _settled(target: GroupTarget, hosts: Collection[ObservedHost], stage: Stage | None = None) -> Constraints:
    kept = _count_kept_for_data(hosts)
    missing = max(0, target.hosts - len(hosts) + kept)
    return Constraints(missing=missing, version=target.version, ceiling=target.hosts + kept, stage=stage)


def _count_kept_for_data(hosts: Collection[ObservedHost]) -> int:
    """Return how many hosts are kept for their data alone: no licence counts them."""
    return sum(1 for host in hosts if host.user_left)


def _dedicated(target: GroupTarget, release: Release, hosts: Collection[ObservedHost], draft: Draft) -> Constraints:
    """Leave existing dedicated hosts unchanged; from the release's time on, missing hosts get its version."""
    settled = _settled(target, hosts)
    missing = settled.missing if release.before else 0
    before = replace(settled, missing=missing, version=release.before or target.version)
    if release.paused:
        return replace(before, stage=Stage.PAUSED)
    if not _time_to_move(release, draft):
        return replace(before, stage=Stage.WAITING)
    return _settled(target, hosts, Stage.DONE)


def _time_to_move(release: Release, draft: Draft) -> bool:
    return release.at is None or draft.has_come(release.at)


@dataclass(frozen=True, slots=True)
class _Release:
    """An open release: the hosts of old versions, the hosts of the new one, and the working ones among these."""

    release: Release
    target: GroupTarget
    hosts: int
    old: list[ObservedHost]
    new: list[ObservedHost]
    works: list[ObservedHost]
    missing: int

    def is_over(self, starts: StartTimes, draft: Draft) -> bool:
        """Whether no host is left that it could move: not before it may begin."""
        begins = not self.release.paused and self._time_to_build(starts, draft)
        return begins and not (self.old and self.target.hosts)

    def constraints(self, broken: Collection[str], starts: StartTimes, draft: Draft) -> Constraints:
        surge = self.target.hosts if self.release.surge is None else self.release.surge
        ceiling = self.target.hosts + surge
        everything_new = frozenset(host.id for host in self.new)
        # In the order of precedence: an administrator's pause, a failure, the time, the canary, the time to move.
        if self.release.paused:
            return self._none(Stage.PAUSED, ceiling)
        if self.release.failed_at is not None or self._failure(broken) is not None:
            return self._stopped(broken, ceiling, draft)
        if not self._time_to_build(starts, draft):
            return self._none(Stage.WAITING, ceiling)
        # One host proves the version before others are built from it; a second canary would prove no more.
        if not any(host.proven for host in self.works):
            canary = 0 if self.new else 1
            return self._building(canary, ceiling, Stage.CANARY, everything_new)
        if not _time_to_move(self.release, draft):
            return self._building(self.missing, ceiling, Stage.SURGING, everything_new)
        retire = frozenset(host.id for host in self.old)
        moves = self.release.method is not Method.OPPORTUNISTIC
        return Constraints(self.missing, self.target.version, ceiling, Stage.MOVING, retire, moves=moves)

    def _building(self, missing: int, ceiling: int, stage: Stage, new: frozenset[str]) -> Constraints:
        return Constraints(missing, self.target.version, ceiling, stage, held=new, beyond=new)

    def _none(self, stage: Stage, ceiling: int, cause: str | None = None) -> Constraints:
        """Keep all hosts: no release may proceed. Missing hosts get the previous version; unproven ones stay closed."""
        new = frozenset(host.id for host in self.new)
        # A proven version may serve, so its hosts stay open; unproven hosts serve nobody.
        held = _NOTHING if any(each.proven for each in self.works) else new
        before = self.release.before
        aside = [each for each in self.new if each.id in held or each not in self.works]
        # Hosts that do not serve are no part of the group: it stays complete with the version before.
        serving = self.hosts - (len(aside) if before != self.target.version else 0)
        missing = max(0, self.target.hosts - serving) if before else 0
        version = before or self.target.version
        return Constraints(missing, version, ceiling, stage, held=held, beyond=new, cause=cause)

    def _stopped(self, broken: Collection[str], ceiling: int, draft: Draft) -> Constraints:
        """Keep all hosts, and the failed ones as evidence of the failure, until their time is over."""
        cause = self._failure(broken) if self.release.failed_at is None else self.release.cause
        failed = self._failed(broken)
        over = draft.waited(self.release.failed_at, self.target.keep_failed) if failed else False
        spent = frozenset(host.id for host in failed if over and not host.sessions)
        evidence = frozenset(host.id for host in failed if not over)
        return replace(self._none(Stage.FAILED, ceiling, cause), evidence=evidence, spent=spent)

    def _failed(self, broken: Collection[str]) -> list[ObservedHost]:
        there = [host for host in self.new if host.state is not HostState.REMOVING]
        return [host for host in there if host.id in broken or host.proven is False]

    def _failure(self, broken: Collection[str]) -> str | None:
        failed = self._failed(broken)
        why = next((host.trouble for host in failed if host.trouble), None)
        because = f": {why.rstrip('.')}." if why else "."
        if failed and not any(host.proven for host in self.works):
            return f"The first host of version {self.target.version} does not work{because}"
        if len(failed) > max(1, self.target.hosts * BROKEN_PERCENT // 100):
            return f"{len(failed)} hosts of version {self.target.version} do not work{because}"
        return None

    def _time_to_build(self, starts: StartTimes, draft: Draft) -> bool:
        if self.release.at is None:
            return True
        # Built just before its time: the canary first, then as many at a time as the group builds.
        waves = 1 + -(-self.target.hosts // self.target.max_builds)  # the canary's is one
        return draft.has_come(self.release.at - starts.build.p95 * waves)
