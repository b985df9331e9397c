"""End of the sessions of a user who has lost their place in a Spot Group: told, time to save, signed off. Pure.

Roles that were taken may count for some more minutes, in which the user may sign in (again): there is a last look when
they surely count no longer.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from shared.domain.values import Value


class SigningOff(Value):
    """Sign-off of a user who has no place any more.

    *at*: not before then; *told*: the sessions (``OpenSession.key``) in which they were told while they worked.
    *roles_end*: until when the roles that were taken may count; without it they count no longer. *signed_in*: whether
    they had sessions at the last look; if not, they are looked for once more *at* that moment.
    """

    at: datetime
    told: tuple[str, ...] = ()
    roles_end: datetime | None = None
    signed_in: bool = True


class OpenSession(Value):
    """A listed session. *key* is unique, even if a later session has the same number."""

    key: str
    active: bool


class SignOffStep(Value):
    """Next step: sessions (keys) to *tell* and to *end*; *then*: the record, kept while sessions may still be open."""

    tell: tuple[str, ...] = ()
    end: tuple[str, ...] = ()
    then: SigningOff | None = None


def sign_off_step(
    sessions: Collection[OpenSession],
    before: SigningOff | None,
    at: datetime,
    notice: timedelta,
    *,
    roles_end: datetime | None = None,
) -> SignOffStep:
    """Return the next step in ending the sessions of one user. *roles_end*: of roles that have just been taken.

    First their user is told, and then they have the *notice* to save their work. A session in which they work and were
    not told, because it has begun since or they were away, gets the whole notice too.
    """
    roles_end = roles_end or (before.roles_end if before else None)
    if not sessions:
        return SignOffStep(then=last_look(roles_end, at))
    told = before.told if before else ()
    untold = tuple(each.key for each in sessions if each.active and each.key not in told)
    if before is None or not before.signed_in or untold:
        then = SigningOff(at=at + notice, told=(*told, *untold), roles_end=roles_end)
        return SignOffStep(tell=untold, then=then)
    if at < before.at:
        return SignOffStep(then=before)
    return SignOffStep(end=tuple(each.key for each in sessions), then=before)


def last_look(roles_end: datetime | None, at: datetime) -> SigningOff | None:
    """Return the last look for sessions of a user who has none, or None if they cannot sign in any more."""
    return SigningOff(at=roles_end, roles_end=roles_end, signed_in=False) if roles_end and at < roles_end else None
