"""What cannot be undone asks first: the answer that did not come, and the act that waits for it."""

from __future__ import annotations

from datetime import datetime

from shared.domain.values import Value


class Unanswered(Value):
    """The source did not answer, or only in part: nothing is known, and nothing is done."""

    why: str


class HeldBack(Value):
    """An act that waits for an answer: *act* in words, *why*, since when, and when it is asked again."""

    act: str
    why: str
    since: datetime
    next_at: datetime

    @property
    def sentence(self) -> str:
        """What waits, since when, why and until when, for people."""
        since, until = f"{self.since:%Y-%m-%d %H:%M}", f"{self.next_at:%H:%M}"
        return f"{self.act[0].upper()}{self.act[1:]} waits since {since} UTC: {self.why}. It is asked again at {until}."


def held_back(before: HeldBack | None, act: str, why: str, *, at: datetime, next_at: datetime) -> HeldBack:
    """Return that *act* waits: since *at*, or since it began to wait."""
    since = before.since if before is not None and before.act == act else at
    return HeldBack(act=act, why=why, since=since, next_at=next_at)
