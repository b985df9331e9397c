"""Properties allowed in the bodies of applications and service principals.

Sources: learn.microsoft.com/graph/api/resources/{application,serviceprincipal} and the types that they are made of;
learn.microsoft.com/entra/identity-platform/reply-url (redirect URIs), .../reference-app-manifest (lengths). Unchecked
against Graph: lengths that no page has.
"""

from __future__ import annotations

from azure_simulator.graph.directory.registrations import AUDIENCES
from azure_simulator.graph.protocol.bodies import Body, Complex, Flag, Many, Number, Text, names

_ID = Text(written="guid", nullable=False)
_NAME, _LONG, _ANY = Text(120), Text(1024), Text(2048)
_DATE = Text(written="date")
_URL = Text(2048, pattern=r"https?://\S+")
_REDIRECT = Text(256, pattern=r"https://[^\s#]+|http://(localhost|127\.0\.0\.1|\[::1\])([:/?][^\s#]*)?")
_CLIENT_REDIRECT = Text(256, pattern=r"[A-Za-z][\w+.-]*:[^\s#]+")
_ROLE = Complex(
    {
        "allowedMemberTypes": Many(Text(choices=("User", "Application"))),
        "description": Text(1000),
        "displayName": Text(250),
        "id": _ID,
        "isEnabled": Flag(nullable=False),
        "origin": _NAME,
        "value": Text(250, pattern=r"(?![.])[\w!#$%&'*+,\-./:;=?@^`|~()<>\[\]{}]*"),
    },
    needed=("id", "displayName", "allowedMemberTypes"),
)
_SCOPE = Complex(
    {
        "adminConsentDescription": Text(1000),
        "adminConsentDisplayName": Text(250),
        "id": _ID,
        "isEnabled": Flag(nullable=False),
        "origin": _NAME,
        "type": Text(choices=("User", "Admin")),
        "userConsentDescription": Text(1000),
        "userConsentDisplayName": Text(250),
        "value": Text(250, pattern=r"(?![.])[\w!#$%&'*+,\-./:;=?@^`|~()<>\[\]{}]*"),
    },
    needed=("id", "value"),
)
_KEY = Complex(
    {
        "customKeyIdentifier": _ANY,
        "displayName": _NAME,
        "endDateTime": _DATE,
        "key": Text(written="base64"),
        "keyId": Text(written="guid"),
        "startDateTime": _DATE,
        "type": Text(choices=("AsymmetricX509Cert", "X509CertAndPassword")),
        "usage": Text(choices=("Verify", "Sign")),
    },
    needed=("type", "usage"),
)
_ADD_IN = Complex(
    {"id": _ID, "properties": Many(Complex({"key": _ANY, "value": _ANY})), "type": Text(256)}, needed=("type",)
)
_CLAIM = Complex(
    {"additionalProperties": Many(_NAME), "essential": Flag(nullable=False), "name": Text(256), "source": _NAME},
    needed=("name",),
)
_INFO = Complex(
    dict.fromkeys(("marketingUrl", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl"), _URL), merges=True
)
_ACCESS = Complex(
    {
        "resourceAccess": Many(
            Complex({"id": _ID, "type": Text(choices=("Role", "Scope"))}, needed=("id", "type")), most=400
        ),
        "resourceAppId": _ID,
    },
    needed=("resourceAppId",),
)
_LOCKS = names("allProperties credentialsWithUsageSign credentialsWithUsageVerify isEnabled tokenEncryptionKeyId")
APPLICATION = Body(
    "application",
    {
        "addIns": Many(_ADD_IN),
        "api": Complex(
            {
                "acceptMappedClaims": Flag(),
                "knownClientApplications": Many(_ID),
                "oauth2PermissionScopes": Many(_SCOPE),
                "preAuthorizedApplications": Many(
                    Complex({"appId": _ID, "delegatedPermissionIds": Many(_ID)}, needed=("appId",)), most=100
                ),
                "requestedAccessTokenVersion": Number(1, 2),
            },
            merges=True,
            nullable=False,
        ),
        "appRoles": Many(_ROLE, most=1200),
        "defaultRedirectUri": _ANY,
        "description": _LONG,
        "displayName": Text(120, nullable=False),
        "groupMembershipClaims": Text(
            pattern=r"(None|SecurityGroup|DirectoryRole|ApplicationGroup|All)"
            r"(, ?(SecurityGroup|DirectoryRole|ApplicationGroup))*"
        ),
        "identifierUris": Many(Text(255, pattern=r"[A-Za-z][\w+.-]*:\S+"), most=50),
        "info": _INFO,
        "isDeviceOnlyAuthSupported": Flag(),
        "isFallbackPublicClient": Flag(),
        "keyCredentials": Many(_KEY),
        "nativeAuthenticationApisEnabled": Text(choices=("none", "all")),
        "notes": _LONG,
        "oauth2RequirePostResponse": Flag(nullable=False),
        "optionalClaims": Complex({name: Many(_CLAIM) for name in ("accessToken", "idToken", "saml2Token")}),
        "parentalControlSettings": Complex(
            {"countriesBlockedForMinors": Many(Text(2)), "legalAgeGroupRule": _NAME}, merges=True
        ),
        "publicClient": Complex({"redirectUris": Many(_CLIENT_REDIRECT, most=256)}, merges=True, nullable=False),
        "requestSignatureVerification": Complex(
            {"allowedWeakAlgorithms": Text(choices=("rsaSha1",)), "isSignedRequestRequired": Flag(nullable=False)}
        ),
        "requiredResourceAccess": Many(_ACCESS, most=50),
        "samlMetadataUrl": _URL,
        "serviceManagementReference": _LONG,
        "servicePrincipalLockConfiguration": Complex({name: Flag() for name in _LOCKS}, merges=True),
        "signInAudience": Text(choices=AUDIENCES, nullable=False),
        "spa": Complex({"redirectUris": Many(_REDIRECT, most=256)}, merges=True, nullable=False),
        "tags": Many(Text(256)),
        "tokenEncryptionKeyId": Text(written="guid"),
        "web": Complex(
            {
                "homePageUrl": _URL,
                "implicitGrantSettings": Complex(
                    {"enableAccessTokenIssuance": Flag(), "enableIdTokenIssuance": Flag()}, merges=True
                ),
                "logoutUrl": _URL,
                "redirectUris": Many(_REDIRECT, most=256),
            },
            merges=True,
            nullable=False,
        ),
    },
    read_only=names(
        "appId applicationTemplateId certification createdByAppId createdDateTime deletedDateTime "
        "disabledByMicrosoftStatus id publisherDomain uniqueName verifiedPublisher"
    ),
    unsupported=names(
        "authenticationBehaviors isDisabled logo managerApplications owners extensionProperties "
        "federatedIdentityCredentials"
    ),
)
SERVICE_PRINCIPAL = Body(
    "servicePrincipal",
    {
        "accountEnabled": Flag(),
        "addIns": Many(_ADD_IN),
        "alternativeNames": Many(Text(2048)),
        "appRoleAssignmentRequired": Flag(nullable=False),
        "description": _LONG,
        "displayName": Text(256, nullable=False),
        "homepage": _URL,
        "keyCredentials": Many(_KEY),
        "loginUrl": _URL,
        "logoutUrl": _URL,
        "notes": _LONG,
        "notificationEmailAddresses": Many(Text(256, pattern=r"[^@\s]+@[^@\s]+"), most=5),
        "preferredSingleSignOnMode": Text(choices=("password", "saml", "notSupported", "oidc", "external")),
        "preferredTokenSigningKeyThumbprint": Text(40, pattern=r"[0-9A-Fa-f]{40}"),
        "replyUrls": Many(Text(256)),
        "samlSingleSignOnSettings": Complex({"relayState": _ANY}),
        "servicePrincipalNames": Many(Text(255)),
        "tags": Many(Text(256)),
        "tokenEncryptionKeyId": Text(written="guid"),
    },
    read_only=names(
        "appDescription appDisplayName appId appOwnerOrganizationId applicationTemplateId createdByAppId "
        "createdDateTime deletedDateTime disabledByMicrosoftStatus id info resourceSpecificApplicationPermissions "
        "servicePrincipalType signInAudience verifiedPublisher"
    ),
    unsupported=names("appRoles customSecurityAttributes isDisabled oauth2PermissionScopes owners"),
)
PASSWORD = Body(
    "passwordCredential",
    {"displayName": _NAME, "endDateTime": _DATE, "startDateTime": _DATE},
    read_only=frozenset({"hint", "keyId", "secretText", "customKeyIdentifier"}),
)
FEDERATED = Body(
    "federatedIdentityCredential",
    {
        "audiences": Many(Text(600), most=1),
        "description": Text(600),
        "issuer": Text(600, nullable=False),
        "name": Text(120, pattern=r"[A-Za-z0-9][\w-]{2,}", nullable=False),
        "subject": Text(600, nullable=False),
    },
    read_only=frozenset({"id"}),
    unsupported=frozenset({"claimsMatchingExpression"}),
)
