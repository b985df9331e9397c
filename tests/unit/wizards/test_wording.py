"""Messages about a field say what to write: every field of every form is given every kind of wrong value."""

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, ValidationError

from shared.domain.tenants.tenant import Site, Tenant
from shared.domain.values import Value
from shared.domain.wizards import WIZARDS
from shared.domain.wizards.create_device_image import DeviceImageNameStep
from shared.domain.wizards.forms import FORMS, parse, problems_of
from shared.errors import InvalidError
from shared.services.actions.bulk import BulkForm
from shared.services.cloud_pcs.deprovisioning import ExtendForm, HoldForm
from shared.services.cloud_pcs.steps import RerunForm
from shared.services.tenants.directory_changes import DirectoryChange
from shared.services.tenants.tenants import TenantChange
from triggers.http.networks.connections import NewPassword
from triggers.http.policies.policies import PauseForm

MODELS: list[type[Value]] = [
    *(step.accepts for wizard in WIZARDS.values() for step in wizard.steps if step.accepts),
    *(Tenant, Site, TenantChange, BulkForm, ExtendForm, HoldForm, RerunForm, NewPassword, PauseForm),
    DirectoryChange,
]
WRONG: list[Any] = [
    None,
    True,
    7,
    -1,
    10**9,
    1.5,
    "",
    "?",
    "x" * 2000,
    [],
    ["?"],
    [[]],
    ["a"] * 200,
    {},
    {"?": 1},
    [{"?": None}],
]
PYDANTICS = re.compile(r"\b(String|Input|Tuple|List|Set|Dictionary|Value error|pattern|valid (string|integer|tuple))\b")


def every_wrong(model: type[Value]) -> Iterator[dict[str, Any]]:
    names = [field.alias or name for name, field in model.model_fields.items()]
    yield {}
    yield {"nobodyKnowsThis": 1}
    for name in names:
        for value in WRONG:
            yield {name: value}
            yield {name: dict.fromkeys(("adDomainName", "virtualNetworkId", "subnetIds", "count", "seats"), value)}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.__module__.rpartition('.')[2]}.{model.__name__}")
def test_no_message_is_the_validators_own(model: type[Value]) -> None:
    for form in every_wrong(model):
        try:
            parse(model, form)
        except ValidationError as error:
            for problem in problems_of(error):
                assert not PYDANTICS.search(problem.message), (form, problem)
                assert "docs/api.md" not in problem.message, (form, problem)
                assert "x" * 50 not in problem.message
                of_a_list = problem.message.startswith("name at ")
                assert not (of_a_list and isinstance(form.get(problem.pointer[1:]), str)), (form, problem)


def patterns(schema: Any, name: str = "") -> Iterator[str]:
    if isinstance(schema, dict):
        if "pattern" in schema and isinstance(schema["pattern"], str):
            yield name
        for key, value in schema.items():
            inner = name if key in {"items", "anyOf", "properties", "$defs", "prefixItems"} else key
            yield from patterns(value, name if key in {"items", "anyOf", "prefixItems"} else inner)
    elif isinstance(schema, list):
        for each in schema:
            yield from patterns(each, name)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.__module__.rpartition('.')[2]}.{model.__name__}")
def test_every_field_with_a_form_of_its_own_says_how_it_is_written(model: type[Value]) -> None:
    assert set(patterns(model.model_json_schema(by_alias=True))) <= FORMS.keys()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a\u00a0b", "ordinary space"),
        ("a\nb", "in one line"),
        ("a\tb", "control characters"),
        ("a\u202eb", "U+202E"),
        ("\u200c", "begin or end"),
        (" a", "begin or end with a space"),
        ("a<b", "may not be used"),
    ],
)
def test_a_name_that_may_not_be_used_says_why(name: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse(DeviceImageNameStep, {"displayName": name})
    (problem,) = problems_of(caught.value)
    assert words in problem.message


@pytest.mark.parametrize(
    "name", ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\U0001f469\u200d\U0001f4bb desk", "\u2764\ufe0f"]
)
def test_a_name_may_have_what_its_script_needs(name: str) -> None:
    assert parse(DeviceImageNameStep, json.loads(json.dumps({"displayName": name}))).display_name == name


def test_a_list_with_a_wrong_item_is_not_called_too_short_as_well() -> None:
    class Listed(BaseModel):
        names: tuple[Annotated[str, Field(max_length=1)], ...] = Field(min_length=1)

    with pytest.raises(ValidationError) as refused:
        Listed.model_validate({"names": ["too long"]})
    assert [problem.pointer for problem in problems_of(refused.value)] == ["/names/0"]


READ_BY_PEOPLE = ("displayName", "reason")
"""Fields of every form that hold what somebody wrote for others to read in one line."""


@pytest.mark.parametrize("written", ["a\nb", "a\x00b", "a\u00a0b", "\u202eb", " ", "a "], ids=ascii)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.__module__.rpartition('.')[2]}.{model.__name__}")
def test_what_people_read_is_one_line(model: type[Value], written: str) -> None:
    for name in {field.alias or key for key, field in model.model_fields.items()} & {*READ_BY_PEOPLE}:
        with pytest.raises(ValidationError) as caught:
            parse(model, {name: written})
        assert f"/{name}" in {problem.pointer for problem in problems_of(caught.value)}


@pytest.mark.parametrize("raw", [{"displayName": "\ud800"}, {"\udfff": 1}], ids=ascii)
def test_half_a_character_is_named(raw: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        parse(DeviceImageNameStep, raw)
    (problem,) = problems_of(caught.value)
    assert "characters that are not whole" in problem.message
    assert str(InvalidError(problem)) == problem.message


def test_a_resource_group_has_no_joiner() -> None:
    site = {"id": "weu", "tenantId": "acme", "displayName": "West", "region": "westeurope"}
    assert parse(Site, {**site, "resourceGroup": "(büro)-1"}).resource_group == "(büro)-1"
    with pytest.raises(ValidationError) as caught:
        parse(Site, {**site, "resourceGroup": "a\u200cb"})
    assert problems_of(caught.value)[0].message == FORMS["resourceGroup"]
