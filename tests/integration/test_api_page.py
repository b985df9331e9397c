"""docs/api.md is true: every body in it is sent to its route, and every setting of a tenant is in its table."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.domain.tenants.tenant import TenantSettings
from shared.errors import ConflictError, NameTakenError
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.desks import Desk, on_paper
from tests.integration.scene import Scene, Trace
from tests.integration.scenes import OFFERED, SCENES, SCHEDULE, TWO, VNET, WORKS
from triggers.http.graph import BASE
from triggers.http.openapi import routes as declared

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
SAVE = "POST tenants/{tenant}/wizards/{wizard}"
_MARKS = re.compile(
    r"^```json\n(?P<body>.*?)^```"
    r"|^#### `(?P<wizard>[\w-]+)` \u2192 `(?P<saved>\d+)`"
    r"|`(?P<method>POST|PUT|PATCH) (?P<route>/[^`]+)`(?: \([^)]*\))?(?: \u2192 `(?P<status>\d+)`)?",
    re.MULTILINE | re.DOTALL,
)
_ROW = re.compile(r"^\| `(\w+) /(\S+)` \| `(\{.*\})` \| `(\d+)` \|$", re.MULTILINE)
SAID = {
    "<id of the connection>": "c1",
    "<id of the device image>": "i1",
    "<id of a gallery image>": OFFERED.id,
    "microsoftwindowsdesktop_windows-ent-cpc_win11-24h2-ent-cpc-m365": OFFERED.id,
    "<object id of the group>": "g2",
    "<id of a service plan>": "sku-2",
    "<id of a power schedule>": SCHEDULE.id,
    "<id of another policy>": TWO.id,
    "<id of a restore point>": "rp1",
    "<id of a Cloud PC>": WORKS.id,
    "microsoftwindowsdesktop_office-365_win11-24h2-avd-m365": OFFERED.id,
    "<id of the image set>": "5e700000",
    '"displayName": "Teachers"': '"displayName": "Pupils"',
    "<id>": "p1",
    '"weu"': '"west"',
    '"id": "contoso"': '"id": "fabrikam"',
    "11111111-2222-3333-4444-555555555555": VNET.split("/")[2],
}
"""Values that a reader would fill in for the office of these tests."""


def fenced() -> Iterator[tuple[str, dict[str, str], dict[str, Any], int]]:
    """Yield the bodies in fences with the route that was named last before each."""
    name, at, status = "", {}, 202
    for found in _MARKS.finditer(PAGE):
        if found["wizard"]:
            name, at, status = SAVE, {"wizard": found["wizard"]}, int(found["saved"])
        elif found["route"]:
            route = found["route"].removeprefix("/api").removeprefix("/").replace("$T", "{tenant}")
            name, at, status = f"{found['method']} {re.sub('sites/weu', 'sites/{site}', route)}", {}, 202
            if "sites/{site}" in name:
                at = {"site": "weu"}
            dry = '"dryRun": true' in PAGE[found.end() : found.end() + 400]
            status = int(found["status"] or (200 if dry or found["method"] == "PATCH" else 202))
        elif found["body"]:
            yield name, at, json.loads(filled(found["body"])), status


def rows() -> Iterator[tuple[str, dict[str, str], dict[str, Any], int]]:
    """Yield the bodies of the table."""
    for method, route, body, status in _ROW.findall(PAGE):
        at = {"wizard": "create-connection"} if "{wizard}" in route else {}
        yield f"{method} {route}", at, json.loads(filled(body)), int(status)


def filled(text: str) -> str:
    for said, there in SAID.items():
        text = text.replace(said, there)
    return text


SENT = [*fenced(), *rows()]


def test_every_route_with_a_body_has_one_on_the_page() -> None:
    taking = {
        f"{route.method.upper()} " + route.address.replace(BASE, "…")
        for route in declared()
        if route.metadata is not None and route.metadata.accepts is not None
    }
    mine = {name for name in taking if "{version}/me/" in name}  # the same bodies as without a tenant
    assert taking - mine - {"POST graph/notifications"} == {name for name, *_ in SENT}


@pytest.mark.parametrize("number", range(len(SENT)), ids=[f"{n}-{name}" for n, (name, *_) in enumerate(SENT)])
async def test_every_body_of_the_page_is_taken(office: Office, routes: dict[str, Any], number: int) -> None:
    name, at, body, status = SENT[number]
    scene = SCENES.get(name, Scene(Trace.ASKED, given=(("cloud_pcs", WORKS),)))
    if "spotGroups" in name:
        on_paper(office, h1=Desk(sessions={"ada@contoso.example": "Active"} if "sessions" in name else {}))
    office.directory.groups["of-eve"] = {"eve"}
    for repository, value in scene.given:
        try:
            await getattr(office, repository).insert(value)
        except (ConflictError, NameTakenError):
            continue  # it is there already
    answer = await ask(routes[name], name, body=json.dumps(body).encode(), at={**scene.at, **at})
    assert answer.status_code == status, answer.get_body()


def test_every_setting_of_a_tenant_is_in_the_table_with_its_default_and_bounds() -> None:
    schema = TenantSettings.model_json_schema(by_alias=True)["properties"]
    for field in schema:
        (row,) = re.findall(rf"^\| `{field}` \| (.*?) \| (.*?) \| .+ \|$", PAGE, re.MULTILINE)
        default, bounds = row
        there = TenantSettings().to_json().get(field)
        shown = "none" if there is None else there if isinstance(there, str) else json.dumps(there)
        assert default.strip("`") == shown, field
        if "minimum" in schema[field]:
            assert bounds == f"{schema[field]['minimum']} to {schema[field]['maximum']}", field


def test_the_table_names_no_setting_that_there_is_not() -> None:
    table = PAGE.partition("## Settings of a tenant")[2].partition("\n## ")[0]
    fields = TenantSettings.model_json_schema(by_alias=True)["properties"].keys()
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(fields)
