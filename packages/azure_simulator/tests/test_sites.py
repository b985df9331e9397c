"""Function apps and their deployment sites: packages that are taken, built and refused."""

import io
import json
import zipfile
from typing import Any

import jwt
import pytest
from azure_simulator.core.requests import Reply, Request

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.in_process import ARM, GROUP, InProcessCloud, open_cloud

PLAN = f"{GROUP}/providers/Microsoft.Web/serverfarms/plan"
SITE = f"{GROUP}/providers/Microsoft.Web/sites/desk-app"
PLAN_BODY = {"location": REGION, "kind": "functionapp", "sku": {"name": "FC1"}, "properties": {"reserved": True}}
CONFIG = {
    "deployment": {"storage": {"type": "blobContainer", "value": "https://a.blob.core.windows.net/package"}},
    "runtime": {"name": "python", "version": "3.11"},
    "scaleAndConcurrency": {"instanceMemoryMB": 2048, "maximumInstanceCount": 40},
}
BODY: dict[str, Any] = {
    "location": REGION,
    "kind": "functionapp,linux",
    "tags": {"azd-service-name": "api"},
    "properties": {"serverFarmId": PLAN, "httpsOnly": True, "functionAppConfig": CONFIG},
}


def zipped(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return made.getvalue()


GOOD = zipped("host.json", "requirements.txt", "function_app.py")


def opened() -> InProcessCloud:
    app = open_cloud("real")
    app.request("PUT", GROUP, {"location": REGION})
    app.request("PUT", PLAN, PLAN_BODY)
    app.request("PUT", SITE, BODY)
    app.advance(60)
    return app


def site(app: InProcessCloud, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
    bare, _, query = path.partition("?")
    sent = {"host": "desk-app.scm.azurewebsites.net", "authorization": f"Bearer {app.token()}"}
    return app.cloud.handle(Request(method, bare, query, {**sent, "content-type": "application/zip", **headers}, body))


def published(app: InProcessCloud, package: bytes = GOOD, query: str = "?RemoteBuild=true") -> str:
    reply = site(app, "POST", f"/api/publish{query}", package)
    assert reply.status == 202, reply.body
    return str(json.loads(reply.body))


def shown(app: InProcessCloud, name: str) -> Any:
    return json.loads(site(app, "GET", f"/api/deployments/{name}").body)


def test_an_app_has_an_address_and_its_plan_stays() -> None:
    app = opened()
    made = app.request("GET", SITE)
    assert made["properties"]["defaultHostName"] == "desk-app.azurewebsites.net"
    assert made["tags"] == {"azd-service-name": "api"}
    assert app.error("DELETE", PLAN)[0] == 409


def test_an_app_is_stopped_and_started_and_a_deployment_leaves_it_as_it_is() -> None:
    app = opened()
    app.request("POST", f"{SITE}/stop")
    app.request("PUT", SITE, BODY)
    app.advance(60)
    assert app.request("GET", SITE)["properties"]["state"] == "Stopped"
    app.request("POST", f"{SITE}/start")
    assert app.request("GET", SITE)["properties"]["state"] == "Running"
    assert app.error("POST", f"{SITE}x/stop") == (404, "ResourceNotFound")


def test_a_package_is_built_and_started() -> None:
    app = opened()
    name = published(app)
    assert (shown(app, name)["status"], shown(app, name)["complete"]) == (1, False)
    app.advance(300)
    assert (shown(app, "latest")["status"], shown(app, name)["active"]) == (4, True)


@pytest.mark.parametrize(
    ("package", "query", "says"),
    [
        (zipped("function_app.py", "requirements.txt"), "?RemoteBuild=true", "no host.json"),
        (zipped("app/host.json"), "?RemoteBuild=true", "no host.json"),
        (zipped("host.json"), "?RemoteBuild=true", "requirements.txt"),
        (GOOD, "", ".python_packages"),
    ],
)
def test_a_package_that_cannot_start_is_taken_and_fails(package: bytes, query: str, says: str) -> None:
    app = opened()
    name = published(app, package, query)
    app.advance(300)
    found = shown(app, name)
    assert (found["status"], says in found["status_text"]) == (3, True)


def test_what_is_no_package_is_refused() -> None:
    app = opened()
    assert site(app, "POST", "/api/publish", b"text").status == 400
    assert site(app, "POST", "/api/publish", GOOD[:-30]).status == 400
    assert site(app, "POST", "/api/publish?RemoteBuild=perhaps", GOOD).status == 400
    assert site(app, "POST", "/api/publish", GOOD, **{"content-type": "application/json"}).status == 415
    assert site(app, "POST", "/api/publish", GOOD, host="other.scm.azurewebsites.net").status == 404
    assert site(app, "GET", "/api/deployments/none").status == 404
    assert site(app, "POST", "/api/publish", GOOD, authorization="Bearer x").status == 401


def test_two_packages_at_a_time_are_one_too_many() -> None:
    app = opened()
    published(app)
    assert site(app, "POST", "/api/publish?RemoteBuild=true", GOOD).status == 409


def test_who_may_not_publish_is_refused() -> None:
    app = opened()
    token = app.token("some")
    oid = jwt.decode(token, options={"verify_signature": False})["oid"]
    app.sim("POST", "seed", {"principals": [{"id": oid, "name": "some", "actions": ["*/read"]}]})
    assert site(app, "POST", "/api/publish", GOOD, authorization=f"Bearer {token}").status == 403


REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"kind": "app"}, 400),
    ({"properties": {**BODY["properties"], "serverFarmId": f"{PLAN}2"}}, 404),
    ({"properties": {"serverFarmId": PLAN}}, 400),
    ({"properties": {"serverFarmId": PLAN, "functionAppConfig": {**CONFIG, "runtime": {"name": "cobol"}}}}, 400),
    ({"properties": {"serverFarmId": PLAN, "functionAppConfig": {**CONFIG, "scaleAndConcurrency": {}}}}, 400),
    ({"properties": {"serverFarmId": PLAN, "functionAppConfig": {**CONFIG, "deployment": {}}}}, 400),
    ({"colour": "red"}, 400),
]


@pytest.mark.parametrize(("changed", "status"), REFUSED)
def test_an_app_that_flex_consumption_does_not_have_is_refused(changed: dict[str, Any], status: int) -> None:
    app = opened()
    assert app.error("PUT", SITE.replace("desk-app", "other"), {**BODY, **changed})[0] == status


def test_a_name_is_taken_in_the_whole_world() -> None:
    app = opened()
    app.request("PUT", GROUP.replace("desks", "more"), {"location": REGION})
    assert app.error("PUT", SITE.replace("/desks/", "/more/"), BODY) == (409, "Conflict")
    assert ARM in app.cloud.planes["deploymentSite"].audiences
