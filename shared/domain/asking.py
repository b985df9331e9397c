"""Questions before irreversible acts: the missing answer, and the act that waits for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.domain.destroying import Act
from shared.domain.values import Value

FRESH_FOR = timedelta(minutes=10)
"""The time for which an answer counts: an act that has waited longer asks again."""


class Unanswered(Value):
    """The source did not answer, or only in part: nothing is known, and nothing is done."""

    why: str


class Confirmation(Value):
    """The answer that *act* may be done, and *at* which moment it was given.

    *subject_id*: a Cloud PC, of which *generation* is the build, or a session host, of which it is the task (``run``).
    """

    act: Act
    tenant_id: str
    subject_id: str
    generation: int
    at: datetime

    def counts(self, now: datetime) -> bool:
        """Whether the answer is new enough to act on."""
        return now - self.at <= FRESH_FOR


class HeldBack(Value):
    """An act that waits for an answer: *act* in words, *why*, since when, and when it is asked again."""

    act: str
    why: str
    since: datetime
    next_at: datetime

    @property
    def sentence(self) -> str:
        """The waiting act, its beginning, its reason and its next attempt, for people."""
        since, until = f"{self.since:%Y-%m-%d %H:%M}", f"{self.next_at:%H:%M}"
        return f"{self.act[0].upper()}{self.act[1:]} waits since {since} UTC: {self.why}. It is asked again at {until}."


def held_back(before: HeldBack | None, act: str, why: str, *, at: datetime, next_at: datetime) -> HeldBack:
    """Return the record that *act* is held back: since *at*, or since it was first held back."""
    since = before.since if before is not None and before.act == act else at
    return HeldBack(act=act, why=why, since=since, next_at=next_at)
