"""The settings that ARM reads (`POST /_sim/config`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.settings import NUMBER

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.settings import Shape

SETTINGS: dict[str, tuple[Shape, str]] = {
    "quotas": ({"*": {"*": int}}, "cores allowed by region (* for the others) and family, or `cores`"),
    "defaultQuota": (int, "cores allowed where `quotas` says nothing (100,000)"),
    "capacity": ([dict], "what the hardware holds: region, zone, size, vms, error, from, until, every"),
    "pageSize": (int, "resources in a page of a list (500)"),
    "restrictions": ([dict], "sizes that are not offered: region, zone, size, reason"),
    "sizes": ({"*": dict}, "more sizes: family, cores, memory_gb"),
    "images": ({"*": dict}, "more marketplace images: publisher, offer, sku, versions"),
    "galleryLimits": ({"*": int}, "galleries, images and versions a subscription may have in a region"),
    "replicationFailures": ([str], "regions (globs) where gallery versions cannot be replicated to"),
    "scriptOutcomes": ([dict], "how steps of scripts go: vm, step, message, timeOut, attempts"),
    "agents": ({"*": (str, *NUMBER)}, "when a machine's agent reports: seconds after it runs, or `never`"),
    "extensionHandlers": ({"*": [int]}, "more extension handlers: publisher.type and its major versions"),
    "locks": ([str], "scopes (globs) from which nothing is deleted"),
    "apiVersions": ({"*": [str]}, "more api-versions by resource type or namespace"),
    "unregisteredProviders": ([str], "providers that have to be registered first"),
    "roleAssignmentLimit": (int, "role assignments in a subscription (4,000)"),
    "principalLagSeconds": (NUMBER, "how long role assignments do not know a new principal (0)"),
    "anyPrincipalExists": (bool, "role assignments do not ask the directory for their principal"),
    "tenantId": (str, "the tenant of managed identities"),
    "tagPrefix": (str, "the tags that the invariants go by (deskwright:)"),
}


def declare(cloud: Cloud) -> None:
    """Name them."""
    for name, (shape, about) in SETTINGS.items():
        cloud.setting(name, shape, about)
