"""Files and the service: comparisons, changes, and refusals before any change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from deskwright import yaml_text
from deskwright.errors import ExitCode
from deskwright.manifests import KINDS

from cli.tests.conftest import Command, Service

TENANT = {"id": "contoso", "subscriptionId": "s1", "displayName": "Contoso", "settings": {"gracePeriodInHours": 168}}
BASE = "/tenants/contoso"
GRAPH = f"{BASE}/beta/deviceManagement/virtualEndpoint"
NETWORK = "/subscriptions/s1/resourceGroups/r/providers/Microsoft.Network/virtualNetworks/n"
CONNECTION = {
    "id": "c1",
    "displayName": "Hybrid",
    "connectionType": "hybridAzureADJoin",
    "subscriptionId": "s1",
    "virtualNetworkId": NETWORK,
    "adDomainName": "corp.example",
    "adDomainUsername": "join@corp.example",
    "organizationalUnit": None,
    "@deskwright.siteId": "main",
    "@deskwright.subnetIds": [f"{NETWORK}/subnets/a"],
}
GROUP = {
    "id": "g1",
    "displayName": "Desk",
    "licenseType": "pooled",
    "quantity": 10,
    "siteId": "main",
    "connectionId": "c1",
    "imageSetId": "i1",
    "imageVersion": "0.0.0",
    "groupIds": [],
    "tags": {"team": "it"},
    "capacity": {"minimumOnline": 0, "schedule": {"phases": [{"begins": "18:00:00", "days": [1], "rests": True}]}},
}
IMAGE_SET = {"id": "i1", "displayName": "Shared", "isGlobal": False, "siteId": "main", "recipe": {"steps": []}}
REVIEW: dict[str, Any] = {"valid": True, "warnings": [], "steps": []}


@pytest.fixture(autouse=True)
def _contoso(service: Service, settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del settings
    monkeypatch.setenv("DESKWRIGHT_TENANT", "contoso")
    fill(service)


def fill(service: Service) -> None:
    """Give it a tenant with a connection of a hybrid join, an image set and a Spot Group."""
    service.put("GET", BASE, TENANT)
    service.put("GET", f"{BASE}/sites", {"value": [{"id": "main", "displayName": "Main"}]})
    for name, thing in (("onPremisesConnections", CONNECTION), ("imageSets", IMAGE_SET), ("spotGroups", GROUP)):
        service.put("GET", f"{GRAPH}/{name}", {"value": [thing]})
        service.put("GET", f"{GRAPH}/{name}/{thing['id']}", thing, ETag='"1"')
    for name in ("deviceImages", "provisioningPolicies", "powerSchedules"):
        service.put("GET", f"{GRAPH}/{name}", {"value": []})
    service.put("GET", f"{BASE}/userSettings", {"value": []})
    service.put("POST", f"{BASE}/wizards/create-image-set/review", REVIEW)
    service.put("POST", f"{BASE}/wizards/edit-image-set/review", REVIEW)


def written(tmp_path: Path, *documents: dict[str, Any]) -> tuple[str, ...]:
    (tmp_path / "tenant.yaml").write_text(yaml.safe_dump_all(documents))
    return ("-f", str(tmp_path / "tenant.yaml"))


def changes(service: Service) -> list[str]:
    """Paths of the requests that were sent, except GET requests and reviews."""
    return [each.path for each in service.asked if each.method != "GET" and not each.path.endswith("/review")]


def of(kind: str, name: str, **said: Any) -> dict[str, Any]:
    return {"kind": kind, "displayName": name, **said}


def test_what_was_exported_differs_in_nothing(deskwright: Command, tmp_path: Path) -> None:
    kinds = ("tenant", "connection", "imageSet", "spotGroup")
    exported = deskwright("export", *(word for kind in kinds for word in ("--kind", kind)))
    (tmp_path / "all.yaml").write_text(exported.out)
    ended = deskwright("diff", "-f", str(tmp_path / "all.yaml"), "--exit-code", "-o", "json")
    assert [(each["kind"], each["action"]) for each in ended.json] == [(kind, "unchanged") for kind in kinds]
    assert ended.code == 0


def test_a_policy_of_a_file_names_its_power_schedule(deskwright: Command, service: Service, tmp_path: Path) -> None:
    office = {"id": "ps1", "displayName": "Office hours"}
    policy = {
        "id": "p1",
        "displayName": "Desks",
        "imageType": "gallery",
        "imageId": "w11",
        "gracePeriodInHours": 168,
        "domainJoinConfigurations": [],
        "@deskwright.securityDefaults": {},
        "@deskwright.powerScheduleId": "ps1",
    }
    service.answers[f"GET /api{GRAPH}/powerSchedules"] = [(200, {"value": [office]}, {})]
    service.answers[f"GET /api{GRAPH}/provisioningPolicies"] = [(200, {"value": [policy]}, {})]
    service.put("GET", f"{GRAPH}/provisioningPolicies/p1", policy, ETag='"1"')
    exported = deskwright("export", "--kind", "provisioningPolicy")
    assert yaml.safe_load(exported.out)["powerSchedule"] == "Office hours"
    service.put("POST", f"{BASE}/wizards/edit-provisioning-policy/review", REVIEW)
    service.put("POST", f"{BASE}/dryRun", {"value": []})
    service.put("PATCH", f"{GRAPH}/provisioningPolicies/p1", policy)
    off = of("provisioningPolicy", "Desks", powerSchedule=None)
    assert deskwright("apply", *written(tmp_path, off), "--yes").code == 0
    (asked,) = service.requests("PATCH", f"{GRAPH}/provisioningPolicies/p1")
    assert asked.body == {"@deskwright.powerScheduleId": None}


@pytest.mark.parametrize(
    "said",
    [
        {"site": "Main", "connectionType": "hybridAzureADJoin"},
        {"virtualNetworkId": NETWORK.upper().replace("/SUBSCRIPTIONS", "/subscriptions")},
        {"organizationalUnit": None},
        {"adDomainPassword": {"env": "NOBODY_SETS_THIS"}},
    ],
)
def test_the_same_in_other_words_is_no_difference(deskwright: Command, tmp_path: Path, said: dict[str, Any]) -> None:
    ended = deskwright("apply", *written(tmp_path, of("connection", "hybrid", **said)), "-o", "json")
    assert (ended.code, ended.json[0]["action"]) == (0, "unchanged")


def test_a_schedule_is_compared_by_what_it_names(deskwright: Command, tmp_path: Path) -> None:
    phase = {"begins": "18:00", "rests": True}
    same = deskwright("diff", *written(tmp_path, of("spotGroup", "Desk", capacity={"schedule": {"phases": [phase]}})))
    assert same.out == "spotGroup Desk: unchanged\n"
    other = {**phase, "rests": False}
    ended = deskwright("diff", *written(tmp_path, of("spotGroup", "Desk", capacity={"schedule": {"phases": [other]}})))
    assert "+ capacity.schedule.phases: " in ended.out


@pytest.mark.parametrize(
    ("document", "code", "said"),
    [
        (of("provisioningPolicy", "Office", connections=["Nowhere"]), ExitCode.NOT_FOUND, "no connection 'Nowhere'"),
        (of("spotGroup", "New", imageSet="Nothing"), ExitCode.NOT_FOUND, "spotGroup New: there is no imageSet"),
        (of("connection", "Hybrid", connectionType="azureADJoin"), ExitCode.USAGE, "connectionType cannot be changed"),
        (of("spotGroup", "Desk", site="Main", licenseType="personal"), ExitCode.USAGE, "licenseType cannot be"),
        (of("connection", "Hybrid", adDomainName="other.example"), ExitCode.USAGE, "adDomainPassword is missing"),
        (of("connection", "Hybrid", adDomainPassword="secret-1"), ExitCode.USAGE, "{env: NAME} or {file: PATH}"),
        (of("connection", "Hybrid", site=["main"]), ExitCode.USAGE, "site is a name"),
        (of("spotGroup", "Desk", groups="Staff"), ExitCode.USAGE, "groups is a list of names"),
        (of("imageSet", "New", site="main", isGlobal=True), ExitCode.USAGE, "write one of site, isGlobal"),
        (of("imageSet", "New", isGlobal=[]), ExitCode.USAGE, "write one of site, isGlobal"),
        (of("deviceImage", "Lab", version=1.0), ExitCode.USAGE, "write version, as a text"),
        (of("connection", "Hybrid", colour="red"), ExitCode.USAGE, "a connection has no colour"),
        (of("sites", "Main"), ExitCode.USAGE, "write kind: one of"),
    ],
)
def test_what_cannot_be_is_said_before_anything_changes(
    deskwright: Command, service: Service, tmp_path: Path, document: dict[str, Any], code: int, said: str
) -> None:
    first = of("imageSet", "Shared", description="changed")
    ended = deskwright("apply", *written(tmp_path, first, document), "--yes")
    assert (ended.code, changes(service)) == (code, [])
    assert said in ended.err
    assert "secret-1" not in ended.out + ended.err


def test_what_the_service_finds_wrong_is_said_before_anything_changes(
    deskwright: Command, service: Service, tmp_path: Path
) -> None:
    wrong = {"name": "license", "errors": [{"pointer": "/license/quantity", "message": "choose at most 12"}]}
    service.put("POST", f"{BASE}/wizards/edit-spot-group/review", {**REVIEW, "valid": False, "steps": [wrong]})
    documents = (of("imageSet", "Shared", description="changed"), of("spotGroup", "Desk", quantity=99))
    ended = deskwright("apply", *written(tmp_path, *documents), "--yes")
    assert (ended.code, changes(service)) == (ExitCode.USAGE, [])
    assert "spotGroup Desk: /license/quantity: choose at most 12" in ended.err


def test_a_password_is_read_where_the_file_says_and_never_shown(
    deskwright: Command, service: Service, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("secret-1\r\n")
    service.put("POST", f"{BASE}/wizards/edit-connection/review", REVIEW)
    service.put("POST", f"{BASE}/wizards/edit-connection", CONNECTION)
    password = {"file": str(tmp_path / "password")}
    said = of("connection", "Hybrid", adDomainUsername="new@corp.example", adDomainPassword=password)
    for more in (("--dry-run",), ("--yes",)):
        ended = deskwright("apply", *written(tmp_path, said), *more)
        assert ended.code == 0
        assert "secret-1" not in ended.out + ended.err
    (sent,) = service.requests("POST", f"{BASE}/wizards/edit-connection")
    domain = {"adDomainName": "corp.example", "adDomainUsername": "new@corp.example", "adDomainPassword": "secret-1"}
    assert sent.body == {"connection": {"connectionId": "c1"}, "credentials": {"domain": domain}}
    assert sent.headers["if-match"] == '"1"'


@pytest.mark.parametrize(
    ("wizard", "said"), [("edit-spot-group", {"quantity": 12}), ("update-spot-group", {"imageVersion": "0.0.1"})]
)
def test_what_was_changed_meanwhile_is_not_overwritten(
    deskwright: Command, service: Service, tmp_path: Path, wizard: str, said: dict[str, Any]
) -> None:
    service.put("POST", f"{BASE}/wizards/{wizard}/review", REVIEW)
    service.put("POST", f"{BASE}/wizards/{wizard}", {"title": "It has changed", "detail": "read it again"}, 412)
    ended = deskwright("apply", *written(tmp_path, of("spotGroup", "Desk", **said)), "--yes")
    assert (ended.code, "0 of 1 changes were written" in ended.err) == (ExitCode.CONFLICT, True)
    (sent,) = service.requests("POST", f"{BASE}/wizards/{wizard}")
    assert sent.headers["if-match"] == '"1"'


def test_another_version_of_the_image_is_a_release_that_signs_off_nobody(
    deskwright: Command, service: Service, tmp_path: Path
) -> None:
    for end in ("/review", ""):
        service.put("POST", f"{BASE}/wizards/update-spot-group{end}", REVIEW)
    assert deskwright("apply", *written(tmp_path, of("spotGroup", "Desk", imageVersion="0.0.1")), "--yes").code == 0
    (sent,) = service.requests("POST", f"{BASE}/wizards/update-spot-group")
    assert sent.body["image"] == {"imageSetId": "i1", "imageVersion": "0.0.1"}
    assert sent.body["method"] == {"method": "opportunistic"}


def test_of_a_group_what_is_not_named_stays(deskwright: Command, service: Service, tmp_path: Path) -> None:
    for end in ("/review", ""):
        service.put("POST", f"{BASE}/wizards/edit-spot-group{end}", REVIEW)
    said = of("spotGroup", "Desk", capacity={"minimumOnline": 1}, tags={"floor": "2"})
    assert deskwright("apply", *written(tmp_path, said), "--yes").code == 0
    (sent,) = service.requests("POST", f"{BASE}/wizards/edit-spot-group")
    assert sent.body["name"] == {"tags": {"team": "it", "floor": "2"}}
    assert sent.body["capacity"]["capacity"] == {**GROUP["capacity"], "minimumOnline": 1}  # type: ignore[dict-item]


def test_what_has_to_be_built_first_is_waited_for_or_nothing_is_begun(
    deskwright: Command, service: Service, tmp_path: Path
) -> None:
    image = of("deviceImage", "Lab", version="1.0.0", site="main", galleryImageId="w11")
    policy = of("provisioningPolicy", "Lab", connections=["Hybrid"], image="Lab")
    service.put("POST", f"{BASE}/wizards/create-device-image/review", REVIEW)
    ended = deskwright("apply", *written(tmp_path, policy, image), "--yes")
    assert (ended.code, changes(service)) == (ExitCode.USAGE, [])
    assert "needs the deviceImage Lab 1.0.0, which is built first" in ended.err
    begun = {"Operation_Location": f"/api{BASE}/operations/7"}
    service.put("POST", f"{BASE}/wizards/create-device-image", {"id": "7"}, 202, **begun)
    service.put("GET", f"{BASE}/operations/7", {"id": "7", "status": "failed", "error": {"message": "no capacity"}})
    ended = deskwright("apply", *written(tmp_path, policy, image), "--yes", "--wait")
    assert (ended.code, changes(service)) == (ExitCode.OPERATION_FAILED, [f"/api{BASE}/wizards/create-device-image"])
    assert "1 of 2 changes were written" in ended.err


def test_what_is_built_since_an_earlier_time_is_waited_for(
    deskwright: Command, service: Service, tmp_path: Path
) -> None:
    view = {"id": "d1", "displayName": "Lab", "version": "1.0.0", "status": "pending", "@deskwright.operationId": "7"}
    view |= {"@deskwright.siteId": "main", "@deskwright.galleryImageId": "w11"}
    service.answers[f"GET /api{GRAPH}/deviceImages"] = [(200, {"value": [view]}, {})]
    service.put("GET", f"{GRAPH}/deviceImages/d1", view)
    service.put("GET", f"{BASE}/operations/7", {"id": "7", "status": "succeeded"})
    service.put("POST", f"{BASE}/wizards/create-provisioning-policy/review", REVIEW)
    service.put("POST", f"{GRAPH}/provisioningPolicies", {"id": "p1"}, 201)
    image = of("deviceImage", "Lab", version="1.0.0")
    policy = of("provisioningPolicy", "Lab", connections=["Hybrid"], image="Lab")
    ended = deskwright("apply", *written(tmp_path, image, policy), "--yes")
    assert (ended.code, "is built first" in ended.err, changes(service)) == (ExitCode.USAGE, True, [])
    assert deskwright("apply", *written(tmp_path, image, policy), "--yes", "--wait").code == 0
    assert changes(service) == [f"/api{GRAPH}/provisioningPolicies"]
    assert len(service.requests("GET", f"{BASE}/operations/7")) == 1


def test_a_name_that_stands_for_nothing_is_not_found(deskwright: Command) -> None:
    ended = deskwright("export", "Desk", "Nobody", "--kind", "spotGroup")
    assert (ended.code, ended.out, "nothing is called nobody" in ended.err) == (ExitCode.NOT_FOUND, "", True)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_of_other_systems_are_read(deskwright: Command, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "x.yaml").write_text("kind: spotGroup\r\ndisplayName: Desk\r\nquantity: 10\r\n", encoding, newline="")
    assert deskwright("diff", "-f", str(tmp_path / "x.yaml")).out == "spotGroup Desk: unchanged\n"


def test_values_of_a_wrong_shape_are_told_by_the_service(deskwright: Command, service: Service, tmp_path: Path) -> None:
    wrong = {"name": "configuration", "errors": [{"pointer": "/configuration/locale", "message": "write a text"}]}
    review = f"{BASE}/wizards/create-provisioning-policy/review"
    service.put("POST", review, {**REVIEW, "valid": False, "steps": [wrong]})
    said: dict[str, Any] = {"windowsSetting": 1.5, "connections": None, "image": None, "securityDefaults": [None]}
    ended = deskwright("apply", *written(tmp_path, of("provisioningPolicy", "New", **said)), "--yes")
    assert (ended.code, changes(service)) == (ExitCode.USAGE, [])
    assert "/configuration/locale: write a text" in ended.err
    (sent,) = service.requests("POST", review)
    assert sent.body["configuration"] == {"locale": 1.5, "securityDefaults": [None]}


def test_a_connection_goes_back_to_the_tenants_own_subscription(
    deskwright: Command, service: Service, tmp_path: Path
) -> None:
    service.put("GET", f"{GRAPH}/onPremisesConnections/c1", {**CONNECTION, "subscriptionId": "s2"}, ETag='"1"')
    service.answers[f"GET /api{GRAPH}/onPremisesConnections/c1"].pop(0)
    for end in ("/review", ""):
        service.put("POST", f"{BASE}/wizards/edit-connection{end}", REVIEW)
    ended = deskwright("apply", *written(tmp_path, of("connection", "Hybrid", subscriptionId=None)), "--yes")
    assert ended.code == 0, ended.err
    (sent,) = service.requests("POST", f"{BASE}/wizards/edit-connection")
    assert sent.body["site"] == {"siteId": "main", "subscriptionId": "s1"}


def test_kinds_come_after_what_they_refer_to() -> None:
    order = list(KINDS)
    for kind in KINDS.values():
        assert all(order.index(other) < order.index(kind.name) for other in kind.references.values())
        assert {*kind.references, *kind.fixed, *kind.unread} <= kind.known


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("begins: 18:00", {"begins": "18:00"}),
        ("on: 2026-12-24", {"on": "2026-12-24"}),
        ("a: [yes, true, 010, 1.5, ~, '1', 1_000]", {"a": ["yes", True, 10, 1.5, None, "1", "1_000"]}),
        ('{"a": {"b": []}}', {"a": {"b": []}}),
        ("a: {1: x, true: y, null: z}", {"a": {"1": "x", "true": "y", "null": "z"}}),
        ("base: &b {x: 1}\na: {<<: *b, y: 2}", {"base": {"x": 1}, "a": {"x": 1, "y": 2}}),
    ],
)
def test_a_file_means_what_json_means(text: str, value: object) -> None:
    assert list(yaml_text.documents(text)) == [value]


@pytest.mark.parametrize(
    "text",
    [
        *("a: 1\na: 2", "a: &a [*a]", "!!python/object:os.system {}", "[" * 1200, "a: .nan", "\0"),
        *("? {a: 1}\n: b", "? [a]\n: b", "a: !!set {b, c}", "a: !!timestamp 2020-01-01", "a: !!binary aGk="),
        *("a: 1e999", 'a: "\\ud800"', "a: !!float x", "a: !!int x", "a: !!omap [1]"),
    ],
)
def test_what_is_no_document_is_told(deskwright: Command, service: Service, tmp_path: Path, text: str) -> None:
    (tmp_path / "wrong.yaml").write_text(text)
    ended = deskwright("apply", "-f", str(tmp_path / "wrong.yaml"), "--yes")
    assert (ended.code, changes(service)) == (ExitCode.USAGE, [])


def test_a_difference_steers_no_terminal(deskwright: Command, service: Service, tmp_path: Path) -> None:
    steering = "it\x1b[2J\x9b2J\x1b[32m"
    service.answers[f"GET /api{BASE}"] = [(200, {**TENANT, "displayName": steering}, {})]
    ended = deskwright("diff", *written(tmp_path, {"kind": "tenant", "id": "contoso", "displayName": "Contoso"}))
    assert "- displayName" in ended.out
    assert [each for each in ended.out + ended.err if not each.isprintable() and each != "\n"] == []
