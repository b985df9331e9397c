"""A tenant's directory: users, groups, role assignments, and subscriptions to its changes."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.values import Value


class Group(Value):
    """A group, as Microsoft Graph describes it."""

    id: str
    display_name: str
    security_enabled: bool = False
    mail_enabled: bool = False
    group_types: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Kind of group, in the words of the portal."""
        if "Unified" in self.group_types:
            return "Microsoft 365"
        if self.security_enabled:
            return "mail-enabled security" if self.mail_enabled else "security"
        return "distribution"

    @property
    def assignable(self) -> bool:
        """Whether a policy may be assigned to it: a security or Microsoft 365 group (docs/notes/windows365.md 2.1)."""
        return self.security_enabled or "Unified" in self.group_types


class DirectoryUser(Value):
    """A user, as Microsoft Graph describes them.

    *sku_ids*: every licence they have, of Cloud PCs or not. *disabled*: the service plans (ids) of each licence that an
    administrator has switched off for them (Graph: ``disabledPlans``).
    """

    id: str
    user_principal_name: str
    display_name: str = ""
    account_enabled: bool = True
    on_premises_user_principal_name: str | None = None
    sku_ids: tuple[str, ...] = ()
    disabled: Mapping[str, frozenset[str]] = {}

    def uses(self, sku: "SubscribedSku") -> bool:
        """Whether they have the licence, and not every Cloud PC service plan of it is switched off for them."""
        off = self.disabled.get(sku.sku_id, frozenset())
        return sku.sku_id in self.sku_ids and not (sku.cloud_pc_plan_ids and sku.cloud_pc_plan_ids <= off)


class EnrollmentRestriction(Value):
    """One of Intune's enrolment restrictions; *default*: it applies to all users without another one."""

    display_name: str
    default: bool = False


class SubscribedSku(Value):
    """A licence the directory has bought. *cloud_pc_plan_ids*: its service plans that give a Cloud PC."""

    sku_id: str
    sku_part_number: str
    enabled: int = 0
    consumed: int = 0
    cloud_pc_plan_ids: frozenset[str] = frozenset()


class Device(Value):
    """A device in Entra ID. *object_id*: its id in Graph; *device_id*: its deviceId."""

    object_id: str
    device_id: str
    display_name: str
    trust_type: str | None = None  # AzureAd, ServerAd, Workplace
    registered_at: datetime | None = None


class ManagedDevice(Value):
    """A device in Intune."""

    id: str
    device_name: str
    device_id: str | None = None  # the Entra device's deviceId; zeros until the registration is complete
    enrolled_at: datetime | None = None
    user_id: str | None = None


WATCH = "directory"
"""The id of a tenant's one watch."""

SUBSCRIPTION_LIFE = timedelta(days=28)
"""Graph allows users and groups just under 29 days (41,760 minutes)."""

RENEWED_BEFORE = timedelta(days=14)

FOLLOWED_WITHIN = timedelta(days=1)
"""A delta query older than this is not relied on."""


class WatchedResource(StrEnum):
    """Watched resources."""

    USERS = "users"
    GROUPS = "groups"


class Subscription(Value):
    """A subscription to change notifications. *key_version*: of the notification key, where it is known."""

    id: str
    resource: WatchedResource
    expires_at: datetime
    key_version: str | None = None


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

    def subscription(self, resource: WatchedResource) -> Subscription | None:
        """Return the subscription to *resource*, None when there is none."""
        return next((each for each in self.subscriptions if each.resource is resource), None)


def client_state(key: str, directory_id: str) -> str:
    """Return the clientState of the notifications of a directory: derived, so that no table has to keep it."""
    return hmac.new(
        key.encode(), f"notifications/{directory_id}".encode("utf-8", "surrogatepass"), hashlib.sha256
    ).hexdigest()


class PrincipalType(StrEnum):
    """Kinds of holders of a role, by Graph's names."""

    USER = "User"
    GROUP = "Group"
    SERVICE_PRINCIPAL = "ServicePrincipal"


class RoleAssignment(Value):
    """One holder of one role. *user_principal_name*: of a user that the directory still has."""

    id: str
    role: str
    principal_id: str
    principal_type: PrincipalType
    display_name: str
    user_principal_name: str | None = None
    created_date_time: datetime | None = None


TAKE_EFFECT_WITHIN = timedelta(minutes=10)
"""Azure's word for it (learn.microsoft.com/azure/role-based-access-control/troubleshooting). No request tells whether
an assignment of somebody else counts yet (docs/decisions/0089)."""


def count_from(given_at: datetime) -> datetime:
    """Return from when roles count that were given at a moment; those that were taken then count no longer."""
    return given_at + TAKE_EFFECT_WITHIN
