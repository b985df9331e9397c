r"""Initial data of a simulated directory: the seed format, its reading, and a demo tenant.

A seed is YAML or JSON. Everything but `tenantId` and `domain` may be left out::

    tenants:
    - tenantId: 0f7c...                   # GUID
      domain: contoso.example             # also accepted in place of the id in token URLs
      displayName: Contoso
      usersMayConsent: false              # its authorization policy lets administrators alone consent
      subscriptions: [...]                # machines in them join this tenant (else: the first one)
      skus:                               # what the tenant bought
      - {skuPartNumber: CPC_E_2C_4GB_128GB, enabled: 20}      # skuId when it is not well known
      users:
      - userPrincipalName: user01@contoso.example
        licences: [CPC_E_2C_4GB_128GB]    # part numbers or sku ids
        # any Graph property: displayName, accountEnabled, usageLocation, onPremises... ; id
      groups:
      - displayName: Cloud PC users
        kind: security     # security | distribution | mailSecurity | microsoft365 | dynamic
        members: [user01@contoso.example, Engineering]        # UPNs, group names, or ids
        licences: []                      # group-based licensing
      apps:
      - displayName: deskwright
        managedIdentity: true             # reached through IDENTITY_ENDPOINT; the first is default
        appId: ...                        # derived from the name when left out, like every id
        identifierUri: api://deskwright   # makes it a resource that tokens can be requested for
        accessTokenVersion: 2             # of these tokens (requestedAccessTokenVersion): 1 or 2
        client_secret: ...                # hashed before anything is kept
        federatedCredentials: [{subject: <object id of a managed identity>}]    # issuer, audiences
        accountEnabled: true              # false: AADSTS7000112; secretExpired: true is AADSTS7000222
        scopes: [access_as_user]          # delegated permissions, appRoles: [values] for users and applications
        assigned: {CloudPC.Reader: [user01@contoso.example, Office]}    # app roles of users and groups
        preAuthorized: [deskwright-sign-in]      # clients (display names) that have all scopes without a consent
        redirectUris: {spa: [http://localhost/portal/], web: [], publicClient: [http://localhost]}
        publicClient: true                # signs people in without an address too: device codes
        signInAudience: AzureADMyOrg      # people of this directory alone
        roles: [User.Read.All]            # app roles it was granted (`roles` claim, Graph checks)
        keyVault: [get, set, list, delete, recover, purge]    # secret permissions; all when absent
      onPremises:
        domain: corp.contoso.example
        ous: ["OU=CloudPC,DC=corp,DC=contoso,DC=example"]
        accounts: [{name: "corp\\\\svc-join", password: ...}]   # hashed too

The demo's tokens, names and passwords are invented; nothing here opens anything real.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure_simulator.graph.directory.records import derived_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json = dict[str, Any]

TENANT_ID = "5f0c7c1a-3f4e-5d5c-9a68-0c0de5c0a701"
DOMAIN = "contoso.example"
CUSTOMERS_APP, API_APP, SIGN_IN_APP = "deskwright-customers", "deskwright-api", "deskwright-sign-in"
APP_ROLES = (
    "CloudPC.Administrator",
    "CloudPC.Operator",
    "CloudPC.Reader",
    "CloudPC.User",
    "Provider.Administrator",
)
"""The app roles of Deskwright's API."""
PLANS = ("CPC_E_2C_4GB_128GB", "CPC_E_2C_8GB_128GB", "CPC_E_4C_16GB_256GB")
GRAPH_ROLES = (
    "User.Read.All",
    "Group.Read.All",
    "GroupMember.Read.All",
    "Organization.Read.All",
    "LicenseAssignment.Read.All",
    "Device.ReadWrite.All",
    "DeviceManagementManagedDevices.ReadWrite.All",
    "DeviceManagementManagedDevices.PrivilegedOperations.All",
    "DeviceManagementServiceConfig.Read.All",
    "Application.Read.All",
)
"""The app roles Deskwright's identity needs (docs/notes.md 2)."""


def demo_seed(
    users: int = 25,
    *,
    tenant_id: str = TENANT_ID,
    domain: str = DOMAIN,
    portal_roles: Sequence[str] = (),
    portal_secret: str = "demo-portal-secret",  # noqa: S107 - opens nothing real
) -> Json:
    """Return the seed of one tenant in which 80 % of the users are licensed.

    Exactly one licensed user has two licences; all users are in `Cloud PC users`, directly or
    through one or two nested groups. For 25 users: 20 licensed, 21 licences.
    """
    upns = [f"user{number:02d}@{domain}" for number in range(1, users + 1)]
    licensed = users * 4 // 5
    people = [
        {
            "userPrincipalName": upn,
            "displayName": f"User {number:02d}",
            "licences": _demo_licences(number, licensed),
        }
        for number, upn in enumerate(upns, 1)
    ]
    bought = {plan: sum(plan in each["licences"] for each in people) + 2 for plan in PLANS}
    return {
        "tenants": [
            {
                "tenantId": tenant_id,
                "domain": domain,
                "displayName": "Contoso",
                "skus": [{"skuPartNumber": plan, "enabled": bought[plan]} for plan in PLANS],
                "users": people,
                "groups": _demo_groups(upns),
                "apps": _demo_apps(tenant_id, portal_roles, portal_secret),
                "onPremises": _demo_forest(domain),
            }
        ]
    }


def _demo_licences(number: int, licensed: int) -> list[str]:
    if number > licensed:
        return []
    first = PLANS[number % len(PLANS)]
    return [first, PLANS[(number + 1) % len(PLANS)]] if number == 1 else [first]


def _demo_groups(upns: list[str]) -> list[Json]:
    third = len(upns) // 3
    return [
        {"displayName": "Cloud PC users", "members": ["Office", *upns[:third]]},
        {"displayName": "Office", "members": ["Back office", *upns[third : 2 * third]]},
        {"displayName": "Back office", "members": upns[2 * third :]},
        {"displayName": "Newsletter", "kind": "distribution", "members": upns[:3]},
        {"displayName": "Project", "kind": "microsoft365", "members": upns[:2]},
        {"displayName": "Everybody", "kind": "dynamic", "members": upns},
    ]


def customers_app(tenant_id: str = TENANT_ID) -> str:
    """Return the client id of the multi-tenant app with which Deskwright enters its customers' directories."""
    return derived_id(tenant_id, "app", CUSTOMERS_APP)


def api_client_id(tenant_id: str = TENANT_ID) -> str:
    """Return the client id of Deskwright's API in the demo, which is the audience of its tokens."""
    return derived_id(tenant_id, "app", API_APP)


def sign_in_client_id(tenant_id: str = TENANT_ID) -> str:
    """Return the client id that people sign in with in the demo, in a browser or at a command line."""
    return derived_id(tenant_id, "app", SIGN_IN_APP)


def api_app(assigned: Mapping[str, Sequence[str]] | None = None) -> Json:
    """Return the seed of Deskwright's API; `assigned` are its app roles with the users and groups that have them."""
    return {
        "displayName": API_APP,
        "identifierUri": "api://deskwright",
        "scopes": ["access_as_user"],
        "appRoles": list(APP_ROLES),
        "preAuthorized": [SIGN_IN_APP],
        "assigned": dict(assigned or {}),
    }


def customer_seed(tenant_id: str, domain: str, subscription: str, skus: Mapping[str, int]) -> Json:
    """Return the seed of a customer's directory, with its subscription, where an admin has consented to the app."""
    app = {"displayName": CUSTOMERS_APP, "appId": customers_app(), "roles": list(GRAPH_ROLES)}
    return {
        "tenantId": tenant_id,
        "domain": domain,
        "subscriptions": [subscription],
        "skus": [{"skuPartNumber": sku, "enabled": enabled} for sku, enabled in skus.items()],
        "apps": [app],
    }


def _demo_apps(tenant_id: str, portal_roles: Sequence[str], portal_secret: str) -> list[Json]:
    identity = derived_id(tenant_id, "principal", derived_id(tenant_id, "app", "deskwright"))
    return [
        {"displayName": "deskwright", "managedIdentity": True, "roles": list(GRAPH_ROLES)},
        api_app(),
        {
            "displayName": SIGN_IN_APP,
            "publicClient": True,
            "redirectUris": {
                "spa": ["http://localhost/portal/", "http://127.0.0.1/portal/"],
                "publicClient": ["http://localhost"],
            },
        },
        {"displayName": "portal", "client_secret": portal_secret, "roles": list(portal_roles)},
        {"displayName": CUSTOMERS_APP, "roles": list(GRAPH_ROLES), "federatedCredentials": [{"subject": identity}]},
    ]


def _demo_forest(domain: str) -> Json:
    return {
        "domain": f"corp.{domain}",
        "ous": ["OU=CloudPC," + ",".join(f"DC={each}" for each in f"corp.{domain}".split("."))],
        "accounts": [{"name": "corp\\svc-join", "password": "demo-join-password"}],
    }
