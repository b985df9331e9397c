"""End of the sessions of a user who has lost their place in a Spot Group: told, time to save, signed off. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from shared.domain.values import Value


class SigningOff(Value):
    """Sign-off of a user who has no place any more.

    *at*: not before then; *told*: the sessions (``OpenSession.key``) in which they were told while they worked.
    """

    at: datetime
    told: tuple[str, ...] = ()


class OpenSession(Value):
    """A listed session. *key* is unique, even if a later session has the same number."""

    key: str
    active: bool


class SignOffStep(Value):
    """Next step: sessions (keys) to *tell* and to *end*; *then*: the record to keep afterwards."""

    tell: tuple[str, ...] = ()
    end: tuple[str, ...] = ()
    then: SigningOff | None = None


def sign_off_step(
    sessions: Collection[OpenSession], before: SigningOff | None, at: datetime, notice: timedelta
) -> SignOffStep:
    """Return the next step in ending the sessions of one user.

    First their user is told, and then they have the *notice* to save their work. A session in which they work and were
    not told, because it has begun since or they were away, gets the whole notice too.
    """
    if not sessions:
        return SignOffStep()
    told = before.told if before else ()
    untold = tuple(each.key for each in sessions if each.active and each.key not in told)
    if before is None or untold:
        return SignOffStep(tell=untold, then=SigningOff(at=at + notice, told=(*told, *untold)))
    if at < before.at:
        return SignOffStep(then=before)
    return SignOffStep(end=tuple(each.key for each in sessions), then=before)
