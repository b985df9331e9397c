"""What was asked, by whom, how it was answered: a ring of entries and running counts."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

from local.cloud.core.times import SECOND, iso

if TYPE_CHECKING:
    from local.cloud.core.answers import Json

RING = 20_000
GRACE_S = 1.0
"""Requests on their way when a 429 was answered are not held against the caller."""


class RequestLog:
    """The last requests and the counts of all of them."""

    def __init__(self) -> None:
        self.ring: deque[Json] = deque(maxlen=RING)
        self.sequence = 0
        self.by_operation: Counter[str] = Counter()
        self.by_principal: Counter[str] = Counter()
        self.by_status: Counter[int] = Counter()
        self.throttled: Counter[str] = Counter()
        self.duplicate_puts = 0
        self.early_polls = 0
        self.impatient: list[Json] = []
        self.grace_us = int(GRACE_S * SECOND)
        self.in_flight = 0
        self.peak_in_flight = 0
        self._puts: dict[str, int] = {}
        self._waits: dict[tuple[str, str, str], tuple[int, int]] = {}

    def add(self, entry: Json) -> None:
        """Keep an answered request."""
        self.sequence += 1
        entry["seq"] = self.sequence
        self.ring.append(entry)
        self.by_operation[entry["op"]] += 1
        self.by_principal[entry["principal"]] += 1
        self.by_status[entry["status"]] += 1

    def saw_put(self, path: str, body: object) -> None:
        """Count a PUT that says once more what the last accepted one said."""
        key, mark = path.lower(), hash(repr(body))
        if self._puts.get(key) == mark:
            self.duplicate_puts += 1
        self._puts[key] = mark

    def refused(self, principal: str, policy: str, key: str, now_us: int, wait_s: int) -> None:
        """Remember a 429: who should stay away from which bucket until when."""
        self.throttled[policy] += 1
        self._waits[principal, policy, key] = (now_us, now_us + wait_s * SECOND)

    def came(self, principal: str, policy: str, key: str, now_us: int, path: str) -> Json | None:
        """Note a request that came to a bucket before its Retry-After was over, and give the finding."""
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
        self.impatient.append(finding)
        return finding

    def stats(self) -> Json:
        """Sum up for `_sim/stats`."""
        return {
            "requests": self.sequence,
            "byOperation": dict(self.by_operation.most_common()),
            "byPrincipal": dict(self.by_principal.most_common()),
            "byStatus": {str(status): n for status, n in sorted(self.by_status.items())},
            "throttled": dict(self.throttled.most_common()),
            "duplicatePuts": self.duplicate_puts,
            "earlyPolls": self.early_polls,
            "beforeRetryAfter": len(self.impatient),
            "inFlight": self.in_flight,
            "peakInFlight": self.peak_in_flight,
        }
