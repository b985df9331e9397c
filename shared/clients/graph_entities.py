"""Objects of Microsoft Graph's answers as values of the domain."""

from __future__ import annotations

from typing import Any

from shared.domain.tenants.directory import Device, DirectoryUser, Group, ManagedDevice, SubscribedSku
from shared.errors import UnavailableError

_CLOUD_PC_PLANS = ("CPC_", "WINDOWS_365_")  # how the names of the service plans of Windows 365 begin


def read_group(body: dict[str, Any]) -> Group:
    """Return a group of an answer."""
    return Group(
        id=body["id"],
        display_name=body.get("displayName") or "",
        security_enabled=bool(body.get("securityEnabled")),
        mail_enabled=bool(body.get("mailEnabled")),
        group_types=tuple(body.get("groupTypes") or ()),
    )


def read_whole_user(body: dict[str, Any]) -> DirectoryUser:
    """Return a user that was asked for by id. Raises: UnavailableError for half an answer."""
    if "id" not in body or not isinstance(body.get("assignedLicenses"), list):
        raise UnavailableError("Graph answered about a user without their licences")
    return read_user(body)


def read_user(body: dict[str, Any]) -> DirectoryUser:
    """Return a user of a list."""
    licences = body.get("assignedLicenses") or ()
    return DirectoryUser(
        id=body["id"],
        user_principal_name=body.get("userPrincipalName") or "",
        display_name=body.get("displayName") or "",
        account_enabled=body.get("accountEnabled") is not False,
        on_premises_user_principal_name=body.get("onPremisesUserPrincipalName"),
        sku_ids=tuple(licence["skuId"] for licence in licences),
        disabled={each["skuId"]: frozenset(each["disabledPlans"]) for each in licences if each.get("disabledPlans")},
    )


def read_sku(body: dict[str, Any]) -> SubscribedSku:
    """Return a product with how many were bought and which of its plans are Cloud PCs."""
    return SubscribedSku(
        sku_id=body["skuId"],
        sku_part_number=body["skuPartNumber"],
        enabled=(body.get("prepaidUnits") or {}).get("enabled", 0),
        consumed=body.get("consumedUnits", 0),
        cloud_pc_plan_ids=frozenset(
            plan["servicePlanId"]
            for plan in body.get("servicePlans") or ()
            if str(plan.get("servicePlanName")).startswith(_CLOUD_PC_PLANS)
        ),
    )


def read_device(body: dict[str, Any]) -> Device:
    """Return a device of the directory."""
    return Device(
        object_id=body["id"],
        device_id=body.get("deviceId") or "",
        display_name=body.get("displayName") or "",
        trust_type=body.get("trustType"),
        registered_at=body.get("registrationDateTime"),
    )


def read_managed_device(body: dict[str, Any]) -> ManagedDevice:
    """Return a device of Intune."""
    return ManagedDevice(
        id=body["id"],
        device_name=body.get("deviceName") or "",
        device_id=body.get("azureADDeviceId"),
        enrolled_at=body.get("enrolledDateTime"),
        user_id=body.get("userId") or None,
    )
