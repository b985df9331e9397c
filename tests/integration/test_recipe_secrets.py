"""Secrets of recipes: stored in Key Vault alone, kept by name, and sources that only editors see; over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.contracts.image_versions import BEGIN_RECIPE_STEP, RecipeStepOrder
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Refused
from shared.domain.owner import Owner, OwnerKind
from shared.domain.spot.images.image_set import Recipe, RecipeSecret, StoredSecret
from shared.errors import ConflictError, MismatchError, NotFoundError, StaleError, UnavailableError
from tests.integration import image_things, things
from tests.integration.asking import ask, told
from tests.integration.callers import Office, signed_in
from tests.integration.furniture import names_of
from tests.integration.services import perform
from tests.integration.spot_forms import SPOT_FORMS

Json = dict[str, Any]
SAVE, REVIEW = "POST tenants/{tenant}/wizards/{wizard}", "POST tenants/{tenant}/wizards/{wizard}/review"
SHOW = "GET tenants/{tenant}/wizards/{wizard}"
SET, SETS = "…/imageSets/{id}", "GET …/imageSets"
KEY, OTHER = "Licence-4711 with 'quotes\"", "Another-4712-key"
SCRIPT = "Register-Product -Key $env:SECRET_Key"
STEPS = [{"name": "Licence", "script": SCRIPT, "secrets": ["Key"]}, {"name": "7-Zip", "packageId": "7zip.7zip"}]
FORM = {**SPOT_FORMS["create-image-set"], "recipe": {"steps": STEPS, "secrets": [{"name": "Key", "value": KEY}]}}


async def send(routes: Json, name: str, at: Json, body: Json | None = None, *roles: str, status: int = 200) -> Any:
    headers = signed_in(*roles) if roles else {}
    content = b"" if body is None else json.dumps(body).encode()
    answer = await ask(routes[name], name, at=at, body=content, headers=headers, query=at.get("query"))
    assert answer.status_code == status, answer.get_body()
    return json.loads(answer.get_body() or b"null")


@pytest.fixture
async def there(office: Office, routes: Json) -> Json:
    """An image set with a secret."""
    made: Json = await send(routes, SAVE, {"wizard": "create-image-set"}, FORM, status=201)
    return made


async def rows(office: Office) -> str:
    """Every row of every table of the test."""
    service: Any = office.tables.service()
    found: list[Any] = []
    for table in await names_of(office.tables):
        found += [dict(row) async for row in service.get_table_client(table).list_entities()]
    assert found
    return str(found)


async def test_a_secret_is_in_the_vault_and_nowhere_else(office: Office, routes: Json, there: Json) -> None:
    assert list(office.paper.kept.values()) == [KEY]
    assert there["recipe"]["secrets"] == [{"name": "Key"}]
    kept = await rows(office)
    assert SCRIPT in kept
    assert KEY not in kept
    assert "Licence-4711" not in kept
    assert "secrets/recipe-" not in json.dumps(there)


async def test_an_idempotency_key_keeps_no_digest_of_a_secret(office: Office, routes: Json) -> None:
    """Whoever reads the table could try values until the digest fits: two values have the same one."""
    other = {**FORM, "recipe": {"steps": STEPS, "secrets": [{"name": "Key", "value": OTHER}]}}
    first, second = [await save(routes, form, **{"Idempotency-Key": "once"}) for form in (FORM, other)]
    assert (first.status_code, second.status_code) == (201, 201), second.get_body()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert list(office.paper.kept.values()) == [KEY]


@pytest.mark.parametrize("role", ["CloudPC.Reader", "CloudPC.Operator", "CloudPC.Administrator"])
async def test_who_may_not_edit_sees_the_names_and_not_the_source(routes: Json, there: Json, role: str) -> None:
    wizard = {"wizard": "edit-image-set", "query": {"id": there["id"]}}
    shown = await send(routes, SHOW, wizard, None, role)
    values = next(step["values"] for step in shown["steps"] if step["name"] == "recipe")
    one = await send(routes, f"GET {SET}", {"id": there["id"]}, None, role)
    listed = await send(routes, SETS, {}, None, role)
    recipes = [values, one["recipe"], next(each for each in listed["value"] if each["id"] == there["id"])["recipe"]]
    for recipe in recipes:
        assert [step["name"] for step in recipe["steps"]] == ["Licence", "7-Zip"]
        assert recipe["steps"][1]["packageId"] == "7zip.7zip"
        assert recipe["secrets"] == [{"name": "Key"}]
        assert (SCRIPT in json.dumps(recipe)) is (role == "CloudPC.Administrator")


async def test_a_secret_that_is_left_out_stays_and_another_value_replaces_it(
    office: Office, routes: Json, there: Json
) -> None:
    place = {"id": there["id"]}
    (first,) = office.paper.kept
    recipe = {"steps": [*STEPS, {"name": "More", "script": "Get-Date"}], "secrets": [{"name": "Key"}]}
    await send(routes, f"PATCH {SET}", place, {"recipe": recipe}, status=204)
    assert office.paper.kept == {first: KEY}

    form = {"set": {"imageSetId": there["id"]}, "recipe": {**recipe, "secrets": [{"name": "Key", "value": OTHER}]}}
    forecast = await send(routes, REVIEW, {"wizard": "edit-image-set"}, form)
    assert forecast["wouldHappen"]["details"]["changed"] == ["secrets"]
    await send(routes, SAVE, {"wizard": "edit-image-set"}, form)
    assert list(office.paper.kept.values()) == [OTHER]
    assert first not in office.paper.kept
    assert OTHER not in await rows(office)

    await send(routes, f"PATCH {SET}", place, {"recipe": {"steps": []}}, status=204)
    assert office.paper.kept == {}


async def test_a_change_that_comes_too_late_keeps_the_secret_that_there_is(
    office: Office, routes: Json, there: Json
) -> None:
    kept = dict(office.paper.kept)
    body = json.dumps({"recipe": {"steps": STEPS, "secrets": [{"name": "Key", "value": OTHER}]}}).encode()
    name = f"PATCH {SET}"
    answer = await ask(routes[name], name, at={"id": there["id"]}, body=body, headers={"If-Match": 'W/"old"'})
    assert answer.status_code == 412
    assert office.paper.kept == kept


async def test_the_secrets_go_with_the_image_set(office: Office, routes: Json, there: Json) -> None:
    await send(routes, f"DELETE {SET}", {"id": there["id"]}, status=204)
    assert office.paper.kept == {}


async def test_a_name_that_is_taken_leaves_no_secret(office: Office, routes: Json, there: Json) -> None:
    kept = dict(office.paper.kept)
    await send(routes, SAVE, {"wizard": "create-image-set"}, FORM, status=400)
    assert there["displayName"] == "Pupils"
    assert office.paper.kept == kept


REFUSALS: tuple[Exception, ...] = (
    ConflictError("not now"),
    NotFoundError("gone"),
    MismatchError("late"),
    UnavailableError("not reached"),
)


async def save(routes: Json, form: Json, **headers: str) -> Any:
    at, body = {"wizard": "create-image-set"}, json.dumps(form).encode()
    return await ask(routes[SAVE], SAVE, at=at, body=body, headers=headers)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: type(refusal).__name__)
async def test_an_image_set_that_is_not_saved_leaves_no_secret(
    office: Office, routes: Json, monkeypatch: pytest.MonkeyPatch, refusal: Exception
) -> None:
    async def refuse(*_: Any) -> Any:
        assert list(office.paper.kept.values()) == [KEY]
        raise refusal

    monkeypatch.setattr(office.image_sets, "insert", refuse)
    assert (await save(routes, FORM)).status_code >= 400
    assert office.paper.kept == {}


async def test_of_two_secrets_none_stays_where_one_cannot_be_stored(
    office: Office, routes: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = office.paper.store

    async def some(name: str, value: str, **tags: Any) -> str:
        if value == OTHER:
            raise UnavailableError("the vault is not reached")
        return await store(name, value, **tags)

    monkeypatch.setattr(office.paper, "store", some)
    two = [{"name": "Key", "value": KEY}, {"name": "More", "value": OTHER}]
    assert (await save(routes, {**FORM, "recipe": {"steps": STEPS, "secrets": two}})).status_code == 503
    assert office.paper.kept == {}


async def test_a_set_that_was_saved_all_the_same_keeps_its_secret(
    office: Office, routes: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer of storage was lost; or what follows the record was refused."""
    insert = office.image_sets.insert

    async def lost(*values: Any) -> Any:
        await insert(*values)
        raise UnavailableError("no answer")

    async def refused(*_: Any) -> Any:
        raise ConflictError("not now")

    with monkeypatch.context() as patch:
        patch.setattr(office.image_sets, "insert", lost)
        assert (await save(routes, FORM)).status_code == 503
    with monkeypatch.context() as patch:
        patch.setattr("shared.services.spot.image_sets.ensure_first", refused)
        other = {**FORM, "detail": {"displayName": "Seminar"}}
        answer = await save(routes, other)
        assert answer.status_code == 409, answer.get_body()
    assert list(office.paper.kept.values()) == [KEY, KEY]


async def test_a_request_that_comes_again_finds_its_secret(
    office: Office, routes: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreached(*_: Any) -> Any:
        raise UnavailableError("no answer")

    key = {"Idempotency-Key": "once"}
    with monkeypatch.context() as patch:
        patch.setattr(office.image_sets, "insert", unreached)
        assert (await save(routes, FORM, **key)).status_code == 503
    assert office.paper.kept == {}  # no record names it
    assert (await save(routes, FORM, **key)).status_code == 201  # its name is taken: Key Vault keeps what was deleted
    assert list(office.paper.kept.values()) == [KEY]


async def test_a_request_that_had_saved_and_comes_again_keeps_one_secret(
    office: Office, routes: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The secret of the first time, which the record names."""
    insert = office.image_sets.insert

    async def lost(*values: Any) -> Any:
        await insert(*values)
        raise UnavailableError("no answer")

    key = {"Idempotency-Key": "once"}
    with monkeypatch.context() as patch:
        patch.setattr(office.image_sets, "insert", lost)
        assert (await save(routes, FORM, **key)).status_code == 503
    kept = dict(office.paper.kept)
    assert (await save(routes, FORM, **key)).status_code == 201
    assert (office.paper.kept, list(kept.values())) == (kept, [KEY])


async def test_a_change_that_was_overtaken_stores_its_secret_again(
    office: Office, routes: Json, there: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change is tried again with the record that there is; the secret of the first time was deleted."""
    replace, tries = office.image_sets.replace, list[int]()

    async def overtaken(*values: Any, **seen: Any) -> Any:
        tries.append(len(tries))
        if len(tries) == 1:
            raise StaleError("changed meanwhile")
        return await replace(*values, **seen)

    monkeypatch.setattr(office.image_sets, "replace", overtaken)
    body = {"recipe": {"steps": STEPS, "secrets": [{"name": "Key", "value": OTHER}]}}
    await send(routes, f"PATCH {SET}", {"id": there["id"]}, body, status=204)
    assert (len(tries), list(office.paper.kept.values())) == (2, [OTHER])


@pytest.mark.parametrize(
    ("recipe", "pointer"),
    [
        ({"secrets": [{"name": "Key"}]}, "/recipe/secrets/0/value"),
        ({"secrets": [{"name": "Key", "value": "short"}]}, "/recipe/secrets/0/value"),
        ({"secrets": [{"name": "Key", "value": "two lines\nof text"}]}, "/recipe/secrets/0/value"),
        ({"secrets": [{"name": "a b", "value": KEY}]}, "/recipe/secrets/0/name"),
        ({"secrets": [{"name": "Key", "value": KEY}, {"name": "KEY", "value": KEY}]}, "/recipe/secrets"),
        ({"steps": [{"name": "x", "script": "y", "secrets": ["Key"]}]}, "/recipe/steps"),
        ({"steps": [{"name": "x", "packageId": "y", "secrets": ["Key"]}]}, "/recipe/steps/0/secrets"),
    ],
)
async def test_a_secret_that_is_wrong_or_not_there_is_named(
    office: Office, routes: Json, recipe: Json, pointer: str
) -> None:
    form = {**FORM, "recipe": recipe}
    reviewed = await send(routes, REVIEW, {"wizard": "create-image-set"}, form)
    assert pointer in [each["pointer"] for step in reviewed["steps"] for each in step["errors"]]
    for name, at, body in (
        (SAVE, {"wizard": "create-image-set"}, form),
        (f"PATCH {SET}", {"id": "5e700000"}, {"recipe": recipe}),
    ):
        answer = await ask(routes[name], name, at=at, body=json.dumps(body).encode())
        assert pointer in [each for each, _ in told(answer)], answer.get_body()
        assert KEY not in answer.get_body().decode()
    assert office.paper.kept == {}


def test_a_record_with_the_value_of_a_secret_cannot_be_made() -> None:
    recipe = Recipe(secrets=(RecipeSecret(name="Key", value=KEY),))
    assert KEY not in repr(recipe)
    with pytest.raises(ValueError, match="Key Vault only"):
        image_things.image_set().but(recipe=recipe)


async def test_a_step_whose_secret_is_gone_is_refused_with_what_to_do(office: Office) -> None:
    recipe = Recipe.model_validate({"steps": STEPS, "secrets": [{"name": "Key"}]})
    version = image_things.version(recipe=recipe.steps, id="v9", version="0.0.9")
    await office.image_versions.insert(version)
    machine = Machine(
        tenant_id=things.TENANT_ID,
        owner=Owner(kind=OwnerKind.IMAGE_VERSION, id="v9"),
        subscription_id=things.SUBSCRIPTION,
        resource_group="rg",
        region="westeurope",
        computer_name="VER-1",
    )
    refused = await perform(BEGIN_RECIPE_STEP, RecipeStepOrder(machine=machine, number=0))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.final) == ("recipeSecretMissing", True)
    assert StoredSecret(name="Key", secret_url="https://v/secrets/x").secret_url not in str(refused)
