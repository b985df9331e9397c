"""Token buckets on simulated time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from azure_simulator.core.times import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azure_simulator.core.answers import Json


@dataclass(frozen=True, slots=True)
class Charge:
    """Charge that one request takes from one bucket.

    `policy` names the kind of bucket, `key` whose bucket it is (principal, subscription, region,
    resource ...); `capacity` tokens at most, refilled at `per_second`.
    """

    policy: str
    key: str
    capacity: float
    per_second: float
    cost: float = 1.0


@dataclass(slots=True)
class Bucket:
    """One bucket and its counters."""

    capacity: float
    per_second: float
    tokens: float
    at_us: int
    taken: int = 0
    refused: int = 0
    refused_since: int = 0

    def holds(self, now_us: int) -> float:
        """Return the tokens at a moment."""
        gained = (now_us - self.at_us) / SECOND * self.per_second
        return min(self.capacity, self.tokens + gained)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A bucket is empty: the answer is 429 with a number of seconds to wait."""

    charge: Charge
    retry_after_s: int
    measured: int


class Throttle:
    """Every bucket of the cloud; made when first charged."""

    def __init__(self) -> None:
        self.buckets: dict[tuple[str, str], Bucket] = {}
        self.settings: Json = {}
        self.closed: list[tuple[str, int]] = []

    def take(self, charges: Iterable[Charge], now_us: int) -> Refusal | None:
        """Charge buckets in order until one refuses; earlier ones stay charged, as in Azure."""
        for charge in map(self._narrowed, charges):
            if not self._enabled(charge.policy):
                continue
            bucket = self._bucket(charge, now_us)
            if self.closed and now_us < (until_us := self._closed_until(charge.policy, now_us)):
                return self._refuse(charge, bucket, (until_us - now_us) / SECOND)
            if bucket.tokens + 1e-9 < charge.cost:
                wait_s = (charge.cost - bucket.tokens) / charge.per_second
                return self._refuse(charge, bucket, wait_s)
            bucket.tokens -= charge.cost
            bucket.taken += 1
            bucket.refused_since = 0
        return None

    def remaining(self, charge: Charge) -> int:
        """Return the whole tokens left after the last charge."""
        bucket = self.buckets.get((charge.policy, charge.key))
        return int(charge.capacity if bucket is None else bucket.tokens)

    def close(self, policy: str, until_us: int) -> int:
        """Refuse everything on buckets of a policy (a glob) until a moment; give how many there are now."""
        self.closed.append((policy, until_us))
        return sum(fnmatchcase(name, policy) for name, _ in self.buckets)

    def empty(self, policy: str, key: str, shape: tuple[float, float, float], now_us: int) -> None:
        """Set a bucket as it was at a refusal; `shape` is capacity, refill per second, tokens."""
        bucket = self.buckets[policy, key] = Bucket(*shape, now_us)
        bucket.refused = bucket.refused_since = 1

    def shape(self, charge: Charge) -> tuple[float, float, float]:
        """Return capacity, refill per second and tokens of a bucket that was charged."""
        bucket = self.buckets[charge.policy, charge.key]
        return bucket.capacity, bucket.per_second, bucket.tokens

    def _closed_until(self, policy: str, now_us: int) -> int:
        self.closed = [each for each in self.closed if each[1] > now_us]
        return max((until_us for glob, until_us in self.closed if fnmatchcase(policy, glob)), default=0)

    def _enabled(self, policy: str) -> bool:
        setting = self.settings.get(policy)
        return bool(self.settings.get("enabled", True) if setting is None else setting)

    def _narrowed(self, charge: Charge) -> Charge:
        """Return the charge on a bucket of which a setting leaves only a part."""
        part = self.settings.get(charge.policy, self.settings.get("enabled"))
        if part is None or isinstance(part, bool):
            return charge
        return replace(charge, capacity=charge.capacity * part, per_second=charge.per_second * part)

    def _bucket(self, charge: Charge, now_us: int) -> Bucket:
        key = (charge.policy, charge.key)
        bucket = self.buckets.get(key)
        if bucket is None:
            bucket = self.buckets[key] = Bucket(charge.capacity, charge.per_second, charge.capacity, now_us)
            return bucket
        bucket.capacity, bucket.per_second = charge.capacity, charge.per_second
        gained = (now_us - bucket.at_us) / SECOND * charge.per_second
        bucket.tokens = min(charge.capacity, bucket.tokens + gained)
        bucket.at_us = now_us
        return bucket

    def _refuse(self, charge: Charge, bucket: Bucket, wait_s: float) -> Refusal:
        bucket.refused += 1
        bucket.refused_since += 1
        measured = int(charge.capacity) + bucket.refused_since
        return Refusal(charge, max(1, math.ceil(wait_s - 1e-9)), measured)

    def view(self, now_us: int) -> list[Json]:
        """List every bucket for `_sim/buckets`, with its content at a moment."""
        return [
            {
                "policy": policy,
                "key": key,
                "capacity": bucket.capacity,
                "perSecond": bucket.per_second,
                "tokens": round(bucket.holds(now_us), 2),
                "taken": bucket.taken,
                "refused": bucket.refused,
                "closedForSeconds": max(0, self._closed_until(policy, now_us) - now_us) / SECOND,
            }
            for (policy, key), bucket in sorted(self.buckets.items())
        ]
