"""Watching a directory for changes: what is told as it happens, and what is asked for because telling gets lost."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.values import Value

WATCH = "directory"
"""The id of a tenant's one watch."""

SUBSCRIPTION_LIFE = timedelta(days=28)
"""Graph allows users and groups just under 29 days (41,760 minutes)."""

RENEWED_BEFORE = timedelta(days=14)

FOLLOWED_WITHIN = timedelta(days=1)
"""Who has not asked a directory for so long what has changed does not rely on it."""


class Resource(StrEnum):
    """What is watched."""

    USERS = "users"
    GROUPS = "groups"


class Subscription(Value):
    """Graph's promise to tell of changes."""

    id: str
    resource: Resource
    expires_at: datetime


class DirectoryChanges(Value):
    """What has changed: users, and whether groups came into or left groups, so that anybody may be concerned."""

    user_ids: frozenset[str] = frozenset()
    structure: bool = False
    link: str  # asks for what comes after


class Watch(Value):
    """How far a tenant has read its directory; or, with the directory's id in the tenant's place, what tells of it."""

    tenant_id: str
    users_link: str | None = None
    groups_link: str | None = None
    read_at: datetime | None = None
    subscriptions: tuple[Subscription, ...] = ()

    @property
    def id(self) -> str:
        """Its id."""
        return WATCH

    def follows(self, at: datetime) -> bool:
        """Whether the directory says what changes in it, and has lately been asked."""
        asked = self.users_link is not None and self.groups_link is not None
        return asked and self.read_at is not None and at - self.read_at < FOLLOWED_WITHIN

    def subscription(self, resource: Resource) -> Subscription | None:
        """Return the subscription to *resource*, None when there is none."""
        return next((each for each in self.subscriptions if each.resource is resource), None)


def client_state(key: str, directory_id: str) -> str:
    """Return what Graph has to say with each notification of a directory: derived, so that no table has to keep it."""
    return hmac.new(
        key.encode(), f"notifications/{directory_id}".encode("utf-8", "surrogatepass"), hashlib.sha256
    ).hexdigest()
