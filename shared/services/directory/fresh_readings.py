"""Readings of one user just before something is done to them that cannot be undone.

A record says what somebody read some time ago, and a list may be partial: neither is enough for that. What the
directory does not answer is not known, and nothing is done because of it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from shared.domain.destroying import Unanswered
from shared.domain.tenants.directory import DirectoryUser
from shared.errors import NotFoundError, RefusedError, ThrottledError, UnavailableError

T = TypeVar("T")
Gone = TypeVar("Gone")

_TOGETHER = 20
_log = logging.getLogger("deskwright.members")


class OneUser(Protocol):
    """As much of a directory as is asked about one user (shared.clients.graph)."""

    async def user(self, id_or_upn: str) -> DirectoryUser:
        """Return one user. Raises: NotFoundError."""

    async def member_group_ids(self, user_id: str, group_ids: list[str]) -> frozenset[str]:
        """Return the ids of *group_ids* whose members include the user, by Graph's checkMemberGroups."""


class Accounts(Protocol):
    """As much of a directory as is asked about the accounts of some users (shared.clients.graph)."""

    async def users_by_id(self, user_ids: Sequence[str]) -> dict[str, DirectoryUser]:
        """Return users by id; who is gone is left out."""

    async def user(self, id_or_upn: str) -> DirectoryUser:
        """Return one user. Raises: NotFoundError."""


class SomeUsers(Protocol):
    """As much of a directory as is asked about some users that a list lacks (shared.clients.graph)."""

    async def groups_of_users(self, user_ids: Sequence[str], group_ids: Sequence[str]) -> dict[str, frozenset[str]]:
        """Return for each user the ids of *group_ids* that they are in; users that no longer exist are left out."""

    async def member_group_ids(self, user_id: str, group_ids: list[str]) -> frozenset[str]:
        """Return the ids of *group_ids* whose members include the user. Raises: NotFoundError."""


async def asked(question: Awaitable[T]) -> T | Unanswered | None:
    """Return the directory's answer to *question*, an Unanswered with the reason, or None for a deleted subject.

    Raises: ThrottledError.
    """
    try:
        return await question
    except NotFoundError:
        return None
    except ThrottledError:
        raise
    except RefusedError as error:
        return _silent(f"it refused the question ({error.code})")
    except UnavailableError:
        return _silent("it is out of reach, or answered in part")


def contradicted() -> Unanswered:
    """Return the reason for no answer: the directory knew the account, and then did not know its groups."""
    return _silent("it knew the account, and then did not know its groups")


def _silent(why: str) -> Unanswered:
    return Unanswered(why=f"the directory did not answer about the user: {why}")


async def memberships(
    directory: SomeUsers, user_ids: Sequence[str], group_ids: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Ask about each user which of the groups they are in.

    A user that does not exist is in none; users without an answer are left out. Raises: ThrottledError.
    """
    return await _of_each(
        user_ids,
        lambda part: directory.groups_of_users(part, group_ids),
        lambda user_id: directory.member_group_ids(user_id, list(group_ids)),
        frozenset[str](),
    )


async def accounts(directory: Accounts, user_ids: Iterable[str]) -> dict[str, DirectoryUser | None]:
    """Ask about each account: None if it does not exist; accounts without an answer are left out.

    Raises: ThrottledError.
    """
    return await _of_each(list(user_ids), directory.users_by_id, directory.user, None)


async def _of_each(
    user_ids: Sequence[str],
    together: Callable[[Sequence[str]], Awaitable[Mapping[str, T]]],
    alone: Callable[[str], Awaitable[T]],
    gone: Gone,
) -> dict[str, T | Gone]:
    """Ask about users together, and about each *alone* where that is not answered: one of them may be why.

    A user that does not exist has the value *gone*; users without an answer are left out.
    """
    found: dict[str, T | Gone] = {}
    for at in range(0, len(user_ids), _TOGETHER):
        part = user_ids[at : at + _TOGETHER]
        there = await asked(together(part))
        if isinstance(there, Mapping):
            found |= {user_id: there.get(user_id, gone) for user_id in part}
            continue
        for user_id in part:
            answer = await asked(alone(user_id))
            if isinstance(answer, Unanswered):
                _log.warning("%s: %s", answer.why, user_id)
            else:
                found[user_id] = gone if answer is None else answer
    return found


@dataclass(frozen=True, slots=True)
class SeenUser:
    """The directory's answer: the account, None if it is gone, and the user's groups among those asked about."""

    user: DirectoryUser | None
    group_ids: frozenset[str] = frozenset()


async def read_user(directory: OneUser, user_id: str, group_ids: Iterable[str]) -> SeenUser | Unanswered:
    """Ask the directory about one user: the account with its licences, and which of *group_ids* it is in.

    Raises: ThrottledError.
    """
    wanted = sorted(set(group_ids))
    user = await asked(directory.user(user_id))
    if user is None:
        return SeenUser(user=None)
    if isinstance(user, Unanswered):
        return user
    groups = await asked(directory.member_group_ids(user.id, wanted)) if wanted else frozenset[str]()
    if groups is None:
        return contradicted()
    return groups if isinstance(groups, Unanswered) else SeenUser(user=user, group_ids=groups)
