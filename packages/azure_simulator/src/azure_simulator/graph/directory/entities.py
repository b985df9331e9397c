"""The entities of the directory, each declared once: its shown properties, those in queries, its storage.

Without `$select` the directory shows a small default set of a user's properties, and all properties of the others.
Sources: learn.microsoft.com/graph/api/resources/{user,group,device,application,serviceprincipal,
approleassignment,oauth2permissiongrant,intune-devices-manageddevice}, and recorded answers (docs/notes.md 8); what a
`$filter` may not name are the properties whose row in these tables lacks "Supports $filter".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EntityType:
    """One kind of document. A missing rule means that any property may be shown, filtered, sorted."""

    name: str
    odata_type: str = ""
    """`@odata.type`; only directory objects have one here."""
    properties: frozenset[str] = frozenset()
    unsupported: frozenset[str] = frozenset()
    """Members that Graph has and the simulator does not support; a request for one is refused as such."""
    default: tuple[str, ...] = ()
    """Properties shown without `$select`; everything when empty."""
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
    """The kind that delta readers see of a deleted object."""
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
        "onPremisesUserPrincipalName otherMails passwordPolicies postalCode preferredDataLocation preferredLanguage "
        "consentProvidedForMinor employeeHireDate employeeOrgData employeeType "
        "provisionedPlans proxyAddresses securityIdentifier showInAddressList "
        "signInActivity signInSessionsValidFromDateTime state streetAddress surname usageLocation "
        "userPrincipalName userType"
    ),
    unsupported=_names(
        "aboutMe authorizationInfo birthday customSecurityAttributes deviceEnrollmentLimit employeeLeaveDateTime "
        "externalUserStateChangeDateTime hireDate identityParentId interests isManagementRestricted "
        "lastPasswordChangeDateTime legalAgeGroupClassification mailboxSettings mySite passwordProfile pastProjects "
        "preferredName print responsibilities schools serviceProvisioningErrors skills"
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
        "onPremisesProvisioningErrors preferredDataLocation preferredLanguage proxyAddresses renewedDateTime "
        "resourceBehaviorOptions resourceProvisioningOptions securityEnabled securityIdentifier "
        "theme uniqueName visibility members"
    ),
    unsupported=_names(
        "accessType allowExternalSenders assignedLabels autoSubscribeNewMembers hasMembersWithLicenseErrors "
        "hideFromAddressLists hideFromOutlookClients infoCatalogs isArchived isFavorite isManagementRestricted "
        "isSubscribedByMail onPremisesExtensionAttributes organizationId serviceProvisioningErrors "
        "unseenConversationsCount unseenCount unseenMessagesCount welcomeMessageEnabled"
    ),
    default=(
        *("id", "deletedDateTime", "classification", "createdDateTime", "description", "displayName"),
        *("expirationDateTime", "groupTypes", "isAssignableToRole", "mail", "mailEnabled", "mailNickname"),
        *("membershipRule", "membershipRuleProcessingState", "onPremisesDomainName", "onPremisesLastSyncDateTime"),
        *("onPremisesNetBiosName", "onPremisesSamAccountName", "onPremisesSecurityIdentifier"),
        *("onPremisesSyncEnabled", "preferredDataLocation", "preferredLanguage", "proxyAddresses", "renewedDateTime"),
        *("resourceBehaviorOptions", "resourceProvisioningOptions", "securityEnabled", "securityIdentifier", "theme"),
        *("uniqueName", "visibility", "onPremisesProvisioningErrors"),
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
APPLICATION = EntityType(
    "application",
    odata_type="#microsoft.graph.application",
    properties=_names(
        "addIns api appId applicationTemplateId appRoles authenticationBehaviors certification createdByAppId "
        "createdDateTime defaultRedirectUri deletedDateTime description disabledByMicrosoftStatus displayName "
        "groupMembershipClaims id identifierUris info isDeviceOnlyAuthSupported isDisabled isFallbackPublicClient "
        "keyCredentials managerApplications nativeAuthenticationApisEnabled notes oauth2RequirePostResponse "
        "optionalClaims parentalControlSettings passwordCredentials publicClient publisherDomain "
        "requestSignatureVerification requiredResourceAccess samlMetadataUrl serviceManagementReference "
        "servicePrincipalLockConfiguration signInAudience spa tags tokenEncryptionKeyId uniqueName verifiedPublisher "
        "web"
    ),
    unsupported=_names("logo"),
    default=(
        *("id", "deletedDateTime", "appId", "applicationTemplateId", "disabledByMicrosoftStatus", "createdDateTime"),
        *("displayName", "description", "groupMembershipClaims", "identifierUris", "isDeviceOnlyAuthSupported"),
        *("isFallbackPublicClient", "nativeAuthenticationApisEnabled", "notes", "publisherDomain"),
        *("serviceManagementReference", "signInAudience", "tags", "tokenEncryptionKeyId", "uniqueName"),
        *("samlMetadataUrl", "defaultRedirectUri", "certification", "optionalClaims", "requestSignatureVerification"),
        *("servicePrincipalLockConfiguration", "addIns", "api", "appRoles", "info", "keyCredentials"),
        *("parentalControlSettings", "passwordCredentials", "publicClient", "requiredResourceAccess"),
        *("verifiedPublisher", "web", "spa"),
    ),
    not_filterable=_names(
        "addIns api appRoles info optionalClaims parentalControlSettings passwordCredentials publicClient spa web "
        "authenticationBehaviors certification requestSignatureVerification servicePrincipalLockConfiguration"
    ),
    sortable=_names("displayName createdDateTime"),
    indexed=("appId", "displayName"),
    keeps_history=True,
    deleted_kind="deletedApplication",
)
SERVICE_PRINCIPAL = EntityType(
    "servicePrincipal",
    odata_type="#microsoft.graph.servicePrincipal",
    properties=_names(
        "accountEnabled addIns alternativeNames appDescription appDisplayName appId applicationTemplateId "
        "appOwnerOrganizationId appRoleAssignmentRequired appRoles createdByAppId createdDateTime deletedDateTime "
        "description disabledByMicrosoftStatus displayName homepage id info isDisabled keyCredentials loginUrl "
        "logoutUrl notes notificationEmailAddresses oauth2PermissionScopes passwordCredentials "
        "preferredSingleSignOnMode preferredTokenSigningKeyThumbprint replyUrls "
        "resourceSpecificApplicationPermissions samlSingleSignOnSettings servicePrincipalNames servicePrincipalType "
        "signInAudience tags tokenEncryptionKeyId verifiedPublisher"
    ),
    unsupported=_names("customSecurityAttributes"),
    default=(
        *("id", "deletedDateTime", "accountEnabled", "alternativeNames", "appDisplayName", "appDescription", "appId"),
        *("applicationTemplateId", "appOwnerOrganizationId", "appRoleAssignmentRequired", "createdDateTime"),
        *("description", "disabledByMicrosoftStatus", "displayName", "homepage", "loginUrl", "logoutUrl", "notes"),
        *("notificationEmailAddresses", "preferredSingleSignOnMode", "preferredTokenSigningKeyThumbprint"),
        *("replyUrls", "servicePrincipalNames", "servicePrincipalType", "signInAudience", "tags"),
        *("tokenEncryptionKeyId", "samlSingleSignOnSettings", "verifiedPublisher", "addIns", "appRoles", "info"),
        *("keyCredentials", "oauth2PermissionScopes", "passwordCredentials", "resourceSpecificApplicationPermissions"),
    ),
    not_filterable=_names(
        "addIns appDescription appRoles info loginUrl logoutUrl notificationEmailAddresses oauth2PermissionScopes "
        "passwordCredentials resourceSpecificApplicationPermissions samlSingleSignOnSettings verifiedPublisher"
    ),
    sortable=_names("displayName createdDateTime"),
    indexed=("appId", "displayName"),
    keeps_history=True,
    deleted_kind="deletedServicePrincipal",
)
APP_ROLE_ASSIGNMENT = EntityType(
    "appRoleAssignment",
    properties=_names(
        "appRoleId createdDateTime deletedDateTime id principalDisplayName principalId principalType "
        "resourceDisplayName resourceId"
    ),
    not_filterable=_names("createdDateTime principalType resourceDisplayName"),
    sortable=_names("principalDisplayName"),
    indexed=("principalId", "resourceId"),
)
FEDERATED_CREDENTIAL = EntityType(
    "federatedIdentityCredential",
    properties=_names("audiences description id issuer name subject"),
    default=("id", "name", "issuer", "subject", "description", "audiences"),
    not_filterable=_names("audiences description issuer"),
    sortable=frozenset(),
)
"""They are kept with their application."""
PERMISSION_GRANT = EntityType(
    "oAuth2PermissionGrant",
    properties=_names("clientId consentType id principalId resourceId scope"),
    not_filterable=_names("scope"),
    sortable=frozenset(),
    indexed=("clientId", "resourceId", "principalId"),
)
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
    unsupported=_names("isManagementRestricted"),
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

ENTITIES = {
    each.name: each
    for each in (
        *(USER, GROUP, SKU, APPLICATION, SERVICE_PRINCIPAL, APP_ROLE_ASSIGNMENT, PERMISSION_GRANT),
        *(FEDERATED_CREDENTIAL, DEVICE, MANAGED_DEVICE, COMPUTER, SUBSCRIPTION),
    )
}
DIRECTORY_OBJECTS = (USER, GROUP, DEVICE, SERVICE_PRINCIPAL)
"""Types of the members of a group."""
ALL_OBJECTS = (*DIRECTORY_OBJECTS, APPLICATION)
"""Types that `/directoryObjects` finds."""
RESTORABLE = (USER, GROUP, APPLICATION, SERVICE_PRINCIPAL)
"""Types that the recycle bin takes."""
_ANY_OBJECT = EntityType("directoryObject", properties=frozenset().union(*(each.properties for each in ALL_OBJECTS)))


COLLECTIONS = _names(
    "addIns alternativeNames alternativeSecurityIds appRoles assignedLicenses assignedPlans businessPhones groupTypes "
    "hostnames identifierUris identities imAddresses keyCredentials licenseAssignmentStates managerApplications "
    "notificationEmailAddresses oauth2PermissionScopes onPremisesProvisioningErrors otherMails passwordCredentials "
    "physicalIds provisionedPlans proxyAddresses replyUrls requiredResourceAccess resourceBehaviorOptions "
    "resourceProvisioningOptions resourceSpecificApplicationPermissions servicePrincipalNames systemLabels tags"
)
"""Properties that are lists: without a value they are empty, never null."""


def entity(kind: str) -> EntityType:
    """Return the declaration of a kind; `directoryObject` has the properties of all of them."""
    return _ANY_OBJECT if kind == _ANY_OBJECT.name else ENTITIES[kind]


def by_cast(cast: str, among: tuple[EntityType, ...] = DIRECTORY_OBJECTS) -> EntityType | None:
    """Return the entity that a cast segment such as `microsoft.graph.user` names; None when there is none."""
    return next((each for each in among if each.odata_type == f"#{cast.lower()}"), None)
