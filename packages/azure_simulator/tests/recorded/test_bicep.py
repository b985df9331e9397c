"""Templates as Microsoft's engine evaluates them: single expressions, and whole templates expanded to their resources.

`bicep/` was made with Bicep 0.49.2 from `infra/` of commit f6bafa8c: the compiled templates, each snapshot (the
resources that a template with parameters gives, one for each line), and 104 expressions with their values. A snapshot
keeps an expression where only a deployment, or its cloud, knows the value; such values are not compared.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure_simulator.core.answers import Problem
from azure_simulator.deployments.expressions import Later
from azure_simulator.deployments.templates import NESTED, Part, Place, Template, without_null

DATA = Path(__file__).parent / "bicep"
TENANT, SUBSCRIPTION = "11111111-1111-1111-1111-111111111111", "/subscriptions/22222222-2222-2222-2222-222222222222"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-deskwright"
EXPRESSIONS = [json.loads(line) for line in (DATA / "expressions.jsonl").read_text("utf-8").splitlines()]
API = {"name": "deskwright", "apiClientId": "44444444-4444-4444-4444-444444444444"}
NO_CLIENT = "00000000-0000-0000-0000-000000000000"
"""The value in `infra/main.bicepparam`."""
PRINCIPAL = {"principalId": "33333333-3333-3333-3333-333333333333"}
EXPANDED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "main": ("main", GROUP, {**API, "apiClientId": NO_CLIENT, "tags": {"service": "deskwright"}}),
    "main-anywhere": (
        "main",
        GROUP,
        {
            **API,
            "name": "abc",
            "reachableFrom": "anywhere",
            "storageSku": "Standard_LRS",
            "maximumInstanceCount": 1000,
        },
    ),
    "main-addresses": (
        "main",
        GROUP,
        {
            **API,
            "signInClientId": "55555555-5555-5555-5555-555555555555",
            "appClientId": "66666666-6666-6666-6666-666666666666",
            "allowedAddresses": ["198.51.100.7", "203.0.113.0/24"],
            "alertAddresses": ["ops@contoso.example"],
            "tags": {"costCenter": "42"},
        },
    ),
    "azd": (
        "azd",
        SUBSCRIPTION,
        {
            "environmentName": "prod",
            "location": "westeurope",
            "apiClientId": API["apiClientId"],
            "signInClientId": "",
            "appClientId": "",
        },
    ),
    "customer-whole": ("customer", SUBSCRIPTION, PRINCIPAL),
    "customer-groups": ("customer", SUBSCRIPTION, {**PRINCIPAL, "resourceGroups": ["desks-one", "desks-two"]}),
}
NOT_IN_BODIES = {"id", "type", "name", "apiVersion", "scope", "dependsOn"}


def template_of(scope: str, name: str, template: Any, given: Any) -> Template:
    types: Any = None  # only `providers()` asks for them
    return Template(Place(scope, "westeurope", name, TENANT), template, given, types)


@pytest.mark.parametrize("row", EXPRESSIONS, ids=lambda row: row["template"])
def test_an_expression_has_the_value_that_azure_computes(row: dict[str, Any]) -> None:
    place = template_of(GROUP, "main", {"resources": []}, {})
    if row.get("refused"):
        with pytest.raises(Problem):
            place.resolve(row["template"], _later)
    else:
        found = place.resolve(row["template"], _later)
        assert json.dumps(found) == json.dumps(row["value"])


def _later(wanted: str, full: bool) -> Later:  # noqa: FBT001 - called by an expression
    del full
    return Later(f"reference('{wanted}')")


def expanded(template: Template) -> Iterator[tuple[Part, Any]]:
    """Yield each resource of a template, and of the deployments in it, with its body."""
    for part in template.parts:
        body = without_null(template.body(part, _later))
        if part.type.lower() == NESTED:
            inner = body["properties"]
            group = part.id.partition("/providers/")[0]
            yield from expanded(template_of(group, part.name, inner["template"], inner.get("parameters") or {}))
        else:
            yield part, body


def differences(wanted: Any, found: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of values that are not the same."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name in wanted.keys() | found.keys():
            yield from differences(wanted.get(name), found.get(name), f"{path}/{name}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for index, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from differences(one, other, f"{path}/{index}")
    elif isinstance(wanted, str) and wanted.startswith("["):
        if not isinstance(found, Later) and "environment()" not in wanted:
            yield f"{path}: only a deployment knows {wanted}, and here it is {found}"
    elif wanted != found:
        yield f"{path}: {wanted} in Azure, {found} here"


@pytest.mark.parametrize("name", EXPANDED)
def test_a_compiled_template_gives_the_resources_of_its_snapshot(name: str) -> None:
    file, scope, given = EXPANDED[name]
    compiled = json.loads((DATA / f"{file}.compiled.json").read_text("utf-8"))
    whole = template_of(scope, name, compiled, {key: {"value": value} for key, value in given.items()})
    found = {part.id: (part, body) for part, body in expanded(whole)}
    snapshot = [json.loads(line) for line in (DATA / f"{name}.snapshot.jsonl").read_text("utf-8").splitlines()]
    wanted = {row["id"]: row for row in snapshot}
    assert found.keys() == wanted.keys()
    for key, row in wanted.items():
        part, body = found[key]
        assert (part.type, part.name, part.version) == (row["type"], row["name"], row["apiVersion"])
        rest = {member: value for member, value in row.items() if member not in NOT_IN_BODIES}
        assert list(differences(rest, body)) == [], key
