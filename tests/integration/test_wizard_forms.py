"""A wizard serves what its form needs; a cloud that is away leaves only its own fields without choices."""

import json
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from shared.domain.naming import TENANT_TAG
from shared.domain.wizards import WIZARDS, Wizard
from shared.domain.wizards.places import CREATE_TENANT
from shared.errors import RefusedError, UnavailableError
from shared.services.images import sources
from tests.integration import desks, image_things, things
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.scenes import HYBRID, VNET

WIZARD = "GET tenants/{tenant}/wizards/{wizard}"
ELSEWHERE = f"/subscriptions/{things.SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Network/virtualNetworks"


OF_CLOUDS = {
    "create-connection": {"credentials/network/virtualNetworkId", "credentials/network/subnetIds"},
    "create-device-image": {"source/galleryImageId", "source/galleryVersionId", "source/managedImageId"},
    "create-provisioning-policy": {"image/imageId", "groups/groupIds", "groups/servicePlans"},
    "create-image-set": {"source/galleryImageId", "source/galleryVersionId", "source/managedImageId"},
    "create-image-version": {"source/galleryImageId", "source/galleryVersionId", "source/managedImageId"},
    "create-spot-group": {"groups/groupIds"},
    "edit-spot-group": {"groups/groupIds"},
    "edit-provisioning-policy": {"image/imageId"},
    "edit-connection": {"credentials/network/virtualNetworkId", "credentials/network/subnetIds"},
}
"""The fields of each wizard whose choices a cloud has."""


def network(name: str, *subnets: str, **more: Any) -> SimpleNamespace:
    id_ = f"{ELSEWHERE}/{name}"
    made = [
        SimpleNamespace(
            id=f"{id_}/subnets/{each}",
            name=each,
            address_prefix="10.0.0.0/24",
            delegations=["x"] if each == "delegated" else [],
        )
        for each in subnets
    ]
    return SimpleNamespace(id=id_, name=name, location="West Europe", tags=None, subnets=made, **more)


@pytest.fixture
async def office(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    asked: list[str] = []

    async def listed() -> AsyncIterator[Any]:
        asked.append("networks")
        yield network("corp", "pcs", "GatewaySubnet", "delegated")
        hosted = network("hosted", "default")
        hosted.tags = {TENANT_TAG: "contoso"}
        yield hosted

    networks = SimpleNamespace(virtual_networks=SimpleNamespace(list_all=listed))
    monkeypatch.setattr(office, "network", lambda _: networks, raising=False)
    monkeypatch.setattr(office, "asked", asked, raising=False)
    return office


async def shown(routes: dict[str, Any], wizard: str, status: int = 200, **query: str) -> dict[str, Any]:
    answer = await ask(routes[WIZARD], WIZARD, at={"wizard": wizard}, query=query)
    assert answer.status_code == status, answer.get_body()
    body: dict[str, Any] = json.loads(answer.get_body())
    return body


def steps(wizard: dict[str, Any]) -> dict[str, Any]:
    return {step["name"]: step for step in wizard["steps"]}


def fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every field of a schema, and of those in it."""
    for whole in (schema, *schema.get("$defs", {}).values()):
        yield from whole.get("properties", {}).items()


@pytest.mark.parametrize("wizard", [*WIZARDS.values(), CREATE_TENANT], ids=lambda wizard: wizard.name)
def test_every_field_has_a_title_and_a_help(wizard: Wizard) -> None:
    for step in wizard.steps:
        for name, field in fields(step.accepts.model_json_schema(by_alias=True) if step.accepts else {}):
            assert field.get("title"), (step.name, name)
            assert field.get("description"), (step.name, name)
            assert "_" not in field["title"]


async def test_what_is_chosen_and_begun_with_are_fields_of_the_step(office: Office, routes: dict[str, Any]) -> None:
    for wizard in WIZARDS:
        for step in steps(await shown(routes, wizard)).values():
            known = {name for name, _ in fields(step["schema"] or {})} | {"servicePlans"}
            assert {part for each in step["choices"] for part in each.split("/")} <= known, wizard
            assert step["values"].keys() <= known, wizard
            assert step["choicesErrors"] == {}, wizard


@pytest.mark.parametrize("error", [UnavailableError("away"), RefusedError("AuthorizationFailed", "no")])
async def test_clouds_that_do_not_answer_leave_their_fields_without_choices(
    office: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def fail(*_: Any, **__: Any) -> Any:
        raise error

    async def listed() -> AsyncIterator[Any]:
        raise error
        yield

    networks = SimpleNamespace(virtual_networks=SimpleNamespace(list_all=listed))
    monkeypatch.setattr(office, "network", lambda _: networks)
    for name in ("gallery_images", "session_host_images"):
        monkeypatch.setattr(sources, name, fail)
    monkeypatch.setattr(sources, "own_images", fail)
    for name in ("groups", "subscribed_skus"):
        monkeypatch.setattr(office.directory, name, fail)
    for wizard in WIZARDS:
        of_clouds = {
            f"{name}/{field}": step["choices"][field]
            for name, step in steps(await shown(routes, wizard)).items()
            for field in step["choicesErrors"]
        }
        assert all(choices == [] for choices in of_clouds.values())
        assert of_clouds.keys() == OF_CLOUDS.get(wizard, set()), wizard


async def test_a_connection_has_networks_and_units_to_choose_from(office: Office, routes: dict[str, Any]) -> None:
    unit = HYBRID.but(id="c4", display_name="Unit", domain=HYBRID.domain.but(organizational_unit="OU=a,DC=b"))  # type: ignore[union-attr]
    await office.connections.insert(unit)
    found = steps(await shown(routes, "create-connection"))
    assert office.asked == ["networks"]  # type: ignore[attr-defined] # once for the networks and for their subnets
    credentials = found["credentials"]["choices"]
    assert [(each["value"], each["region"]) for each in credentials["network/virtualNetworkId"]] == [
        (f"{ELSEWHERE}/corp", "westeurope")
    ]
    assert [each["value"] for each in credentials["network/subnetIds"]] == [f"{ELSEWHERE}/corp/subnets/pcs"]
    assert [each["value"] for each in credentials["domain/organizationalUnit"]] == ["OU=a,DC=b"]
    assert [each["value"] for each in found["site"]["choices"]["subscriptionId"]] == [things.SUBSCRIPTION]
    assert found["site"]["values"] == {"siteId": "west", "subscriptionId": things.SUBSCRIPTION}
    assert VNET.split("/")[2] == things.SUBSCRIPTION


async def test_versions_are_proposed(office: Office, routes: dict[str, Any]) -> None:
    image = steps(await shown(routes, "create-device-image"))
    assert image["version"]["values"] == {"version": "1.0.0"}
    assert {each["value"]: each["nextVersion"] for each in image["name"]["choices"]["displayName"]} == {
        "Office": "1.0.1"
    }
    version = steps(await shown(routes, "create-image-version", id=image_things.image_set().id))
    assert version["version"]["values"] == {"version": "0.0.1"}


async def test_an_edit_begins_with_what_there_is(office: Office, routes: dict[str, Any]) -> None:
    group = desks.spot_group(friendly_name="Desk", quantity=7)
    await office.spot_groups.insert(group)
    found = steps(await shown(routes, "edit-spot-group", id=group.id))
    assert found["group"]["values"] == {"spotGroupId": group.id}
    assert found["license"]["values"] == {"quantity": 7}
    assert found["name"]["values"]["friendlyName"] == "Desk"
    assert found["sessions"]["values"]["sessions"] == group.sessions.to_json()
    form = {name: step["values"] for name, step in found.items() if step["values"]}
    review = "POST tenants/{tenant}/wizards/{wizard}/review"
    answer = await ask(routes[review], review, at={"wizard": "edit-spot-group"}, body=json.dumps(form).encode())
    assert json.loads(answer.get_body())["wouldHappen"]["summary"] == "Nothing changes."


async def test_an_id_of_nothing_is_refused(office: Office, routes: dict[str, Any]) -> None:
    for wizard in ("edit-spot-group", "update-spot-group", "create-image-version", "create-connection"):
        await shown(routes, wizard, 404, id="nowhere")
