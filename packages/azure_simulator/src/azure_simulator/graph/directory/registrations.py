"""Registered applications, and the service principals through which a directory knows them.

An application is registered in one directory. A service principal stands for it there and in every other directory
that uses it; in the application's own directory it follows each change of the application, elsewhere it is a copy.
Source: learn.microsoft.com/entra/identity-platform/app-objects-and-service-principals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.times import SECOND, iso_z

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.graph.directory.records import Directory, Doc

MY_ORGANISATION = "AzureADMyOrg"
EVERYBODY = "AzureADandPersonalMicrosoftAccount"
AUDIENCES = (MY_ORGANISATION, "AzureADMultipleOrgs", EVERYBODY, "PersonalMicrosoftAccount")
EXCHANGE = "api://AzureADTokenExchange"
"""The audience of a token that is exchanged."""
_TWO_YEARS_US = 2 * 365 * 86_400 * SECOND
_NO_PUBLISHER: Doc = {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None}
_INFO: Doc = dict.fromkeys(("logoUrl", "marketingUrl", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl"))
_SEEN_BY_PRINCIPAL = ("appRoles", "displayName", "info", "signInAudience", "tags", "verifiedPublisher")
"""Properties that a service principal shows as its application does, under the same names."""


def application(key: str, app_id: str, name: str, domain: str, at_us: int) -> Doc:
    """Return a newly registered application; `domain` is its directory's domain.

    The shape is that of recorded answers (docs/notes.md 8).
    """
    return {
        "id": key,
        "appId": app_id,
        "createdDateTime": iso_z(at_us),
        "displayName": name,
        "publisherDomain": domain or None,
        "signInAudience": EVERYBODY,
        "api": {
            "acceptMappedClaims": None,
            "knownClientApplications": [],
            "requestedAccessTokenVersion": 2,
            "oauth2PermissionScopes": [],
            "preAuthorizedApplications": [],
        },
        "appRoles": [],
        "info": _INFO,
        "oauth2RequirePostResponse": False,
        "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
        "publicClient": {"redirectUris": []},
        "spa": {"redirectUris": []},
        "verifiedPublisher": _NO_PUBLISHER,
        "web": {
            "homePageUrl": None,
            "logoutUrl": None,
            "redirectUris": [],
            "redirectUriSettings": [],
            "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False},
        },
        "identifierUris": [],
        "keyCredentials": [],
        "passwordCredentials": [],
        "_secrets": {},
        "_federated": [],
    }


def service_principal(key: str, app_id: str, name: str, at_us: int | None = None) -> Doc:
    """Return a service principal that nothing is known of but its application's id and name."""
    return {
        "id": key,
        "accountEnabled": True,
        "appDisplayName": name,
        "appId": app_id,
        "appRoleAssignmentRequired": False,
        "createdDateTime": None if at_us is None else iso_z(at_us),
        "displayName": name,
        "servicePrincipalNames": [app_id],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMultipleOrgs",
        "verifiedPublisher": _NO_PUBLISHER,
        "appRoles": [],
        "info": _INFO,
        "oauth2PermissionScopes": [],
        "keyCredentials": [],
        "passwordCredentials": [],
        "_secrets": {},
        "_roles": [],
    }


def password(key_id: str, name: str | None, start_us: int, end_us: int | None = None) -> Doc:
    """Return the public part of a secret; without an end it is valid for two years."""
    end = start_us + _TWO_YEARS_US if end_us is None else end_us
    return {
        "customKeyIdentifier": None,
        "displayName": name,
        "endDateTime": iso_z(end),
        "hint": None,
        "keyId": key_id,
        "secretText": None,
        "startDateTime": iso_z(start_us),
    }


def federated(key: str, given: Doc, tenant: str) -> Doc:
    """Return a federated identity credential; without an issuer it trusts the directory that it is registered in."""
    return {
        "id": key,
        "name": given.get("name", key),
        "issuer": given.get("issuer", f"https://login.microsoftonline.com/{tenant}/v2.0"),
        "subject": given["subject"],
        "description": given.get("description"),
        "audiences": list(given.get("audiences", (EXCHANGE,))),
    }


def copied(app: Doc, home: str) -> Doc:
    """Return the properties that a service principal copies from its application, whose directory is `home`."""
    redirects = [uri for part in ("web", "spa", "publicClient") for uri in app[part]["redirectUris"]]
    return {
        **{name: app.get(name) or ([] if name == "tags" else app.get(name)) for name in _SEEN_BY_PRINCIPAL},
        "appDescription": app.get("description"),
        "appDisplayName": app["displayName"],
        "appOwnerOrganizationId": home,
        "homepage": app["web"]["homePageUrl"],
        "logoutUrl": app["web"]["logoutUrl"],
        "oauth2PermissionScopes": app["api"]["oauth2PermissionScopes"],
        "replyUrls": redirects,
        "servicePrincipalNames": [app["appId"], *app["identifierUris"]],
    }


def homes(directory: Directory, app_id: str) -> Iterator[tuple[str, Doc]]:
    """Yield the directories in which an application of that id is registered, each with the application."""
    for tenant in directory.tenants():
        for app in directory.by("application", tenant["tenantId"], "appId", app_id):
            yield str(tenant["tenantId"]), app


def principal_of(directory: Directory, tenant: str, app_id: str) -> Doc | None:
    """Return the service principal of an application in a directory."""
    return next(iter(directory.by("servicePrincipal", tenant, "appId", app_id)), None)


def refresh_principal(directory: Directory, tenant: str, app: Doc) -> None:
    """Let the service principal of the same directory follow a change of its application."""
    found = principal_of(directory, tenant, app["appId"])
    if found is not None:
        directory.change("servicePrincipal", tenant, found["id"], **copied(app, tenant))


def granted_roles(directory: Directory, tenant: str, principal: str, resource: Doc) -> list[str]:
    """Return the values of the app roles of a resource that a principal was assigned."""
    values = {role["id"].lower(): role.get("value") for role in resource["appRoles"] if role.get("isEnabled")}
    assigned = directory.by("appRoleAssignment", tenant, "principalId", principal)
    ids = [str(each["appRoleId"]).lower() for each in assigned if each["resourceId"] == resource["id"]]
    return [value for each in ids if (value := values.get(each))]
