"""Every parameter of the template is handed on, by azd and without it, with the same values."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from deployment import steps
from deployment.clients import DeploymentError
from deployment.environment import Environment
from deployment.parameters import given, schemas, variable
from tests.deployment.simulated import SUBSCRIPTION, Cloud, place
from tests.house.tree import ROOT, text
from tests.infra import judge
from tests.infra.parameters import OF_STEPS, Parameter, made, parameters

INFRA = ROOT / "infra"
MAIN, WHOLE = parameters(INFRA / "main.bicep"), parameters(INFRA / "azd.bicep")
STEPS = {
    "AZURE_ENV_NAME": "test",
    "AZURE_LOCATION": "westeurope",
    "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
    "AZURE_TENANT_ID": "11111111-1111-1111-1111-111111111111",
    "DESKWRIGHT_API_CLIENT_ID": "a",
    "DESKWRIGHT_SIGN_IN_CLIENT_ID": "b",
}


@pytest.mark.parametrize("file", made(), ids=lambda file: file.name)
def test_what_follows_from_the_parameters_is_written(file: Path) -> None:
    """Else: `make infra`."""
    assert text(file) == made()[file]


def test_every_parameter_of_the_service_is_handed_on() -> None:
    names = {each.name for each in WHOLE}
    assert {each.name for each in MAIN} <= names
    assert set(schemas()) == names - set(OF_STEPS)


def another(parameter: Parameter) -> tuple[str, Any]:
    """Return a value that is no default, as a variable and as JSON."""
    schema = parameter.schema
    match schema["type"]:
        case "string" if "enum" in schema:
            return (schema["enum"][-1],) * 2
        case "string":
            return ("o" * max(schema.get("minLength", 1), 3),) * 2
        case "integer":
            return str(schema["minimum"]), schema["minimum"]
        case "boolean":
            return str(not schema["default"]).lower(), not schema["default"]
        case "array":
            return "one, two", ["one", "two"]
        case _:
            return '{"a": "b"}', {"a": "b"}


def without_azd(folder: Path, file: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Return the values that `python -m deployment` gives the template, with the template's defaults."""
    where = place(Cloud(), folder, **environment)
    declared: dict[str, Any] = {"parameters": {each.name: {} for each in WHOLE}}
    asked = steps.plan(steps.Place(where.environment, where.graph, where.arm, parameters=file), declared).parameters
    return {name: schema["default"] for name, schema in schemas().items()} | asked


def with_azd(folder: Path, file: Path, environment: dict[str, str]) -> dict[str, Any]:
    copy = folder / "azd.bicepparam"
    shutil.copyfile(INFRA / "azd.bicepparam", copy)
    shutil.copyfile(file, folder / "parameters.json")
    return judge.parameters(copy, environment)


@pytest.mark.parametrize("by", ["nothing", "variables", "file", "both"])
def test_the_template_gets_the_same_values_from_azd_and_without_it(tmp_path: Path, by: str) -> None:
    rows = {each.name: each for each in (*WHOLE, *MAIN) if each.name not in OF_STEPS}
    file, environment = tmp_path / "given.json", dict(STEPS)
    if by in {"variables", "both"}:
        environment |= {variable(name): another(each)[0] for name, each in rows.items()}
    kept = {name: another(each)[1] for name, each in rows.items()} if by == "file" else {}
    kept = {name: each.default for name, each in rows.items()} if by == "both" else kept
    file.write_text(json.dumps({"$schema": "x", **kept}), "utf-8")
    found = without_azd(tmp_path, file, environment)
    assert found == with_azd(tmp_path, file, environment)
    wanted = {name: each.default if by == "nothing" else another(each)[1] for name, each in rows.items()}
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("variables", "file", "says"),
    [
        (
            {"DESKWRIGHT_EXPORT_EVERY_HOURS": "hourly"},
            {},
            "DESKWRIGHT_EXPORT_EVERY_HOURS is 'hourly', which is no whole",
        ),
        ({"DESKWRIGHT_EXPORT_EVERY_HOURS": "25"}, {}, "is 25, which is beyond its limits: 1 to 24"),
        ({}, {"exportEveryHours": "1"}, r"parameters\.json: exportEveryHours is \"1\", which is no integer"),
        ({}, {"exportEveryHours": True}, "is true, which is no integer"),
        ({}, {"name": "abc"}, "beyond its limits: 4 to 10"),
        ({}, {"storageSku": "Premium_ZRS"}, "is none of Standard_ZRS"),
        ({}, {"allowedAddresses": [1]}, "has 1, which is no text"),
        ({"DESKWRIGHT_TAGS": "{"}, {}, "which is no JSON object"),
        ({}, {"exportEveryHour": 1}, "there is no parameter 'exportEveryHour'"),
    ],
)
def test_a_value_that_is_none_ends_before_anything_is_deployed(
    tmp_path: Path, variables: dict[str, str], file: dict[str, Any], says: str
) -> None:
    path = tmp_path / "parameters.json"
    path.write_text(json.dumps(file), "utf-8")
    with pytest.raises(DeploymentError, match=says):
        given(Environment(tmp_path, "test", variables), path)


def test_our_own_file_of_parameters_changes_nothing() -> None:
    assert json.loads(text(INFRA / "parameters.json")) == {"$schema": "./parameters.schema.json"}
