"""Licences: assigned to a user directly or through a group, and counted against the units bought.

Group-based licensing applies to direct members only; when no unit is left, the member is listed with
`CountViolation`. Source: learn.microsoft.com/entra/fundamentals/concept-group-based-licensing
and /graph/api/resources/licenseassignmentstate.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azure_simulator.graph.directory.records import Directory, Doc

SKU_IDS = {
    "CPC_E_2C_4GB_64GB": "7bb14422-3b90-4389-a7be-f1b745fc037f",
    "CPC_E_2C_4GB_128GB": "226ca751-f0a4-4232-9be5-73c02a92555e",
    "CPC_E_2C_4GB_256GB": "5265a84e-8def-4fa2-ab4b-5dc278df5025",
    "CPC_E_2C_8GB_128GB": "e2aebe6c-897d-480f-9d62-fff1381581f7",
    "CPC_E_2C_8GB_256GB": "1c79494f-e170-431f-a409-428f6053fa35",
    "CPC_E_4C_16GB_128GB": "d201f153-d3b2-4057-be2f-fe25c8983e6f",
    "CPC_E_4C_16GB_256GB": "96d2951e-cb42-4481-9d6d-cad3baac177e",
    "CPC_E_4C_16GB_512GB": "0da63026-e422-4390-89e8-b14520d7e699",
    "CPC_E_8C_32GB_128GB": "c97d00e4-0c4c-4ec2-a016-9448c65de986",
    "CPC_E_8C_32GB_256GB": "7818ca3e-73c8-4e49-bc34-1276a2d27918",
    "CPC_E_8C_32GB_512GB": "9fb0ba5f-4825-4e84-b239-5167a3a5d4dc",
    "SPE_E5": "06ebc4ee-1bb5-47dd-8120-11324bc54e06",
}
"""Part number -> product id; SPE_E5 includes Entra ID P1 and Intune.

Source: learn.microsoft.com/entra/identity/users/licensing-service-plan-reference.
"""


SERVICE = "Windows"
"""Service of Windows 365 in `assignedPlans`."""
_PLANS = uuid.UUID("3a6b9d0e-5f0f-5c58-9a3c-6f1f2f3c9e11")


class OutOfUnitsError(Exception):
    """Every unit of a product is assigned; Graph answers 400 to a direct assignment."""


@dataclass(frozen=True)
class Grant:
    """One way in which a user has a product: directly (`group` None) or through a group."""

    sku: str
    group: str | None
    active: bool


class Licenses:
    """Reads and changes which users of one tenant have which product."""

    def __init__(self, directory: Directory, tenant: str, now_us: int) -> None:
        self._directory, self._tenant, self._now = directory, tenant.lower(), now_us
        self._by_sku: dict[str, list[str]] = {}

    def of(self, user: Doc) -> list[Grant]:
        """List every way in which a user has a product."""
        direct = [Grant(sku, None, active=True) for sku in user["_licenses"]]
        memberships = self._directory.memberships[self._tenant]
        through = [
            Grant(sku, group, active=user["id"] in self._holders(sku) or sku in user["_licenses"])
            for group, sku in self._groups()
            if memberships.has(group, user["id"], self._now)
        ]
        return direct + through

    def _groups(self) -> list[tuple[str, str]]:
        groups = self._directory.all("group", self._tenant)
        return [(each["id"], sku) for each in groups for sku in each.get("_licenses", ())]

    def _holders(self, sku: str) -> list[str]:
        if sku not in self._by_sku:
            self._by_sku[sku] = self._assign_units(sku)
        return self._by_sku[sku]

    def _assign_units(self, sku: str) -> list[str]:
        """List the users with a unit: direct assignments first, then group members until none is left."""
        users = list(self._directory.all("user", self._tenant))
        direct = [each["id"] for each in users if sku in each["_licenses"]]
        memberships = self._directory.memberships[self._tenant]
        through = [
            member
            for group, product in self._groups()
            if product == sku
            for member in memberships.members(group, self._now)
            if self._directory.get("user", self._tenant, member) and member not in direct
        ]
        return [*direct, *dict.fromkeys(through)][: max(self.units(sku), len(direct))]

    def units(self, sku: str) -> int:
        """Return how many units of a product can be used: those enabled and in warning."""
        doc = self._directory.get("sku", self._tenant, sku)
        return 0 if doc is None else int(doc["enabled"]) + int(doc.get("warning", 0))

    def consumed(self) -> Counter[str]:
        """Count the used units of each product."""
        skus = [each["skuId"] for each in self._directory.all("sku", self._tenant)]
        return Counter({sku: len(self._holders(sku)) for sku in skus})

    def give(self, user: Doc, sku: str, disabled: Sequence[str] = ()) -> None:
        """Assign a product directly, without the service plans *disabled*; if it is assigned already, change these.

        Raises:
            OutOfUnitsError: no unit is left, or the tenant never bought any.
        """
        held = sku in user["_licenses"]
        if held and list(disabled) == disabled_plans(user, sku):
            return
        if not held and self.consumed()[sku] >= self.units(sku):
            raise OutOfUnitsError(sku)
        self._store(user, [*dict.fromkeys([*user["_licenses"], sku])], without(user, sku, disabled))

    def take(self, user: Doc, sku: str) -> None:
        """Remove a direct assignment."""
        self._store(user, [each for each in user["_licenses"] if each != sku], without(user, sku, ()))

    def _store(self, user: Doc, skus: list[str], disabled: Doc) -> None:
        self._by_sku.clear()
        fields = {"_licenses": skus, "_disabled_plans": disabled, "_licensed_us": self._now}
        self._directory.change("user", self._tenant, user["id"], **fields)

    def shown(self, user: Doc, at: str) -> dict[str, Any]:
        """Return a user's licences, service plans and ways of assignment; `at` is their update time."""
        grants = self.of(user)
        active: dict[str, list[list[str]]] = {}
        for each in grants:
            if each.active:
                active.setdefault(each.sku, []).append(self._switched_off(user, each))
        licences = {sku: [plan for plan in ways[0] if all(plan in way for way in ways)] for sku, ways in active.items()}
        return {
            "assignedLicenses": [{"skuId": sku, "disabledPlans": off} for sku, off in licences.items()],
            "assignedPlans": [
                {
                    "assignedDateTime": at,
                    "capabilityStatus": "Deleted" if plan["servicePlanId"] in off else "Enabled",
                    "service": SERVICE,
                    "servicePlanId": plan["servicePlanId"],
                }
                for sku, off in licences.items()
                for plan in service_plans(self._directory.get("sku", self._tenant, sku) or {})
            ],
            "licenseAssignmentStates": [
                {
                    "skuId": each.sku,
                    "disabledPlans": self._switched_off(user, each),
                    "assignedByGroup": each.group,
                    "state": "Active" if each.active else "Error",
                    "error": "None" if each.active else "CountViolation",
                    "lastUpdatedDateTime": at,
                }
                for each in grants
            ],
        }

    def _switched_off(self, user: Doc, grant: Grant) -> list[str]:
        """Return the service plans that one way of assignment leaves out; a plan that another way has stays on."""
        by = user if grant.group is None else self._directory.get("group", self._tenant, grant.group) or {}
        return disabled_plans(by, grant.sku)


def disabled_plans(of: Doc, sku: str) -> list[str]:
    """Return the service plans of a product that a user or a group is assigned it without."""
    return list(of.get("_disabled_plans", {}).get(sku, ()))


def without(of: Doc, sku: str, disabled: Sequence[str]) -> Doc:
    """Return the disabled service plans of a user or a group, by product, with one product's plans replaced."""
    kept = {each: plans for each, plans in of.get("_disabled_plans", {}).items() if each != sku}
    return {**kept, sku: list(disabled)} if disabled else kept


def service_plans(product: Doc) -> list[Doc]:
    """Return the service plans of a product: the seed's, or one plan with the product's name."""
    if not product:
        return []
    part = product["skuPartNumber"]
    plan_id = str(uuid.uuid5(_PLANS, part))
    own = {"servicePlanId": plan_id, "servicePlanName": part, "provisioningStatus": "Success", "appliesTo": "User"}
    return list(product.get("servicePlans") or [own])
