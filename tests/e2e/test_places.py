"""Later changes of a tenant and its sites, their callers, and the effects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from azure_simulator.seeds import TENANT_ID

from tests.e2e.callers import send, token
from tests.e2e.office import GALLERY_IMAGE, SELDOM, Office

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]


def image(office: Office) -> str:
    form = {
        "name": {"displayName": "Desktop"},
        "site": {"siteId": "main"},
        "version": {"version": "1.0.0"},
        "source": {"galleryImageId": GALLERY_IMAGE},
    }
    begun = office.portal.ask("POST", f"{office.base}/wizards/create-device-image", form)
    return str(office.finish(begun, look=SELDOM)["resourceId"])


def test_a_region_that_a_site_gets_later_gets_the_sites_images(open_office: OpenOffice) -> None:
    office = open_office()
    made = image(office)
    path = f"{office.graph}/deviceImages/{made}"

    def regions() -> list[str]:
        shown: list[str] = office.portal.ask("GET", path).body["@deskwright.regions"]
        return sorted(shown)

    assert regions() == ["westeurope"]
    office.site("main", resourceGroup=f"pcs-{office.name}", fallbackRegions=["northeurope"])
    office.until(lambda: regions() == ["northeurope", "westeurope"], says="the image is in both", look=SELDOM)
    (version,) = office.machines("Microsoft.Compute/galleries/images/versions")
    targets = version["body"]["properties"]["publishingProfile"]["targetRegions"]
    assert sorted(each["name"].lower().replace(" ", "") for each in targets) == ["northeurope", "westeurope"]


def test_two_sites_do_not_share_a_hosted_network(open_office: OpenOffice) -> None:
    office = open_office()
    place = {"displayName": "B", "region": "northeurope", "resourceGroup": f"PCS-{office.name}"}
    shared = office.portal.send("PUT", f"{office.base}/sites/second", {**place, "fallbackRegions": ["westeurope"]})
    assert (shared.status, shared.body["errors"][0]["pointer"]) == (400, "/resourceGroup")
    assert "both would share one hosted network; name another" in shared.body["errors"][0]["message"]
    assert office.portal.ask("PUT", f"{office.base}/sites/second", place).status == 201
    later = office.portal.send("PUT", f"{office.base}/sites/second", {**place, "fallbackRegions": ["westeurope"]})
    assert later.status == 400


def test_a_policy_shows_the_region_that_was_chosen_for_it(open_office: OpenOffice) -> None:
    office = open_office()
    here = office.connection()
    office.site("north", region="northeurope")
    north = office.connection("North", site="north")
    address = f"{office.graph}/provisioningPolicies"
    chosen = {"domainJoinType": "azureADJoin", "regionName": "northeurope", "regionGroup": "europeUnion"}
    body = {
        "displayName": "Far",
        "imageId": GALLERY_IMAGE,
        "imageType": "gallery",
        "domainJoinConfigurations": [chosen],
    }
    made = office.portal.ask("POST", address, body).body
    path = f"{address}/{made['id']}"

    def joins() -> list[tuple[str | None, ...]]:
        shown = office.portal.ask("GET", path).body["domainJoinConfigurations"]
        return [(each["onPremisesConnectionId"], each["regionName"], each["regionGroup"]) for each in shown]

    assert joins() == [(north, "northeurope", "europeUnion")]
    before = office.portal.ask("GET", path).body
    office.portal.ask("PATCH", path, {"domainJoinConfigurations": before["domainJoinConfigurations"]})
    assert office.portal.ask("GET", path).body == before
    both = [{"regionName": "northeurope"}, {"onPremisesConnectionId": here, "regionName": "automatic"}]
    office.portal.ask("PATCH", path, {"domainJoinConfigurations": both})
    assert joins() == [(north, "northeurope", None), (here, "automatic", None)]
    office.portal.ask("PATCH", path, {"domainJoinConfigurations": [{"regionName": "westeurope"}]})
    assert joins() == [(here, "westeurope", None)]
    office.portal.ask("PATCH", path, {"domainJoinConfigurations": [{"onPremisesConnectionId": here}]})
    assert joins() == [(here, None, None)]
    wrong = {"domainJoinConfigurations": [{"onPremisesConnectionId": here, "regionName": "northeurope"}]}
    refused = office.portal.send("PATCH", path, wrong)
    assert refused.status == 400
    assert "/domainJoinConfigurations/0/regionName" in str(refused.body)
    assert joins() == [(here, None, None)]


def test_only_the_provider_says_which_subscriptions_a_tenant_has(open_office: OpenOffice) -> None:
    office = open_office()
    more: dict[str, Any] = {"furtherSubscriptionIds": ["11111111-2222-3333-4444-555555555555"]}
    administrator = token(office.stack, "CloudPC.Administrator", tid=TENANT_ID)
    status, said = send(office.stack, "PATCH", f"tenants/{office.name}", administrator, more)
    assert (status, said["errors"][0]["pointer"]) == (400, "/furtherSubscriptionIds")
    assert "only the provider" in said["errors"][0]["message"]
    assert (
        "furtherSubscriptionIds" not in office.portal.ask("GET", office.base).body
        or not (office.portal.ask("GET", office.base).body["furtherSubscriptionIds"])
    )
    assert send(office.stack, "PATCH", f"tenants/{office.name}", administrator, {"displayName": "X"})[0] == 200
    provider = token(office.stack, "Provider.Administrator", tid=TENANT_ID)
    status, said = send(office.stack, "PATCH", f"tenants/{office.name}", provider, more)
    assert (status, said["furtherSubscriptionIds"]) == (200, more["furtherSubscriptionIds"])
