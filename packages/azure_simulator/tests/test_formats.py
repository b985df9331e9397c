"""Texts that have a format are refused when they have another: the SDKs' models say which."""

import pytest
from azure_simulator.arm.body_validation import is_written

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.in_process import GROUP, open_cloud

IMAGE = f"{GROUP}/providers/Microsoft.Compute/galleries/g/images/i"
POOL = f"{GROUP}/providers/Microsoft.DesktopVirtualization/hostPools/pool"
DESKTOPS = {"hostPoolType": "Pooled", "loadBalancerType": "BreadthFirst", "preferredAppGroupType": "Desktop"}


@pytest.mark.parametrize(
    ("text", "how", "good"),
    [
        *(("2027-01-01T00:00:00Z", "date-time", True), ("2027-01-01T00:00:00.1234567Z", "date-time", True)),
        *(("tomorrow", "date-time", False), ("2027-13-01T00:00:00Z", "date-time", False)),
        *(("PT15M", "duration", True), ("P1DT2H", "duration", True), ("P2W", "duration", True)),
        *(("15 minutes", "duration", False), ("P", "duration", False), ("PT", "duration", False)),
        *(("QQ==", "byte", True), ("Q", "byte", False), ("\u00e9", "byte", False)),
    ],
)
def test_a_text_has_its_format(text: str, how: str, *, good: bool) -> None:
    assert is_written(text, how) is good


def test_a_date_that_is_none_is_refused() -> None:
    app = open_cloud()
    app.request("PUT", GROUP, {"location": REGION})
    app.request("PUT", IMAGE.rpartition("/images/")[0], {"location": REGION})
    properties = {"osType": "Windows", "osState": "Generalized"}
    names = {"identifier": {"publisher": "p", "offer": "o", "sku": "s"}, "endOfLifeDate": "some day"}
    body = {"location": REGION, "properties": {**properties, **names}}
    assert app.error("PUT", IMAGE, body) == (400, "BadRequest")
    body["properties"] = {**properties, **names, "endOfLifeDate": "2030-01-01T00:00:00Z"}
    assert app.send("PUT", IMAGE, body).status == 201


def test_a_new_host_pool_says_where_it_is_and_redirects_what_azure_redirects() -> None:
    app = open_cloud()
    app.request("PUT", GROUP, {"location": REGION})
    made = app.send("PUT", POOL, {"location": REGION, "properties": DESKTOPS})
    path = POOL.replace("resourceGroups", "resourcegroups").replace("hostPools", "hostpools")
    assert (made.status, made.headers["Location"]) == (201, path)  # recorded: docs/notes.md 7.1
    shown = app.request("GET", POOL)["properties"]["customRdpProperty"]
    assert "redirectclipboard:i:1;" in shown
    again = app.send("PUT", POOL, {"location": REGION, "properties": DESKTOPS})
    assert (again.status, "Location" in again.headers) == (200, False)
