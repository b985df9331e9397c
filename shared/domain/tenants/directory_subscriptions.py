"""Watching a directory for changes: by notifications, and by delta queries because notifications get lost."""

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
"""A delta query older than this is not relied on."""


class Resource(StrEnum):
    """Watched resources."""

    USERS = "users"
    GROUPS = "groups"


class Subscription(Value):
    """A subscription to change notifications."""

    id: str
    resource: Resource
    expires_at: datetime


class DirectoryChanges(Value):
    """Changed users, and whether groups were added to or removed from groups, which may concern any user."""

    user_ids: frozenset[str] = frozenset()
    structure: bool = False
    link: str  # of the next delta query


class Watch(Value):
    """Position of a tenant in reading its directory; or, with the directory's id as tenant id, its subscriptions."""

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
        """Whether the changes of the directory are read, and were read lately."""
        read = self.users_link is not None and self.groups_link is not None
        return read and self.read_at is not None and at - self.read_at < FOLLOWED_WITHIN

    def subscription(self, resource: Resource) -> Subscription | None:
        """Return the subscription to *resource*, None when there is none."""
        return next((each for each in self.subscriptions if each.resource is resource), None)


def client_state(key: str, directory_id: str) -> str:
    """Return the clientState of the notifications of a directory: derived, so that no table has to keep it."""
    return hmac.new(
        key.encode(), f"notifications/{directory_id}".encode("utf-8", "surrogatepass"), hashlib.sha256
    ).hexdigest()
