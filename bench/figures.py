"""One figure: a measurement against its bound, in one run."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """A ratio with both its sides; *goal* is the most it should be, *n* how many pairs were measured."""

    name: str
    numerator: float
    denominator: float
    unit: str
    n: int
    goal: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        """The figure itself."""
        return self.numerator / self.denominator

    def line(self) -> str:
        """Return the figure as one line of JSON."""
        rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items()}
        reached = None if self.goal is None else self.ratio <= self.goal
        return json.dumps({**rounded, "ratio": round(self.ratio, 4), "reached": reached})


@dataclass(frozen=True)
class Missing:
    """A figure that could not be measured; it must not count as reached."""

    name: str
    note: str

    def line(self) -> str:
        """Return the missing figure as one line of JSON."""
        return json.dumps(asdict(self) | {"reached": None, "missing": True})


def paired(
    name: str,
    ours: list[float],
    theirs: list[float],
    unit: str,
    *,
    goal: float | None = None,
    note: str = "",
) -> Figure:
    """Return the figure of two series measured in turn: the pair with the median ratio."""
    pairs = sorted(zip(ours, theirs, strict=True), key=lambda pair: pair[0] / pair[1])
    middle = pairs[len(pairs) // 2]
    spread = f"ratios {pairs[0][0] / pairs[0][1]:.3f} to {pairs[-1][0] / pairs[-1][1]:.3f}"
    return Figure(
        name=name,
        numerator=middle[0],
        denominator=middle[1],
        unit=unit,
        n=len(pairs),
        goal=goal,
        note=f"{note}; {spread}" if note else spread,
    )
