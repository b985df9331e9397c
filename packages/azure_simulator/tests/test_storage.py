"""Storage accounts: names are taken once, redundancy is what the region has, regions are full at a limit."""

import json
from typing import Any

import pytest

from packages.azure_simulator.tests.in_process import GROUP, SUB, InProcessCloud, open_cloud

VERSION = "api-version=2024-01-01"
BODY: dict[str, Any] = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_ZRS"}}
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts"


def put(cloud: InProcessCloud, name: str = "ours", **more: Any) -> Any:
    return cloud.send("PUT", f"{ACCOUNT}/{name}?{VERSION}", {**BODY, **more})


def prepared() -> InProcessCloud:
    cloud = open_cloud()
    cloud.request("PUT", GROUP, {"location": "westeurope"})
    return cloud


def test_an_account_shows_its_endpoints_and_what_was_given() -> None:
    cloud = prepared()
    assert put(cloud, properties={"allowSharedKeyAccess": False}, tags={"a": "b"}).status == 201
    cloud.advance(60)
    shown = cloud.request("GET", f"{ACCOUNT}/ours?{VERSION}")
    assert shown["sku"] == {"name": "Standard_ZRS", "tier": "Standard"}
    assert (shown["kind"], shown["tags"]) == ("StorageV2", {"a": "b"})
    properties = shown["properties"]
    assert properties["primaryEndpoints"]["table"] == "https://ours.table.core.windows.net/"
    assert (properties["allowSharedKeyAccess"], properties["publicNetworkAccess"]) == (False, "Enabled")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"location": "ukwest"}, "SkuNotAvailableInLocation"),
        ({"kind": "BlobStorage"}, "NotSupportedBySimulator"),
        ({"sku": {"name": "Premium_LRS"}}, "NotSupportedBySimulator"),
    ],
)
def test_an_account_that_its_region_does_not_have_is_refused(more: dict[str, Any], code: str) -> None:
    assert json.loads(put(prepared(), **more).body)["error"]["code"] == code


def test_a_name_is_the_world_s_and_in_small_letters() -> None:
    cloud = prepared()
    cloud.request("PUT", f"{SUB}/resourceGroups/other", {"location": "westeurope"})
    put(cloud)
    path = f"{SUB}/resourceGroups/other/providers/Microsoft.Storage/storageAccounts/ours?{VERSION}"
    assert json.loads(cloud.send("PUT", path, BODY).body)["error"]["code"] == "StorageAccountAlreadyTaken"
    assert put(cloud, "Ours-2").status == 400


def test_a_region_shows_what_it_has_and_how_many_more_it_takes() -> None:
    cloud = prepared()
    put(cloud)
    rows = cloud.request("GET", f"{SUB}/providers/Microsoft.Storage/skus?{VERSION}")["value"]
    zonal = {each["locations"][0] for each in rows if each["name"] == "Standard_ZRS"}
    assert "westeurope" in zonal
    assert "ukwest" not in zonal
    path = f"{SUB}/providers/Microsoft.Storage/locations/westeurope/usages?{VERSION}"
    (row,) = cloud.request("GET", path)["value"]
    assert (row["currentValue"], row["limit"]) == (1, 250)


def test_a_region_without_flex_consumption_is_not_listed() -> None:
    cloud = prepared()
    cloud.sim("POST", "config", {"withoutFlexConsumption": ["uksouth"]})
    path = f"{SUB}/providers/Microsoft.Web/geoRegions?api-version=2024-04-01"
    names = {each["name"] for each in cloud.request("GET", path)["value"]}
    flexible = {each["name"] for each in cloud.request("GET", f"{path}&sku=FlexConsumption")["value"]}
    assert names - flexible == {"UK South"}
    assert {"West Europe", "Australia East", "East US 2"} <= flexible
