"""The request log: the last requests with their callers and answers, and running counts."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azure_simulator.core.times import SECOND, iso

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.throttling import Charge

RING = 20_000
GRACE_S = 1.0
"""Requests on their way when a 429 was answered are not held against the caller."""


@dataclass(slots=True)
class Entry:
    """One answered request. `attempt` counts requests with one client request id, method and path."""

    at_us: int
    method: str
    path: str
    plane: str
    op: str
    status: int
    code: str
    principal: str
    directory: str
    client_request_id: str
    retry_after: str
    took_us: int
    charges: list[Charge]
    notes: Json
    dropped: bool = False
    seq: int = 0
    attempt: int = 1

    def view(self) -> Json:
        """Describe it for `_sim/requests`."""
        return {
            "seq": self.seq,
            "at": iso(self.at_us),
            "atUs": self.at_us,
            "method": self.method,
            "path": self.path,
            "plane": self.plane,
            "op": self.op,
            "status": self.status,
            "code": self.code,
            "principal": self.principal,
            "directory": self.directory,
            "clientRequestId": self.client_request_id,
            "attempt": self.attempt,
            "tookUs": self.took_us,
            "retryAfter": self.retry_after,
            "throttled": self.notes.get("throttled", ""),
            "operation": self.notes.get("operation", ""),
            "fault": self.notes.get("rule", ""),
            "dropped": self.dropped,
            "buckets": [f"{charge.policy} {charge.key}" for charge in self.charges],
        }


@dataclass
class RequestLog:
    """The last requests and the counts of all of them."""

    ring: deque[Entry] = field(default_factory=deque)
    sequence: int = 0
    by_operation: Counter[str] = field(default_factory=Counter)
    by_principal: Counter[str] = field(default_factory=Counter)
    by_status: Counter[int] = field(default_factory=Counter)
    by_fault: Counter[str] = field(default_factory=Counter)
    throttled: Counter[str] = field(default_factory=Counter)
    duplicate_puts: int = 0
    early_polls: int = 0
    early_requests: list[Json] = field(default_factory=list)
    grace_us: int = int(GRACE_S * SECOND)
    in_flight: int = 0
    peak_in_flight: int = 0
    _puts: dict[str, int] = field(default_factory=dict)
    _waits: dict[tuple[str, str, str], tuple[int, int]] = field(default_factory=dict)
    _attempts: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Keep an answered request."""
        self.sequence += 1
        entry.seq = self.sequence
        if entry.client_request_id:
            key = (entry.client_request_id, entry.method, entry.path)
            self._attempts[key] = entry.attempt = self._attempts.get(key, 0) + 1
        if len(self.ring) == RING:
            old = self.ring.popleft()
            self._attempts.pop((old.client_request_id, old.method, old.path), None)
        self.ring.append(entry)
        self.by_operation[entry.op] += 1
        self.by_principal[entry.principal] += 1
        self.by_status[entry.status] += 1
        if "rule" in entry.notes:
            self.by_fault[entry.notes["rule"]] += 1

    def count_put(self, path: str, body: object) -> None:
        """Count a PUT that repeats the last accepted one of its path."""
        key, mark = path.lower(), hash(repr(body))
        if self._puts.get(key) == mark:
            self.duplicate_puts += 1
        self._puts[key] = mark

    def note_refusal(self, principal: str, policy: str, key: str, now_us: int, wait_s: int) -> None:
        """Remember a 429: which principal must not come back to which bucket before when."""
        self.throttled[policy] += 1
        self._waits[principal, policy, key] = (now_us, now_us + wait_s * SECOND)

    def check_retry_after(self, principal: str, policy: str, key: str, now_us: int, path: str) -> Json | None:
        """Record a request that reached a bucket before its Retry-After was over, and return the finding."""
        wait = self._waits.get((principal, policy, key)) if self._waits else None
        if wait is None:
            return None
        since_us, until_us = wait
        if now_us >= until_us:
            del self._waits[principal, policy, key]
        if not since_us + self.grace_us < now_us < until_us:
            return None
        early = round((until_us - now_us) / SECOND, 3)
        finding = {"principal": principal, "bucket": policy, "path": path, "at": iso(now_us), "earlyBySeconds": early}
        self.early_requests.append(finding)
        return finding

    def stats(self) -> Json:
        """Sum up for `_sim/stats`."""
        return {
            "requests": self.sequence,
            "byOperation": dict(self.by_operation.most_common()),
            "byPrincipal": dict(self.by_principal.most_common()),
            "byStatus": {str(status): n for status, n in sorted(self.by_status.items())},
            "byFault": dict(self.by_fault.most_common()),
            "throttled": dict(self.throttled.most_common()),
            "duplicatePuts": self.duplicate_puts,
            "earlyPolls": self.early_polls,
            "beforeRetryAfter": len(self.early_requests),
            "inFlight": self.in_flight,
            "peakInFlight": self.peak_in_flight,
        }
