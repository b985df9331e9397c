"""Properties allowed in the bodies of users, groups, devices and managed devices.

Sources: learn.microsoft.com/graph/api/resources/{user,group,device,intune-devices-manageddevice} (lengths, possible
values, what is read-only), /graph/api/{user,group,device}-update. What of a user is kept by Exchange or SharePoint,
and not by the directory, is not simulated. Unchecked against Graph: lengths that no page has.
"""

from __future__ import annotations

from azure_simulator.graph.protocol.bodies import Body, Complex, Flag, Many, Text, names

_MAIL = Text(256, pattern=r"[^@\s]+@[^@\s]+")
_ATTRIBUTES = Complex({f"extensionAttribute{number}": Text(1024) for number in range(1, 16)}, merges=True)
_TEXT = Text(64)
_LANGUAGE = Text(35, pattern=r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
USER = Body(
    "user",
    {
        "accountEnabled": Flag(nullable=False),
        "ageGroup": Text(choices=("Minor", "NotAdult", "Adult")),
        "businessPhones": Many(Text(64), most=1),
        "city": Text(128),
        "companyName": Text(64),
        "consentProvidedForMinor": Text(choices=("Granted", "Denied", "NotRequired")),
        "country": Text(128),
        "department": Text(64),
        "displayName": Text(256, nullable=False),
        "employeeHireDate": Text(written="date"),
        "employeeId": Text(16),
        "employeeOrgData": Complex({"costCenter": Text(256), "division": Text(256)}),
        "employeeType": Text(256),
        "faxNumber": Text(64),
        "givenName": Text(64),
        "identities": Many(
            Complex({"issuer": Text(512), "issuerAssignedId": _TEXT, "signInType": _TEXT}, needed=("signInType",))
        ),
        "isResourceAccount": Flag(),
        "jobTitle": Text(128),
        "mail": _MAIL,
        "mailNickname": Text(64, pattern=r"[^\s@()\\\[\]\";:<>,]+", nullable=False),
        "mobilePhone": Text(64),
        "officeLocation": Text(128),
        "onPremisesExtensionAttributes": _ATTRIBUTES,
        "onPremisesImmutableId": Text(256),
        "otherMails": Many(Text(250, pattern=r"[^@\s]+@[^@\s]+"), most=250),
        "passwordPolicies": Text(
            pattern=r"(None|DisableStrongPassword|DisablePasswordExpiration)"
            r"(, ?(DisableStrongPassword|DisablePasswordExpiration))?"
        ),
        "passwordProfile": Complex(
            {
                "forceChangePasswordNextSignIn": Flag(),
                "forceChangePasswordNextSignInWithMfa": Flag(),
                "password": Text(256),
            },
            nullable=False,
        ),
        "postalCode": Text(40),
        "preferredDataLocation": Text(3),
        "preferredLanguage": _LANGUAGE,
        "showInAddressList": Flag(),
        "state": Text(128),
        "streetAddress": Text(1024),
        "surname": Text(64),
        "usageLocation": Text(written="country"),
        "userPrincipalName": Text(1024, nullable=False),
        "userType": Text(choices=("Member", "Guest")),
    },
    read_only=names(
        "assignedLicenses assignedPlans createdDateTime creationType deletedDateTime externalUserState "
        "externalUserStateChangeDateTime id identityParentId imAddresses isManagementRestricted "
        "lastPasswordChangeDateTime legalAgeGroupClassification licenseAssignmentStates onPremisesDistinguishedName "
        "onPremisesDomainName onPremisesLastSyncDateTime onPremisesProvisioningErrors onPremisesSamAccountName "
        "onPremisesSecurityIdentifier onPremisesSyncEnabled onPremisesUserPrincipalName provisionedPlans "
        "proxyAddresses securityIdentifier serviceProvisioningErrors signInActivity signInSessionsValidFromDateTime"
    ),
    unsupported=names(
        "aboutMe authorizationInfo birthday customSecurityAttributes deviceEnrollmentLimit employeeLeaveDateTime "
        "hireDate interests mailboxSettings mySite pastProjects preferredName print responsibilities schools skills "
        "manager manager@odata.bind sponsors@odata.bind"
    ),
)
GROUP = Body(
    "group",
    {
        "classification": Text(256),
        "description": Text(1024),
        "displayName": Text(256, nullable=False),
        "groupTypes": Many(Text(choices=("Unified", "DynamicMembership"))),
        "isAssignableToRole": Flag(),
        "mailEnabled": Flag(nullable=False),
        "mailNickname": Text(64, pattern=r"[!-~]+(?<![@()\\\[\]\";:.<>,])", nullable=False),
        "membershipRule": Text(3072),
        "membershipRuleProcessingState": Text(choices=("On", "Paused")),
        "preferredDataLocation": Text(3),
        "preferredLanguage": _LANGUAGE,
        "resourceBehaviorOptions": Many(Text(256)),
        "resourceProvisioningOptions": Many(Text(256)),
        "securityEnabled": Flag(nullable=False),
        "theme": Text(choices=("Teal", "Purple", "Green", "Blue", "Pink", "Orange", "Red")),
        "visibility": Text(choices=("Private", "Public", "HiddenMembership", "Hiddenmembership")),
    },
    read_only=names(
        "assignedLicenses createdDateTime deletedDateTime expirationDateTime hasMembersWithLicenseErrors id "
        "infoCatalogs isManagementRestricted licenseProcessingState mail members onPremisesDomainName "
        "onPremisesExtensionAttributes onPremisesLastSyncDateTime onPremisesNetBiosName "
        "onPremisesProvisioningErrors onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled "
        "organizationId owners proxyAddresses renewedDateTime securityIdentifier serviceProvisioningErrors "
        "uniqueName"
    ),
    unsupported=names(
        "accessType allowExternalSenders assignedLabels autoSubscribeNewMembers hideFromAddressLists "
        "hideFromOutlookClients isArchived isFavorite isSubscribedByMail unseenConversationsCount unseenCount "
        "unseenMessagesCount welcomeMessageEnabled"
    ),
)
DEVICE = Body(
    "device",
    {
        "accountEnabled": Flag(nullable=False),
        "displayName": Text(256, nullable=False),
        "extensionAttributes": Complex(dict(_ATTRIBUTES.members), merges=True),
        "operatingSystem": Text(1024, nullable=False),
        "operatingSystemVersion": Text(1024, nullable=False),
    },
    read_only=names(
        "complianceExpirationDateTime createdDateTime deletedDateTime id onPremisesLastSyncDateTime "
        "onPremisesSecurityIdentifier onPremisesSyncEnabled registrationDateTime trustType "
        "approximateLastSignInDateTime isManagementRestricted"
    ),
    unsupported=names("alternativeSecurityIds deviceId deviceMetadata deviceVersion physicalIds systemLabels"),
)
BY_INTUNE = names(
    "deviceCategory deviceOwnership domainName enrollmentProfileName enrollmentType hostnames isCompliant isManaged "
    "isRooted managementType manufacturer mdmAppId model profileType"
)
"""Properties that only Intune sets on a device."""
MANAGED_DEVICE = Body(
    "managedDevice",
    {
        "managedDeviceName": Text(256),
        "managedDeviceOwnerType": Text(choices=("unknown", "company", "personal"), nullable=False),
        "notes": Text(4096),
    },
    unsupported=names("deviceCategory"),
    code="BadRequest",
)
