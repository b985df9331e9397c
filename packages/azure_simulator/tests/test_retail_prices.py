"""The simulated Retail Prices API: filters by exact values, pages, currencies, no sign-in."""

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from azure_simulator.core.requests import Request

from packages.azure_simulator.tests.in_process import InProcessCloud, open_cloud

D2S = "armSkuName eq 'Standard_D2s_v5' and armRegionName eq 'westeurope' and priceType eq 'Consumption'"


def asked(app: InProcessCloud, **query: str) -> tuple[int, dict[str, Any]]:
    reply = app.cloud.handle(Request("GET", "/api/retail/prices", urlencode(query), {"host": "cloud"}))
    return reply.status, json.loads(reply.body)


def test_a_size_has_several_meters_and_nobody_signs_in() -> None:
    status, body = asked(open_cloud(), **{"$filter": D2S})
    assert (status, body["BillingCurrency"], body["Count"], body["NextPageLink"]) == (200, "USD", 7, None)
    by_name = {(each["productName"], each["meterName"]): each["retailPrice"] for each in body["Items"]}
    assert by_name["Virtual Machines DSv5 Series", "D2s v5"] == 0.115
    assert by_name["Virtual Machines DSv5 Series Windows", "D2s v5"] == 0.207
    assert ("Virtual Machines DSv5 Series Windows", "D2s v5 Spot") in by_name


def test_values_of_a_filter_count_in_their_case() -> None:
    status, body = asked(open_cloud(), **{"$filter": "armSkuName eq 'standard_d2s_v5'"})
    assert (status, body["Items"]) == (200, [])


def test_an_answer_goes_on_at_its_link() -> None:
    app = open_cloud()
    _, first = asked(app, **{"$filter": "armRegionName eq 'westeurope'"})
    parts = urlsplit(first["NextPageLink"])
    reply = app.cloud.handle(Request("GET", parts.path, parts.query, {"host": "cloud"}))
    second = json.loads(reply.body)
    assert len(first["Items"]) == 100
    assert {each["meterId"] for each in first["Items"]}.isdisjoint(each["meterId"] for each in second["Items"])


def test_another_currency_has_other_amounts() -> None:
    _, body = asked(open_cloud(), **{"$filter": D2S, "currencyCode": "'EUR'"})
    assert {each["currencyCode"] for each in body["Items"]} == {"EUR"}


def test_what_the_api_does_not_know_is_refused() -> None:
    app = open_cloud()
    for query in ({"currencyCode": "ABC"}, {"$filter": "size eq 'a'"}, {"$filter": "armSkuName like 'a'"}):
        status, body = asked(app, **query)
        assert (status, body["Error"]["Code"]) == (400, "BadRequest")


def test_the_deployment_site_keeps_its_paths() -> None:
    app = open_cloud()
    reply = app.cloud.handle(Request("GET", "/api/deployments/latest", "", {"host": "a.scm.localhost"}))
    assert reply.status == 401
