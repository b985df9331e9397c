"""Wizards that edit: they begin with what there is, change what the form names, and leave the rest as it is."""

import json
from typing import Any

import pytest

from tests.integration import things
from tests.integration.asking import ask, told
from tests.integration.callers import Office, signed_in
from tests.integration.scenes import HYBRID, NEW_TENANT, PASSWORD, VNET, WORKS

SAVE, REVIEW = "POST tenants/{tenant}/wizards/{wizard}", "POST tenants/{tenant}/wizards/{wizard}/review"
SHOW = "GET tenants/{tenant}/wizards/{wizard}"
EDITED = {
    "edit-provisioning-policy": ({"policy": {"policyId": "p1"}}, "p1"),
    "edit-connection": ({"connection": {"connectionId": "c3"}}, "c3"),
    "edit-site": ({"site": {"siteId": "west"}}, "west"),
    "edit-tenant": ({}, None),
    "edit-image-set": ({"set": {"imageSetId": "5e700000"}}, "5e700000"),
}
NEW_SITE = {
    "name": {"id": "east", "displayName": "East"},
    "place": {"region": "eastus", "zones": ["1", "2"]},
    "network": {"resourceGroup": "east", "addressSpace": "10.30.0.0/16"},
}


async def sent(routes: dict[str, Any], name: str, wizard: str, form: dict[str, Any], **headers: str) -> Any:
    return await ask(routes[name], name, at={"wizard": wizard}, body=json.dumps(form).encode(), headers=headers)


async def reviewed(routes: dict[str, Any], wizard: str, form: dict[str, Any], **headers: str) -> dict[str, Any]:
    answer = await sent(routes, REVIEW, wizard, form, **headers)
    assert answer.status_code == 200, answer.get_body()
    body: dict[str, Any] = json.loads(answer.get_body())
    return body


async def saved(routes: dict[str, Any], wizard: str, form: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = await sent(routes, SAVE, wizard, form)
    assert answer.status_code == status, answer.get_body()
    body: dict[str, Any] = json.loads(answer.get_body())
    return body


async def records(office: Office) -> list[Any]:
    kinds = (office.policies, office.connections, office.sites, office.image_sets)
    found: list[Any] = [(await office.tenants.get("contoso")).value]
    for each in kinds:
        found += [stored.value async for stored in each.each("contoso")]
    return found


@pytest.mark.parametrize("wizard", EDITED)
async def test_what_it_begins_with_changes_nothing(office: Office, routes: dict[str, Any], wizard: str) -> None:
    chosen, id_ = EDITED[wizard]
    query = {"id": id_} if id_ else {}
    shown = await ask(routes[SHOW], SHOW, at={"wizard": wizard}, query=query)
    form = {step["name"]: step["values"] for step in json.loads(shown.get_body())["steps"] if step["values"]}
    assert {step: form[step] for step in chosen} == chosen
    review = await reviewed(routes, wizard, form)
    assert review["valid"], review
    before = await records(office)
    await saved(routes, wizard, form)
    assert await records(office) == before
    if wizard != "edit-site":
        assert review["wouldHappen"]["summary"] == "Nothing changes."


@pytest.mark.parametrize("wizard", EDITED)
async def test_what_is_left_out_stays(office: Office, routes: dict[str, Any], wizard: str) -> None:
    before = await records(office)
    await saved(routes, wizard, EDITED[wizard][0])
    assert await records(office) == before


async def test_a_policy_is_edited_and_says_what_would_differ(office: Office, routes: dict[str, Any]) -> None:
    await office.cloud_pcs.insert(WORKS)
    form = {**EDITED["edit-provisioning-policy"][0], "configuration": {"locale": "de-DE", "gracePeriodInHours": 5}}
    forecast = (await reviewed(routes, "edit-provisioning-policy", form))["wouldHappen"]
    assert forecast["details"]["changed"] == ["gracePeriodInHours", "locale"]
    assert (forecast["details"]["cloudPCs"], forecast["details"]["wouldDiffer"]) == (1, 1)
    shown = await saved(routes, "edit-provisioning-policy", form)
    assert (shown["windowsSetting"], shown["gracePeriodInHours"]) == ({"locale": "de-DE"}, 5)
    after = (await office.policies.get("contoso", "p1")).value
    assert (after.display_name, after.assignments) == (things.policy().display_name, things.policy().assignments)


async def test_a_connection_is_edited_and_its_password_does_not_follow(office: Office, routes: dict[str, Any]) -> None:
    chosen = EDITED["edit-connection"][0]
    elsewhere = {**chosen, "credentials": {"domain": {"adDomainName": "other.example"}}}
    review = await reviewed(routes, "edit-connection", elsewhere)
    (error,) = [each for step in review["steps"] for each in step["errors"]]
    assert error["pointer"] == "/credentials/domain/adDomainPassword"
    assert (await sent(routes, SAVE, "edit-connection", elsewhere)).status_code == 400
    assert office.paper.kept == {}

    elsewhere["credentials"]["domain"]["adDomainPassword"] = PASSWORD  # type: ignore[index]
    assert (await reviewed(routes, "edit-connection", elsewhere))["wouldHappen"]["details"]["healthChecks"] is True
    shown = await saved(routes, "edit-connection", elsewhere)
    assert shown["adDomainName"] == "other.example"
    assert PASSWORD not in json.dumps(shown)
    assert list(office.paper.kept.values()) == [PASSWORD]
    after = (await office.connections.get("contoso", "c3")).value
    assert after.network == HYBRID.network

    named = {**chosen, "name": {"displayName": "Head office"}}
    assert (await reviewed(routes, "edit-connection", named))["wouldHappen"]["details"]["healthChecks"] is False


async def test_a_site_is_made_and_edited(office: Office, routes: dict[str, Any]) -> None:
    assert (await reviewed(routes, "create-site", NEW_SITE))["wouldHappen"]["details"] == {"regions": ["eastus"]}
    assert (await saved(routes, "create-site", NEW_SITE, 201))["zones"] == ["1", "2"]
    again = await reviewed(routes, "create-site", NEW_SITE)
    assert [each["pointer"] for step in again["steps"] for each in step["errors"]] == ["/name/id"]
    more = {"site": {"siteId": "east"}, "place": {"fallbackRegions": ["eastus2"]}}
    assert (await saved(routes, "edit-site", more))["fallbackRegions"] == ["eastus2"]
    site = (await office.sites.get("contoso", "east")).value
    assert (site.zones, site.address_space) == (("1", "2"), "10.30.0.0/16")
    moved = {"site": {"siteId": "west"}, "place": {"region": "northeurope"}}
    in_use = await reviewed(routes, "edit-site", moved)
    assert "in use" in in_use["steps"][-2]["errors"][0]["message"], in_use
    assert (await sent(routes, SAVE, "edit-site", moved)).status_code == 409


async def test_a_tenant_is_edited_and_only_the_provider_sets_licences(office: Office, routes: dict[str, Any]) -> None:
    form = {"settings": {"attempts": 2}, "licences": {"spotLicenses": {"pooled": 5}}}
    own = signed_in("CloudPC.Administrator")
    refused = await reviewed(routes, "edit-tenant", form, **own)
    assert [each["pointer"] for step in refused["steps"] for each in step["errors"]] == ["/licences"]
    assert (await sent(routes, SAVE, "edit-tenant", form, **own)).status_code == 400
    assert (await reviewed(routes, "edit-tenant", form))["wouldHappen"]["details"]["changed"] == [
        "attempts",
        "spotLicenses",
    ]
    await saved(routes, "edit-tenant", form)
    tenant = (await office.tenants.get("contoso")).value
    assert (tenant.settings.attempts, dict(tenant.spot_licenses)) == (2, {"pooled": 5})
    assert tenant.settings.grace_period_in_hours == things.tenant().settings.grace_period_in_hours


async def test_the_recipe_of_an_image_set_is_replaced_as_a_whole(office: Office, routes: dict[str, Any]) -> None:
    chosen, steps = EDITED["edit-image-set"][0], [{"name": "7-Zip", "packageId": "7zip.7zip"}]
    scheduled = {**chosen, "recipe": {"steps": steps, "schedule": {"dayOfMonth": 3, "hour": 4}}}
    forecast = (await reviewed(routes, "edit-image-set", scheduled))["wouldHappen"]
    assert forecast["details"] == {"changed": ["recipe"], "steps": ["7-Zip"]}
    shown = await saved(routes, "edit-image-set", {**scheduled, "notes": {"notes": "monthly"}})
    assert (shown["recipe"]["schedule"]["dayOfMonth"], shown["notes"][-1]["text"]) == (3, "monthly")
    assert shown["nextBuildDateTime"][:10] in forecast["summary"]

    shown = await saved(routes, "edit-image-set", {**chosen, "recipe": {"steps": steps}, "detail": {}})
    assert (shown["recipe"].get("schedule"), shown["nextBuildDateTime"], shown["description"]) == (None, None, "")


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("edit-provisioning-policy", {"policy": {"policyId": "none"}}, "/policy/policyId"),
    ("edit-provisioning-policy", {}, "/policy/policyId"),
    ("edit-provisioning-policy", {"policy": {"policyId": "p1"}, "image": {"imageId": "none"}}, "/image/imageId"),
    ("edit-provisioning-policy", {"policy": {"policyId": "p1"}, "detail": 5}, "/detail"),
    ("edit-provisioning-policy", {"policy": {"policyId": "p1"}, "groups": {"groupIds": []}}, "/groups"),
    ("edit-connection", {"connection": {"connectionId": "none"}}, "/connection/connectionId"),
    ("edit-connection", {"connection": {"connectionId": "c3"}, "site": {"siteId": "none"}}, "/site/siteId"),
    ("edit-connection", {"connection": {"connectionId": "c3"}, "site": 5}, "/site"),
    ("edit-connection", {"connection": {"connectionId": "c3"}, "credentials": []}, "/credentials"),
    (
        "edit-connection",
        {"connection": {"connectionId": "c1"}, "credentials": {"network": {"virtualNetworkId": VNET}}},
        "/credentials/network/subnetIds",
    ),
    ("create-site", {**NEW_SITE, "place": {"region": "nowhere"}}, "/place/region"),
    ("create-site", {**NEW_SITE, "network": {"resourceGroup": "e", "addressSpace": "8.8.8.0/24"}}, "/network"),
    ("create-site", {"name": {"id": "east"}}, "/name/displayName"),
    ("create-site", {**NEW_SITE, "name": 5}, "/name"),
    ("edit-site", {"site": {"siteId": "none"}}, "/site/siteId"),
    ("edit-site", {"site": {"siteId": "west"}, "place": {"zones": ["9"]}}, "/place/zones/0"),
    ("edit-site", {"site": {"siteId": "west"}, "colour": {}}, "/colour"),
    ("edit-image-set", {"set": {"imageSetId": "none"}}, "/set/imageSetId"),
    ("edit-image-set", {"set": {"imageSetId": "5e700000"}, "recipe": {"schedule": {"dayOfMonth": 1}}}, "/recipe/steps"),
    ("edit-image-set", {"set": {"imageSetId": "5e700000"}, "recipe": 5}, "/recipe"),
    (
        "edit-image-set",
        {"set": {"imageSetId": "5e700000"}, "recipe": {"steps": [{"name": "a"}]}},
        "/recipe/steps/0/script",
    ),
    ("edit-tenant", {"settings": {"attempts": 0}}, "/settings/attempts"),
    ("edit-tenant", {"name": {"displayName": ""}}, "/name/displayName"),
    ("edit-tenant", {"name": 5}, "/name"),
    ("edit-tenant", {"colour": {}}, "/colour"),
]


@pytest.mark.long
@pytest.mark.parametrize(("wizard", "form", "pointer"), WRONG, ids=[f"{w}{p}" for w, _, p in WRONG])
async def test_what_is_wrong_is_named_and_changes_nothing(
    office: Office, routes: dict[str, Any], wizard: str, form: dict[str, Any], pointer: str
) -> None:
    before = await records(office)
    for name, status in ((REVIEW, 200), (SAVE, 400)):
        answer = await sent(routes, name, wizard, form)
        assert answer.status_code == status, answer.get_body()
        found = told(answer)
        assert any(each.startswith(pointer) for each, _ in found), found
        assert all(message and "_" not in message for _, message in found)
    assert await records(office) == before


async def test_the_provider_makes_a_tenant_by_a_wizard(office: Office, routes: dict[str, Any]) -> None:
    show, save, review = "GET wizards/create-tenant", "POST wizards/create-tenant", "POST wizards/create-tenant/review"
    shown = json.loads((await ask(routes[show], show)).get_body())
    assert [step["name"] for step in shown["steps"]] == ["name", "directory", "settings", "licences", "review"]
    form: dict[str, Any] = {**NEW_TENANT, "settings": {"attempts": 2}, "licences": {"spotLicenses": {"pooled": 5}}}
    for name, tenant_id, status in ((review, "contoso", 200), (save, "contoso", 409), (save, "fabrikam", 201)):
        form["name"] = {"id": tenant_id, "displayName": "F"}
        answer = await ask(routes[name], name, body=json.dumps(form).encode())
        assert answer.status_code == status, answer.get_body()
        if name == review:
            assert [pointer for pointer, _ in told(answer)] == ["/name/id"]
    tenant = (await office.tenants.get("fabrikam")).value
    assert (tenant.settings.attempts, dict(tenant.spot_licenses)) == (2, {"pooled": 5})
    wrong = json.dumps({"name": {"id": "X"}, "settings": {"attempts": 0}}).encode()
    assert {pointer for pointer, _ in told(await ask(routes[save], save, body=wrong))} == {
        "/name/id",
        "/name/displayName",
        "/directory/entraTenantId",
        "/directory/subscriptionId",
        "/settings/attempts",
    }
    own = signed_in("CloudPC.Administrator")
    assert (await ask(routes[save], save, body=json.dumps(form).encode(), headers=own)).status_code == 403
