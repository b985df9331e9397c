"""Writes a seed (format: `azure_simulator.seeds`) into the directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
        self._put("tenant", "", {key: seed[key] for key in ("domain", "displayName", "subscriptions") if key in seed})
        for each in seed.get("skus", ()):
            self._put_sku(each)
        for each in seed.get("users", ()):
            self.user(each)
        for each in seed.get("groups", ()):
            self.group(each)
        for each in seed.get("groups", ()):
            for member in each.get("members", ()):
                self._directory.set_member(tenant, self._group_id(each), self.find(member), present=True, at_us=0)
        for each in seed.get("apps", ()):
            self._put_app(each)
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
        app_id = seed.get("appId") or derived_id(self._tenant, "app", seed["displayName"])
        doc = {key: value for key, value in seed.items() if key != "client_secret"}
        object_id = derived_id(self._tenant, "principal", app_id)
        known = {"objectId": object_id, "roles": [], **doc, "appId": app_id}
        secret = self._hash_secret(seed["client_secret"]) if "client_secret" in seed else ""
        self._put("app", app_id, known | {"_secret": secret})

    def _put_forest(self, seed: Json) -> None:
        doc = {"domain": seed["domain"], "ous": list(seed.get("ous", ()))}
        self._put("forest", seed["domain"], doc)
