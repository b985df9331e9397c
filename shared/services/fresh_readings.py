"""Readings of one user just before something is done to them that cannot be undone.

A record says what somebody read some time ago, and a list may be partial: neither is enough for that. What the
directory does not answer is not known, and nothing is done because of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from shared.domain.asking import Unanswered
from shared.domain.tenants.directory import DirectoryUser
from shared.errors import NotFoundError, RefusedError, ThrottledError, UnavailableError


class OneUser(Protocol):
    """As much of a directory as is asked about one user (shared.clients.graph)."""

    async def user(self, id_or_upn: str) -> DirectoryUser:
        """Return one user. Raises: NotFoundError."""

    async def member_group_ids(self, user_id: str, group_ids: list[str]) -> frozenset[str]:
        """Return which of the groups a user is in, by Graph's checkMemberGroups."""


@dataclass(frozen=True, slots=True)
class SeenUser:
    """The directory's answer: the account, None if it is gone, and which of the groups asked about it is in."""

    user: DirectoryUser | None
    group_ids: frozenset[str] = frozenset()


async def read_user(directory: OneUser, user_id: str, group_ids: Iterable[str]) -> SeenUser | Unanswered:
    """Ask the directory about one user: the account with its licences, and which of *group_ids* it is in.

    Raises: ThrottledError.
    """
    wanted = sorted(set(group_ids))
    try:
        user = await directory.user(user_id)
    except NotFoundError:
        return SeenUser(user=None)
    except ThrottledError:
        raise
    except (UnavailableError, RefusedError) as error:
        return unanswered(error)
    try:
        groups = await directory.member_group_ids(user.id, wanted) if wanted else frozenset[str]()
    except ThrottledError:
        raise
    except (UnavailableError, RefusedError, NotFoundError) as error:
        return unanswered(error)
    return SeenUser(user=user, group_ids=groups)


def unanswered(error: Exception) -> Unanswered:
    """Return for *error* that the directory did not answer."""
    match error:
        case RefusedError(code=code):
            why = f"it refused the question ({code})"
        case NotFoundError():
            why = "it knew the account, and then did not know its groups"
        case _:
            why = "it is out of reach, or answered in part"
    return Unanswered(why=f"the directory did not answer about the user: {why}")
