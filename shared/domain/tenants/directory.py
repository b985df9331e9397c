"""Groups and users of the directory, and rules for the groups that a policy may be assigned to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

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

    def uses(self, sku: SubscribedSku) -> bool:
        """Whether they have the licence, and not every Cloud PC service plan of it is switched off for them."""
        off = self.disabled.get(sku.sku_id, frozenset())
        return sku.sku_id in self.sku_ids and not (sku.cloud_pc_plan_ids and sku.cloud_pc_plan_ids <= off)


class EnrollmentRestriction(Value):
    """One of Intune's restrictions of who may enrol; *default*: the one that holds for everybody."""

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
    """A device in Entra ID. *object_id* is what Graph calls id, *device_id* its deviceId."""

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
