"""The entities of the directory, each declared once: what Graph shows of it, what queries may name, how it is stored.

Without `$select` the directory shows a small default set of a user's properties, and all properties of the others.
Sources: learn.microsoft.com/graph/api/resources/{user,group,device,intune-devices-manageddevice}; what a `$filter`
may not name are the properties whose row in these tables lacks "Supports $filter".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EntityType:
    """One kind of document. What is left out has no such rule: any property may be shown, filtered, sorted."""

    name: str
    odata_type: str = ""
    """`@odata.type`; only directory objects have one here."""
    properties: frozenset[str] = frozenset()
    default: tuple[str, ...] = ()
    """What is shown without `$select`; everything when empty."""
    not_filterable: frozenset[str] = frozenset()
    sortable: frozenset[str] | None = None
    indexed: tuple[str, ...] = ()
    """Fields that `Directory.by` can look up."""
    keeps_history: bool = False
    """Can be read as it was at an earlier moment, which a lagging replica does."""
    publishes_changes: bool = False
    """Delta readers and subscribers learn of its changes."""
    deleted_kind: str = ""
    """The kind of its documents in the recycle bin."""
    tombstone_kind: str = ""
    """The kind of what delta readers see of a deleted one."""
    not_in_delta: tuple[str, ...] = ()
    """Query options that its delta refuses."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


USER = EntityType(
    "user",
    odata_type="#microsoft.graph.user",
    properties=_names(
        "accountEnabled ageGroup assignedLicenses assignedPlans businessPhones city companyName "
        "country createdDateTime creationType deletedDateTime department displayName employeeId "
        "externalUserState faxNumber givenName id identities imAddresses isResourceAccount "
        "jobTitle licenseAssignmentStates mail mailNickname mobilePhone officeLocation "
        "onPremisesDistinguishedName onPremisesDomainName onPremisesExtensionAttributes "
        "onPremisesImmutableId onPremisesLastSyncDateTime onPremisesProvisioningErrors "
        "onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled "
        "onPremisesUserPrincipalName otherMails passwordPolicies postalCode preferredLanguage "
        "provisionedPlans proxyAddresses securityIdentifier showInAddressList "
        "signInActivity signInSessionsValidFromDateTime state streetAddress surname usageLocation "
        "userPrincipalName userType"
    ),
    default=(
        *("businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone"),
        *("officeLocation", "preferredLanguage", "surname", "userPrincipalName", "id"),
    ),
    not_filterable=_names(
        "licenseAssignmentStates onPremisesProvisioningErrors businessPhones isResourceAccount mobilePhone "
        "onPremisesDistinguishedName passwordPolicies provisionedPlans securityIdentifier showInAddressList"
    ),
    sortable=_names("displayName userPrincipalName createdDateTime"),
    indexed=("userPrincipalName", "displayName", "mail"),
    keeps_history=True,
    publishes_changes=True,
    deleted_kind="deletedUser",
    tombstone_kind="goneUser",
    not_in_delta=("$expand", "$orderby", "$search", "$count"),
)
GROUP = EntityType(
    "group",
    odata_type="#microsoft.graph.group",
    properties=_names(
        "assignedLicenses classification createdDateTime deletedDateTime description "
        "displayName expirationDateTime groupTypes id isAssignableToRole licenseProcessingState "
        "mail mailEnabled mailNickname membershipRule membershipRuleProcessingState "
        "onPremisesDomainName onPremisesLastSyncDateTime onPremisesNetBiosName "
        "onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled "
        "preferredLanguage proxyAddresses renewedDateTime securityEnabled securityIdentifier "
        "theme visibility members"
    ),
    not_filterable=_names("theme securityIdentifier"),
    sortable=_names("displayName"),
    indexed=("displayName",),
    keeps_history=True,
    publishes_changes=True,
    deleted_kind="deletedGroup",
    tombstone_kind="goneGroup",
    not_in_delta=("$top", "$expand", "$orderby", "$search", "$count"),
)
SKU = EntityType("sku")
APP = EntityType("app")
DEVICE = EntityType(
    "device",
    odata_type="#microsoft.graph.device",
    properties=_names(
        "accountEnabled alternativeSecurityIds approximateLastSignInDateTime "
        "complianceExpirationDateTime createdDateTime deletedDateTime deviceCategory deviceId "
        "deviceMetadata deviceOwnership deviceVersion displayName domainName "
        "enrollmentProfileName enrollmentType extensionAttributes hostnames id isCompliant "
        "isManaged isRooted managementType manufacturer mdmAppId model "
        "onPremisesLastSyncDateTime onPremisesSecurityIdentifier onPremisesSyncEnabled "
        "operatingSystem operatingSystemVersion physicalIds profileType registrationDateTime "
        "systemLabels trustType"
    ),
    not_filterable=_names("alternativeSecurityIds deviceMetadata deviceVersion systemLabels"),
    sortable=_names("displayName"),
    indexed=("deviceId", "displayName"),
    keeps_history=True,
)
MANAGED_DEVICE = EntityType(
    "managedDevice",
    properties=_names(
        "azureADDeviceId azureADRegistered complianceState deviceCategoryDisplayName "
        "deviceEnrollmentType deviceName deviceRegistrationState emailAddress enrolledDateTime "
        "enrollmentProfileName id isEncrypted joinType lastSyncDateTime managedDeviceName "
        "managedDeviceOwnerType managementAgent managementState manufacturer model notes "
        "operatingSystem osVersion serialNumber userDisplayName userId userPrincipalName"
    ),
    indexed=("deviceName", "azureADDeviceId"),
)
COMPUTER = EntityType("computer", indexed=("name",))
"""A computer account of Active Directory."""
SUBSCRIPTION = EntityType("subscription", indexed=("_watches",))

ENTITIES = {each.name: each for each in (USER, GROUP, SKU, APP, DEVICE, MANAGED_DEVICE, COMPUTER, SUBSCRIPTION)}
DIRECTORY_OBJECTS = (USER, GROUP, DEVICE)
"""What can be a member of a group."""
RESTORABLE = (USER, GROUP)
"""What the recycle bin takes."""
_ANY_OBJECT = EntityType(
    "directoryObject", properties=frozenset().union(*(each.properties for each in DIRECTORY_OBJECTS))
)


COLLECTIONS = _names(
    "alternativeSecurityIds assignedLicenses assignedPlans businessPhones groupTypes hostnames identities imAddresses "
    "licenseAssignmentStates onPremisesProvisioningErrors otherMails physicalIds provisionedPlans proxyAddresses "
    "systemLabels"
)
"""Properties that are lists: without a value they are empty, never null."""


def entity(kind: str) -> EntityType:
    """Return the declaration of a kind; `directoryObject` has the properties of all of them."""
    return _ANY_OBJECT if kind == _ANY_OBJECT.name else ENTITIES[kind]


def by_cast(cast: str, among: tuple[EntityType, ...] = DIRECTORY_OBJECTS) -> EntityType | None:
    """Return the entity that a cast segment such as `microsoft.graph.user` names; None when there is none."""
    return next((each for each in among if each.odata_type == f"#{cast.lower()}"), None)
