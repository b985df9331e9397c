"""Writes a seed (format: `azure_simulator.seeds`) into the directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure_simulator.core.times import iso_z
from azure_simulator.graph.directory import first_party, registrations
from azure_simulator.graph.directory.licenses import SKU_IDS
from azure_simulator.graph.directory.records import Directory, derived_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json = dict[str, Any]

_KINDS: Mapping[str, Json] = {
    "security": {"securityEnabled": True, "mailEnabled": False, "groupTypes": []},
    "mailSecurity": {"securityEnabled": True, "mailEnabled": True, "groupTypes": []},
    "distribution": {"securityEnabled": False, "mailEnabled": True, "groupTypes": []},
    "microsoft365": {"securityEnabled": False, "mailEnabled": True, "groupTypes": ["Unified"]},
    "dynamic": {
        "securityEnabled": True,
        "mailEnabled": False,
        "groupTypes": ["DynamicMembership"],
        "membershipRule": 'user.accountEnabled -eq "true"',
        "membershipRuleProcessingState": "On",
    },
}


def seed_tenants(directory: Directory, tenants: list[Json], hash_secret: Callable[[str], str], now_us: int) -> None:
    """Write tenants into the directory; documents that exist are replaced, the others stay.

    Raises:
        ValueError: a licence or a member is named that the seed does not have.
    """
    for tenant in tenants:
        TenantSeeder(directory, tenant, hash_secret, now_us).seed()


class TenantSeeder:
    """Writes the parts of one tenant."""

    def __init__(self, directory: Directory, tenant: Json, hash_secret: Callable[[str], str], now_us: int) -> None:
        self._directory, self._seed, self._hash_secret, self._now_us = directory, tenant, hash_secret, now_us
        self._tenant = str(tenant["tenantId"]).lower()

    def seed(self) -> None:
        """Write everything that the tenant's seed holds."""
        seed, tenant = self._seed, self._tenant
        known = {**(self._directory.get("tenant", tenant, "") or {}), **seed}
        kept = ("domain", "displayName", "subscriptions", "usersMayConsent")
        self._put("tenant", "", {key: known[key] for key in kept if key in known})
        for each in seed.get("skus", ()):
            self._put_sku(each)
        for each in seed.get("users", ()):
            self.user(each)
        for each in seed.get("groups", ()):
            self.group(each)
        for each in seed.get("groups", ()):
            for member in each.get("members", ()):
                self._directory.set_member(tenant, self._group_id(each), self.find(member), present=True, at_us=0)
        for app_id in sorted(first_party.APPLICATIONS):
            key = derived_id(tenant, "principal", app_id)
            self._directory.put("servicePrincipal", tenant, key, first_party.service_principal(app_id, key))
        for each in seed.get("apps", ()):
            self._put_app(each)
        for each in seed.get("apps", ()):
            self._assign(each)
        if "onPremises" in seed:
            self._put_forest(seed["onPremises"])

    def _put(self, kind: str, key: str, doc: Json) -> Json:
        doc = {"_made_us": self._now_us, **doc}
        if kind == "tenant":
            doc = {"tenantId": self._tenant, "displayName": doc["domain"], **doc}
        return self._directory.put(kind, self._tenant, key, doc)

    def _put_sku(self, seed: Json) -> None:
        part = seed["skuPartNumber"]
        sku = seed.get("skuId") or SKU_IDS.get(part) or derived_id("sku", part)
        self._put("sku", sku, {"enabled": 0, **seed, "skuId": sku})

    def sku_id(self, name: str) -> str:
        """Return the id of a product named by part number or id."""
        for each in self._directory.all("sku", self._tenant):
            if name in {each["skuPartNumber"], each["skuId"]}:
                return str(each["skuId"])
        raise ValueError(f"tenant {self._tenant} has no product {name}")

    def user(self, seed: Json) -> Json:
        """Write one user and return the document."""
        upn = seed["userPrincipalName"]
        rest = {key: value for key, value in seed.items() if key != "licences"}
        doc = {
            "id": derived_id(self._tenant, "user", upn),
            "displayName": upn.partition("@")[0],
            "accountEnabled": True,
            "usageLocation": "NL",
            "userType": "Member",
            **rest,
            "_licenses": [self.sku_id(each) for each in seed.get("licences", ())],
            "_licensed_us": self._now_us,
            "_sequence": self._directory.next_sequence(),
        }
        return self._put("user", doc["id"], doc)

    def _group_id(self, seed: Json) -> str:
        return str(seed.get("id") or derived_id(self._tenant, "group", seed["displayName"]))

    def group(self, seed: Json) -> Json:
        """Write one group, without its members, and return the document."""
        not_copied = {"kind", "members", "licences"}
        doc = {
            "id": self._group_id(seed),
            **_KINDS[seed.get("kind", "security")],
            "mailNickname": seed["displayName"].replace(" ", "").lower(),
            **{key: value for key, value in seed.items() if key not in not_copied},
            "_licenses": [self.sku_id(each) for each in seed.get("licences", ())],
            "_sequence": self._directory.next_sequence(),
        }
        return self._put("group", doc["id"], doc)

    def find(self, name: str) -> str:
        """Return the id of a user or group named by UPN, display name or id."""
        named = self._directory.by("user", self._tenant, "userPrincipalName", name)
        named += self._directory.by("group", self._tenant, "displayName", name)
        if named:
            return str(named[0]["id"])
        if any(self._directory.get(kind, self._tenant, name) for kind in ("user", "group")):
            return name.lower()
        raise ValueError(f"tenant {self._tenant} has no user or group {name}")

    def _put_app(self, seed: Json) -> None:
        """Write a service principal, and where it belongs here the application that it stands for."""
        app_id = str(seed.get("appId") or derived_id(self._tenant, "app", seed["displayName"]))
        key = str(seed.get("objectId") or derived_id(self._tenant, "principal", app_id))
        known = registrations.principal_of(self._directory, self._tenant, app_id)
        made = dict(known or registrations.service_principal(key, app_id, seed["displayName"], self._now_us))
        if seed.get("managedIdentity"):
            made |= {"servicePrincipalType": "ManagedIdentity", "alternativeNames": ["isExplicit=True"]}
            if "resourceId" in seed:
                made["alternativeNames"].append(seed["resourceId"])
        elif app_id not in first_party.APPLICATIONS:
            made |= self._copied(seed, app_id)
        self._directory.put(
            "servicePrincipal",
            self._tenant,
            made["id"],
            {
                **made,
                "accountEnabled": seed.get("accountEnabled", True),
                "_roles": list(seed.get("roles", ())),
                "_managed_identity": bool(seed.get("managedIdentity")),
                "_resource_id": str(seed.get("resourceId", "")),
            },
        )

    def _copied(self, seed: Json, app_id: str) -> Json:
        """Return a service principal's copy of its application, registered here if it is not registered elsewhere."""
        homes = [(home, app) for home, app in registrations.homes(self._directory, app_id) if home != self._tenant]
        if homes and not {"client_secret", "federatedCredentials"} & set(seed):
            return registrations.copied(homes[0][1], homes[0][0])
        return registrations.copied(self._put_application(seed, app_id), self._tenant)

    def _put_application(self, seed: Json, app_id: str) -> Json:
        key = derived_id(self._tenant, "application", app_id)
        domain = str((self._directory.get("tenant", self._tenant, "") or {}).get("domain", ""))
        app = registrations.application(key, app_id, seed["displayName"], domain, self._now_us)
        if "identifierUri" in seed:
            app["identifierUris"] = [seed["identifierUri"]]
        app["api"] = {
            **app["api"],
            "requestedAccessTokenVersion": seed.get("accessTokenVersion", 2),
            "oauth2PermissionScopes": [self._permission(app_id, each) for each in seed.get("scopes", ())],
            "preAuthorizedApplications": [
                {
                    "appId": self._app_id(client),
                    "delegatedPermissionIds": [derived_id(app_id, "scope", value) for value in seed["scopes"]],
                }
                for client in seed.get("preAuthorized", ())
            ],
        }
        app["appRoles"] = [self._app_role(app_id, each) for each in seed.get("appRoles", ())]
        app["signInAudience"] = seed.get("signInAudience", app["signInAudience"])
        app["isFallbackPublicClient"] = bool(seed.get("publicClient"))
        for platform, uris in seed.get("redirectUris", {}).items():
            app[platform] = {**app[platform], "redirectUris": list(uris)}
        if "client_secret" in seed:
            password = registrations.password(
                derived_id(key, "seeded"), "seeded", self._now_us, 0 if seed.get("secretExpired") else None
            )
            app |= {"passwordCredentials": [password]}
            app |= {"_secrets": {password["keyId"]: self._hash_secret(seed["client_secret"])}}
        app["_federated"] = [
            registrations.federated(derived_id(key, "federated", str(number)), each, self._tenant)
            for number, each in enumerate(seed.get("federatedCredentials", ()))
        ]
        return self._directory.put("application", self._tenant, key, app)

    def _app_id(self, name: str) -> str:
        """Return the client id of an application of this seed that is named by its display name."""
        return next(
            (str(each["appId"]) for each in self._seed["apps"] if each["displayName"] == name and "appId" in each),
            derived_id(self._tenant, "app", name),
        )

    def _permission(self, app_id: str, value: str) -> Json:
        texts = ("adminConsentDescription", "adminConsentDisplayName", "userConsentDescription")
        scope = {"id": derived_id(app_id, "scope", value), "isEnabled": True, "type": "User", "value": value}
        return {**dict.fromkeys((*texts, "userConsentDisplayName"), value), **scope}

    def _app_role(self, app_id: str, value: str) -> Json:
        return {
            "allowedMemberTypes": ["User", "Application"],
            "description": value,
            "displayName": value,
            "id": derived_id(app_id, "role", value),
            "isEnabled": True,
            "origin": "Application",
            "value": value,
        }

    def _assign(self, seed: Json) -> None:
        """Assign an application's app roles to users and groups, and Microsoft Graph's to the application."""
        app_id = self._app_id(seed["displayName"])
        resource = registrations.principal_of(self._directory, self._tenant, app_id)
        for value, names in seed.get("assigned", {}).items() if resource else ():
            for name in names:
                kind, found = self._directory.find(self._tenant, self.find(name)) or ("user", {})
                self._put_assignment(derived_id(app_id, "role", value), found, kind.capitalize(), resource or {})
        graph = registrations.principal_of(self._directory, self._tenant, first_party.MICROSOFT_GRAPH) or {}
        own = registrations.principal_of(self._directory, self._tenant, str(seed.get("appId") or app_id))
        known = {role["value"]: role["id"].lower() for role in graph.get("appRoles", ())}
        for value in seed.get("roles", ()) if own else ():
            if value in known:
                self._put_assignment(known[value], own or {}, "ServicePrincipal", graph)

    def _put_assignment(self, role: str, who: Json, kind: str, resource: Json) -> None:
        ids = [role, who["id"], resource["id"]]
        doc = {
            "id": derived_id(*ids).replace("-", ""),
            "deletedDateTime": None,
            **dict(zip(("appRoleId", "principalId", "resourceId"), ids, strict=True)),
            "createdDateTime": iso_z(self._now_us),
            "principalDisplayName": who["displayName"],
            "principalType": kind,
            "resourceDisplayName": resource["displayName"],
        }
        self._directory.put("appRoleAssignment", self._tenant, doc["id"], doc)

    def _put_forest(self, seed: Json) -> None:
        doc = {"domain": seed["domain"], "ous": list(seed.get("ous", ()))}
        self._put("forest", seed["domain"], doc)
