"""Marketplace images; the answers are bare arrays (docs/notes.md 1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.reading import invalid, need_region
from azure_simulator.compute.images.marketplace_catalogue import disk_gb, generation, images, numbers, system
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.requests import whole
from azure_simulator.core.routing import Routes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azure_simulator.core.calls import Call

ROUTES = Routes("arm")
BASE = "/subscriptions/{sub}/providers/Microsoft.Compute/locations/{location}/publishers"
OFFERS = f"{BASE}/{{publisher}}/artifacttypes/vmimage/offers"
SKUS = f"{OFFERS}/{{offer}}/skus"
VERSIONS = f"{SKUS}/{{sku}}/versions"


@ROUTES.operation("image.publishers", "GET", BASE)
def list_publishers(call: Call) -> Answer:
    """List publishers."""
    need_region(call)
    return _names(call, images(call.world))


@ROUTES.operation("image.offers", "GET", OFFERS)
def list_offers(call: Call) -> Answer:
    """List a publisher's offers."""
    return _names(call, _level(call, "publisher"))


@ROUTES.operation("image.skus", "GET", SKUS)
def list_skus(call: Call) -> Answer:
    """List an offer's skus."""
    return _names(call, _level(call, "publisher", "offer"))


@ROUTES.operation("image.versions", "GET", VERSIONS)
def list_versions(call: Call) -> Answer:
    """List a sku's versions; `$top` and `$orderby=name desc` count."""
    versions: list[str] = sorted(_level(call, "publisher", "offer", "sku"), key=numbers)
    order = call.query.get("$orderby", "name").lower().split()
    if order[:1] != ["name"] or order[1:] not in ([], ["asc"], ["desc"]):
        raise invalid("$orderby", f"The value '{call.query['$orderby']}' of $orderby is not 'name' or 'name desc'.")
    if order[1:] == ["desc"]:
        versions.reverse()
    top = call.query.get("$top", str(len(versions)))
    number = whole(top)
    if number is None:
        raise invalid("$top", f"The value '{top[:60]}' of $top is not a number.")
    return _names(call, versions[:number])


@ROUTES.operation("image.get", "GET", f"{VERSIONS}/{{version}}")
def get_version(call: Call) -> Answer:
    """Show one version; `latest` is one too."""
    versions = sorted(_level(call, "publisher", "offer", "sku"), key=numbers)
    wanted = call.param("version")
    exact = versions[-1] if wanted.lower() == "latest" else wanted
    if exact not in versions:
        raise _not_found(call)
    body = _item(call, f"{call.path.rpartition('/')[0]}/{exact}", exact)
    kind = generation(call.world, call.param("sku"))
    features = [{"name": "SecurityType", "value": "TrustedLaunchSupported"}] if kind == "V2" else []
    body["properties"] = {
        "osDiskImage": {
            "operatingSystem": system(call.param("publisher")),
            "sizeInGb": disk_gb(call.param("publisher")),
        },
        "dataDiskImages": [],
        "hyperVGeneration": kind,
        "architecture": "x64",
        "features": [*features, {"name": "IsHibernateSupported", "value": "True"}],
        "imageDeprecationStatus": {"imageState": "Active"},
        "automaticOSUpgradeProperties": {"automaticOSUpgradeSupported": False},
        "disallowed": {"vmDiskType": "Unmanaged" if kind == "V2" else "None"},
    }
    return Answer(body)


def _level(call: Call, *names: str) -> Json:
    level: Json = images(call.world)
    need_region(call)
    for name in names:
        wanted = call.param(name).lower()
        found = next((value for key, value in level.items() if key.lower() == wanted), None)
        if found is None:
            raise _not_found(call)
        level = found
    return level


def _names(call: Call, names: Iterable[str]) -> Answer:
    return Answer([_item(call, f"{call.path}/{name}", name) for name in names])


def _item(call: Call, item_id: str, name: str) -> Json:
    return {"location": need_region(call), "name": name, "id": item_id}


def _not_found(call: Call) -> Problem:
    return Problem(404, "ImageNotFound", f"The platform image '{call.path}' is not available.")
