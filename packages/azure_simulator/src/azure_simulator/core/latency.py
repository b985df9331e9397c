"""Durations of operations: distributions by kind, sampled by a generator keyed to the thing."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

from azure_simulator.core.times import SECOND

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json

FACTORS = {"instant": 0.0, "fast": 0.01, "real": 1.0, "slow-day": 1.0}
_Z95 = 1.6449


def about(p50: float, p95: float, low: float = 0.0, high: float = math.inf) -> Json:
    """Describe a log-normal duration in seconds by its median and 95th percentile."""
    body: Json = {"dist": "lognormal", "p50": p50, "p95": p95, "min": low}
    return body if math.isinf(high) else {**body, "max": high}


class Latency:
    """Durations of every kind under one profile; settings may replace single kinds."""

    def __init__(self, kinds: dict[str, Json], profile: str, overrides: dict[str, Json]) -> None:
        if profile not in FACTORS:
            raise ValueError(f"profile must be one of {', '.join(FACTORS)}, not {profile}")
        for kind, shape in overrides.items():
            _try(kind, shape)
        self._kinds = kinds
        self._overrides = overrides
        self.profile = profile
        self.factor = FACTORS[profile]

    def sample_us(self, kind: str, rng: random.Random) -> int:
        """Draw a duration in microseconds; unknown kinds take no time, overrides no factor."""
        if kind in self._overrides:
            return int(_draw(self._overrides[kind], rng, 1.0) * SECOND)
        if self.factor == 0 or kind not in self._kinds:
            return 0
        stretch = 4.0 if self.profile == "slow-day" else 1.0
        return int(_draw(self._kinds[kind], rng, stretch) * self.factor * SECOND)

    def hint_s(self, seconds: int) -> int:
        """Scale a Retry-After of Azure's to the profile; 0 counts as absent for the SDKs."""
        return int(seconds * self.factor)


def _try(kind: str, shape: Json) -> None:
    try:
        length = _draw(shape, random.Random(0), 1.0)
    except (KeyError, TypeError, ValueError, ArithmeticError) as problem:
        raise ValueError(f"latency {kind}: {type(problem).__name__}: {problem}") from problem
    if not 0 <= length < math.inf:
        raise ValueError(f"latency {kind} comes to {length} seconds")


def _draw(shape: Json, rng: random.Random, stretch: float) -> float:
    match shape.get("dist", "fixed"):
        case "fixed":
            return float(shape["value"])
        case "uniform":
            return rng.uniform(shape["min"], shape["max"])
        case "empirical":
            return float(rng.choice(shape["values"]))
        case "lognormal":
            sigma = math.log(max(shape["p95"] * stretch / shape["p50"], 1.0001)) / _Z95
            value = rng.lognormvariate(math.log(shape["p50"]), sigma)
            top = shape.get("max", math.inf) * stretch
            return float(min(max(value, shape.get("min", 0.0)), top, shape.get("most", math.inf)))
        case other:
            raise ValueError(f"unknown distribution {other}")
