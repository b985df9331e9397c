"""Readings of one user just before something is done to them that cannot be undone.

A record says what somebody read some time ago, and a list may be partial: neither is enough for that. What the
directory does not answer is not known, and nothing is done because of it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.domain.asking import Unanswered
from shared.domain.tenants.directory import DirectoryUser
from shared.errors import DeskwrightError, NotFoundError, RefusedError, ThrottledError, UnavailableError

_TOGETHER = 20
_log = logging.getLogger("deskwright.members")


class OneUser(Protocol):
    """As much of a directory as is asked about one user (shared.clients.graph)."""

    async def user(self, id_or_upn: str) -> DirectoryUser:
        """Return one user. Raises: NotFoundError."""

    async def member_group_ids(self, user_id: str, group_ids: list[str]) -> frozenset[str]:
        """Return which of the groups a user is in, by Graph's checkMemberGroups."""


class SomeUsers(Protocol):
    """As much of a directory as is asked about some users that a list lacks (shared.clients.graph)."""

    async def groups_of_users(self, user_ids: Sequence[str], group_ids: Sequence[str]) -> dict[str, frozenset[str]]:
        """Return which of the groups each user is in; who is gone is left out."""

    async def member_group_ids(self, user_id: str, group_ids: list[str]) -> frozenset[str]:
        """Return which of the groups a user is in. Raises: NotFoundError."""


async def memberships(
    directory: SomeUsers, user_ids: Sequence[str], group_ids: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Ask about each user which of the groups they are in; who is gone is in none, who is not answered for left out.

    Raises: ThrottledError.
    """
    found: dict[str, frozenset[str]] = {}
    for at in range(0, len(user_ids), _TOGETHER):
        part = user_ids[at : at + _TOGETHER]
        try:
            there = await directory.groups_of_users(part, group_ids)
        except ThrottledError:
            raise
        except DeskwrightError:
            for user_id in part:  # one of them may be why: it keeps nobody else from an answer
                await _ask(directory, user_id, group_ids, found)
        else:
            found |= {user_id: there.get(user_id, frozenset()) for user_id in part}
    return found


async def _ask(directory: SomeUsers, user_id: str, group_ids: Sequence[str], found: dict[str, frozenset[str]]) -> None:
    try:
        found[user_id] = await directory.member_group_ids(user_id, list(group_ids))
    except NotFoundError:
        found[user_id] = frozenset()
    except ThrottledError:
        raise
    except DeskwrightError as error:
        _log.warning("the directory did not say in which groups %s is: %s", user_id, error)


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
