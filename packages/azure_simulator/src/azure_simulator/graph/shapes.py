"""Which properties Graph's types have, and which of them it shows unasked.

Without `$select` the directory shows a small default set for users; everything for the others.
Source: learn.microsoft.com/graph/api/resources/{user,group,device,intune-devices-manageddevice}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure_simulator.graph.directory import Doc


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


TYPES = {
    "user": "#microsoft.graph.user",
    "group": "#microsoft.graph.group",
    "device": "#microsoft.graph.device",
}
USER_DEFAULT = (
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
)
PROPERTIES: dict[str, frozenset[str]] = {
    "user": _names(
        "accountEnabled ageGroup assignedLicenses assignedPlans businessPhones city companyName "
        "country createdDateTime creationType deletedDateTime department displayName employeeId "
        "externalUserState faxNumber givenName id identities imAddresses isResourceAccount "
        "jobTitle licenseAssignmentStates mail mailNickname mobilePhone officeLocation "
        "onPremisesDistinguishedName onPremisesDomainName onPremisesExtensionAttributes "
        "onPremisesImmutableId onPremisesLastSyncDateTime onPremisesProvisioningErrors "
        "onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled "
        "onPremisesUserPrincipalName otherMails passwordPolicies postalCode preferredLanguage "
        "provisionedPlans proxyAddresses securityIdentifier showInAddressList "
        "signInSessionsValidFromDateTime state streetAddress surname usageLocation "
        "userPrincipalName userType"
    ),
    "group": _names(
        "assignedLicenses classification createdDateTime deletedDateTime description "
        "displayName expirationDateTime groupTypes id isAssignableToRole licenseProcessingState "
        "mail mailEnabled mailNickname membershipRule membershipRuleProcessingState "
        "onPremisesDomainName onPremisesLastSyncDateTime onPremisesNetBiosName "
        "onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled "
        "preferredLanguage proxyAddresses renewedDateTime securityEnabled securityIdentifier "
        "theme visibility members"
    ),
    "device": _names(
        "accountEnabled alternativeSecurityIds approximateLastSignInDateTime "
        "complianceExpirationDateTime createdDateTime deletedDateTime deviceCategory deviceId "
        "deviceMetadata deviceOwnership deviceVersion displayName domainName "
        "enrollmentProfileName enrollmentType extensionAttributes hostnames id isCompliant "
        "isManaged isRooted managementType manufacturer mdmAppId model "
        "onPremisesLastSyncDateTime onPremisesSecurityIdentifier onPremisesSyncEnabled "
        "operatingSystem operatingSystemVersion physicalIds profileType registrationDateTime "
        "systemLabels trustType"
    ),
    "managedDevice": _names(
        "azureADDeviceId azureADRegistered complianceState deviceCategoryDisplayName "
        "deviceEnrollmentType deviceName deviceRegistrationState emailAddress enrolledDateTime "
        "enrollmentProfileName id isEncrypted joinType lastSyncDateTime managedDeviceName "
        "managedDeviceOwnerType managementAgent managementState manufacturer model notes "
        "operatingSystem osVersion serialNumber userDisplayName userId userPrincipalName"
    ),
}
UNFILTERED: dict[str, frozenset[str]] = {
    "user": _names(
        "licenseAssignmentStates onPremisesProvisioningErrors businessPhones isResourceAccount mobilePhone "
        "onPremisesDistinguishedName passwordPolicies provisionedPlans securityIdentifier showInAddressList"
    ),
    "group": _names("theme securityIdentifier"),
    "device": _names("alternativeSecurityIds deviceMetadata deviceVersion systemLabels"),
}
"""What `$filter` may not name (the tables of the resource pages: "Supports $filter" is missing)."""
SORTED = {
    "user": _names("displayName userPrincipalName createdDateTime"),
    "group": _names("displayName"),
    "device": _names("displayName"),
}
PROPERTIES["directoryObject"] = PROPERTIES["user"] | PROPERTIES["group"] | PROPERTIES["device"]


def visible(doc: Doc) -> Doc:
    """Return a document without the names that are ours alone."""
    return {key: value for key, value in doc.items() if not key.startswith("_")}


def select(kind: str, doc: Doc, wanted: tuple[str, ...], *, typed: bool = False) -> Doc:
    """Return the selected properties; what the type has and the document lacks is null.

    `typed` adds `@odata.type`, as in collections of directory objects.
    """
    names = wanted or (USER_DEFAULT if kind == "user" else ())
    head = {"@odata.type": TYPES[kind]} if typed else {}
    if not names:
        return {**head, **visible(doc)}
    # Graph gives the id of a directory object even when it was not selected in a collection
    keep = [name for name in names if name in PROPERTIES.get(kind, {name})]
    return {**head, **{name: doc.get(name, [] if name == "businessPhones" else None) for name in keep}}
