"""Lists over HTTP: chosen, ordered, counted, paged, as CSV, and not sent again while nothing has changed."""

import csv
import io
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.orphans import FoundResource, Judgement, OrphanType, orphan_of
from shared.domain.cloud_pcs.progress import CHOICES, KINDS
from shared.domain.operations.operation import SYSTEM, Actor
from shared.services.maintenance.measuring import fold_lists
from shared.storage.repository import Stored
from tests.integration import things
from tests.integration.asking import ask, told
from tests.integration.callers import Office
from triggers.http.openapi_metadata import Page, choices_of
from triggers.http.views.cloud_pcs import CloudPcView

PCS = "GET …/cloudPCs"
EVENTS = "GET …/auditEvents"
OPERATIONS = "GET tenants/{tenant}/operations"
STATUSES = [Status.PROVISIONED, Status.FAILED, Status.PENDING_PROVISION]


@pytest.fixture
async def full(office: Office) -> Office:
    """Nine Cloud PCs: u0 to u8, each a day younger, their statuses in turn."""
    pcs = [
        things.cloud_pc(
            f"u{n}",
            status=STATUSES[n % 3],
            created_date_time=things.NOW + timedelta(days=n),
            snapshot=things.snapshot() if n % 2 else None,
        )
        for n in range(9)
    ]
    await office.cloud_pcs.save_all([Stored(pc, "") for pc in pcs])
    return office


async def get(routes: Mapping[str, Any], name: str, status: int = 200, /, **query: str) -> Any:
    answer = await ask(routes[name], name, query={f"${each}": value for each, value in query.items()})
    assert answer.status_code == status, answer.get_body()
    return json.loads(answer.get_body()) if status == 200 else told(answer)


async def users(routes: Mapping[str, Any], **query: str) -> list[str]:
    body = await get(routes, PCS, **query)
    return [each["userPrincipalName"].partition("@")[0] for each in body["value"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"filter": "status eq 'failed'", "orderby": "userPrincipalName"}, ["u1", "u4", "u7"]),
        ({"filter": "status in ('failed','provisioned') and createdDateTime gt 2026-11-27T12:00:00Z"}, ["u7"]),
        ({"filter": "provisioningPolicyName eq 'everybody'", "orderby": "createdDateTime desc", "top": "2"}, ["u7"]),
        ({"filter": "startswith(userPrincipalName,'U3')"}, ["u3"]),
        ({"search": "contoso u5"}, ["u5"]),
        ({"filter": "not (provisioningPolicyId eq 'p1')", "orderby": "createdDateTime desc"}, ["u8"]),
    ],
)
async def test_filters_orders_and_searches_choose_cloud_pcs(
    full: Office, routes: dict[str, Any], query: dict[str, str], found: list[str]
) -> None:
    assert (await users(routes, **query))[: len(found)] == found


async def test_a_policy_is_found_by_the_name_that_it_has_today(full: Office, routes: dict[str, Any]) -> None:
    await full.policies.change("contoso", "p1", lambda policy: policy.but(display_name="Renamed"))
    assert len(await users(routes, filter="provisioningPolicyName eq 'Renamed'")) == 4
    assert await users(routes, filter="provisioningPolicyName eq 'Everybody'") == []


@pytest.mark.parametrize("folded", [False, True])
async def test_pages_go_on_where_the_last_one_ended(full: Office, routes: dict[str, Any], *, folded: bool) -> None:
    if folded:
        await fold_lists(full)
    body = await get(routes, PCS, orderby="status,createdDateTime desc", top="4", count="true")
    found, sizes = [], []
    while True:
        assert body["@odata.count"] == 9
        found += [each["userPrincipalName"].partition("@")[0] for each in body["value"]]
        sizes.append(len(body["value"]))
        if "@odata.nextLink" not in body:
            break
        following = dict(parse_qsl(urlsplit(body["@odata.nextLink"]).query))
        answer = await ask(routes[PCS], PCS, query=following)
        body = json.loads(answer.get_body())
    assert sizes == [4, 4, 1]
    assert found == ["u7", "u4", "u1", "u8", "u5", "u2", "u6", "u3", "u0"]


async def test_operations_and_bulk_actions_begin_with_the_newest(office: Office, routes: dict[str, Any]) -> None:
    for n in (2, 0, 1):
        await office.operations.insert(
            things.operation(id=f"o{n}", created_date_time=things.NOW + timedelta(hours=n), requested_by=f"by {n}")
        )
    assert [each["id"] for each in (await get(routes, OPERATIONS))["value"]] == ["o2", "o1", "o0"]
    assert [each["id"] for each in (await get(routes, OPERATIONS, filter="requestedBy ne 'BY 2'"))["value"]] == [
        "o1",
        "o0",
    ]
    assert next(each["id"] for each in (await get(routes, OPERATIONS, orderby="createdDateTime"))["value"]) == "o0"


async def test_the_audit_log_is_chosen_by_time_actor_and_activity(office: Office, routes: dict[str, Any]) -> None:
    for n in range(30):
        await office.audit.append(
            things.audit_event(
                id=f"e{n:02d}",
                activity_date_time=things.NOW + timedelta(minutes=n),
                actor=SYSTEM.but(id=f"a{n % 3}"),
                resource_id=f"r{n % 2}",
            )
        )
    ten = "2026-11-21T09:10:00Z"
    found = await get(routes, EVENTS, filter=f"activityDateTime lt {ten} and actor/userId in ('a0','A1')")
    assert [each["id"] for each in found["value"]] == ["e09", "e07", "e06", "e04", "e03", "e01", "e00"]
    found = await get(routes, EVENTS, filter="resourceId eq 'r1'", top="10")
    assert [each["id"] for each in found["value"]][:2] == ["e29", "e27"]
    in_capitals = await get(routes, EVENTS, filter="resourceId eq 'R1'", top="10")
    assert [each["id"] for each in in_capitals["value"]] == [each["id"] for each in found["value"]]
    following = dict(parse_qsl(urlsplit(found["@odata.nextLink"]).query))
    rest = json.loads((await ask(routes[EVENTS], EVENTS, query=following)).get_body())
    assert [each["id"] for each in rest["value"]] == ["e09", "e07", "e05", "e03", "e01"]
    assert "@odata.nextLink" not in rest
    assert await get(routes, EVENTS, 400, orderby="activity") == [
        ("$orderby", "audit events are ordered by activityDateTime desc")
    ]


async def test_a_page_of_the_audit_log_is_looked_for_among_so_many_events_only(
    office: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triggers.http.operations.audit._LOOKED_AT", 4)
    for n in range(10):
        event = things.audit_event(id=f"e{n}", activity_date_time=things.NOW + timedelta(minutes=n))
        await office.audit.append(event.but(correlation_id="x" if n == 2 else None))
    body, sizes = await get(routes, EVENTS, filter="correlationId eq 'x'"), []
    while "@odata.nextLink" in body:
        sizes.append(len(body["value"]))
        following = dict(parse_qsl(urlsplit(body["@odata.nextLink"]).query))
        body = json.loads((await ask(routes[EVENTS], EVENTS, query=following)).get_body())
    assert [*sizes, len(body["value"])] == [0, 1, 0]


CLIENT = "11111111-2222-4333-8444-555555555555"


async def test_an_application_whose_token_had_no_name_and_a_record_have_names_in_the_audit_log(
    full: Office, routes: dict[str, Any]
) -> None:
    full.directory.applications = {"sp-1": "Contoso automation"}
    pc = (await full.cloud_pcs.entries("contoso"))[0]
    actors = [Actor(id="sp-1", name=CLIENT), Actor(id="sp-2", name=CLIENT), Actor(id="sp-3", name="Nightly job")]
    for n, actor in enumerate(actors):
        at = things.NOW + timedelta(minutes=n)
        event = things.audit_event(id=f"e{n}", activity_date_time=at, actor=actor, resource_id=str(pc["id"]))
        await full.audit.append(event.but(before=None, after=None))
    found = (await get(routes, EVENTS, orderby="activityDateTime desc"))["value"]
    named = [each["actor"]["applicationDisplayName"] for each in found]
    assert named == ["Nightly job", CLIENT, "Contoso automation"]  # a directory without sp-2 leaves what the token said
    assert {each["resources"][0]["displayName"] for each in found} == {pc["displayName"]}
    assert [each for each in full.directory.reads if each.startswith("application")] == [
        "application sp-2",
        "application sp-1",
    ]


async def table(routes: Mapping[str, Any], name: str, **query: str) -> list[dict[str, str]]:
    headers = {"accept": "text/csv;q=1, application/json"}
    answer = await ask(routes[name], name, query={f"${k}": v for k, v in query.items()}, headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert ".csv" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.get_body().decode("utf-8-sig"), newline="")))


async def test_csv_has_everything_that_is_chosen_in_one_file(full: Office, routes: dict[str, Any]) -> None:
    await full.cloud_pcs.insert(things.cloud_pc("evil", display_name="=HYPERLINK(1)", status=Status.FAILED))
    found = await table(routes, PCS, filter="status eq 'failed'", orderby="createdDateTime desc", top="1")
    assert [each["userPrincipalName"].partition("@")[0] for each in found] == ["u7", "u4", "u1", "evil"]
    assert found[-1]["displayName"] == "'=HYPERLINK(1)"
    selected = await table(routes, PCS, select="userPrincipalName,@deskwright.progress", search="evil")
    assert list(selected[0]) == ["userPrincipalName", "deskwright.progress"]
    assert json.loads(selected[0]["deskwright.progress"])
    assert [each["displayName"] for each in await table(routes, "GET …/provisioningPolicies")] == ["Everybody"]


@pytest.mark.parametrize("name", [PCS, "GET …/provisioningPolicies", EVENTS, OPERATIONS])
async def test_what_no_item_ever_has_cannot_be_selected_as_json_or_csv(
    full: Office, routes: dict[str, Any], name: str
) -> None:
    for accept in ("application/json", "text/csv"):
        answer = await ask(routes[name], name, query={"$select": "id,=1+1"}, headers={"accept": accept})
        ((pointer, message),) = told(answer)
        assert (answer.status_code, pointer, "no property =1+1" in message) == (400, "$select", True), accept


FEW_VALUES = {
    PCS: "@deskwright.grace/cause",
    OPERATIONS: "status",
    "GET …/onPremisesConnections": "connectionType",
    "GET …/spotGroups": "licenseType",
}
"""A property of each list that has one of a few values, as its view declares."""


@pytest.mark.parametrize(("name", "filtered"), FEW_VALUES.items())
async def test_a_value_that_a_property_never_has_is_refused_with_those_it_may_have(
    full: Office, routes: dict[str, Any], name: str, filtered: str
) -> None:
    for accept in ("application/json", "text/csv"):
        query = {"$filter": f"{filtered} eq 'foo'"}
        answer = await ask(routes[name], name, query=query, headers={"accept": accept})
        ((pointer, message),) = told(answer)
        assert (answer.status_code, pointer) == (400, "$filter")
        assert message.startswith(f"{filtered} is never 'foo'; it is one of "), message


async def test_a_parameter_of_its_own_has_one_of_its_values_too(full: Office, routes: dict[str, Any]) -> None:
    orphans = "GET tenants/{tenant}/orphans"
    ((pointer, message),) = told(await ask(routes[orphans], orphans, query={"type": "Disc"}))
    assert (pointer, "virtualMachine" in message) == ("type", True)


def test_the_values_of_a_cloud_pc_s_properties_are_those_of_its_view() -> None:
    assert choices_of(Page(CloudPcView), tuple(KINDS)) == CHOICES


async def test_what_no_item_has_just_now_can_be_selected(full: Office, routes: dict[str, Any]) -> None:
    await full.operations.insert(things.operation(id="o1"))
    assert await get(routes, OPERATIONS, select="estimatedEndDateTime,error") == {"value": [{"id": "o1"}]}
    page = await get(routes, "GET …/provisioningPolicies", select="@deskwright.warnings", filter="id eq 'no'")
    assert page["value"] == []


async def test_tenants_sites_and_orphans_are_lists_like_all_others(office: Office, routes: dict[str, Any]) -> None:
    for n, region in enumerate(("northeurope", "westeurope", "westeurope")):
        site = things.site().but(id=f"s{n}", display_name=f"=Site {n}", region=region)
        await office.sites.insert(site)
        found = FoundResource(type=OrphanType.DISK, resource_id=f"/nics/{n}", name=f"nic{n}", cloud_pc_id="c1")
        judged = Judgement(why="why", advice="advice")
        orphan = orphan_of("contoso", "directory", found, judged, at=things.NOW, before=None)
        await office.orphans.insert(orphan)
        await office.tenants.insert(things.tenant(id=f"cust{n}", display_name=f"Customer {n}"))
    sites = "GET tenants/{tenant}/sites"
    body = await get(routes, sites, filter="startswith(id,'s') and region eq 'WestEurope'", orderby="id desc", top="1")
    assert [each["id"] for each in body["value"]] == ["s2"]
    token = dict(parse_qsl(urlsplit(body["@odata.nextLink"]).query))["$skiptoken"]
    more = await get(
        routes, sites, filter="startswith(id,'s') and region eq 'WestEurope'", orderby="id desc", skiptoken=token
    )
    assert [each["id"] for each in more["value"]] == ["s1"]
    assert [each["displayName"] for each in await table(routes, sites, search="site 0")] == ["'=Site 0"]

    tenants = await get(routes, "GET tenants", search="customer", count="true", select="id", orderby="displayName desc")
    assert (tenants["@odata.count"], [each["id"] for each in tenants["value"]]) == (3, ["cust2", "cust1", "cust0"])
    assert (await get(routes, "GET tenants", filter="paused/at ne null"))["value"] == []

    orphans = "GET tenants/{tenant}/orphans"
    listed = await get(routes, orphans, filter="removable eq false", orderby="name desc", top="2")
    assert ([each["name"] for each in listed["value"]], listed["scan"]) == (["nic2", "nic1"], None)
    chosen = await ask(routes[orphans], orphans, query={"type": "Disk", "cloudPcId": "nobody's"})
    assert json.loads(chosen.get_body()) == {"scan": None, "value": []}
    assert len(await table(routes, orphans)) == 3


async def test_what_has_not_changed_is_not_sent_again(full: Office, routes: dict[str, Any]) -> None:
    first = await ask(routes[PCS], PCS)
    again = await ask(routes[PCS], PCS, headers={"if-none-match": f'"x", {first.headers["ETag"]}'})
    assert (again.status_code, again.get_body(), again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    await full.cloud_pcs.change("contoso", things.cloud_pc("u1").id, lambda pc: pc.but(display_name="New"))
    assert (await ask(routes[PCS], PCS, headers={"if-none-match": "*"})).status_code == 304
    after = await ask(routes[PCS], PCS, headers={"if-none-match": first.headers["ETag"]})
    assert after.status_code == 200
    assert after.headers["ETag"] != first.headers["ETag"]


async def test_the_etag_of_a_record_is_for_its_writer_and_never_a_304(full: Office, routes: dict[str, Any]) -> None:
    name, at = "GET …/cloudPCs/{id}", {"id": things.cloud_pc("u1").id}
    first = await ask(routes[name], name, at=at)
    assert not first.headers["ETag"].startswith('W/"sha')
    again = await ask(routes[name], name, at=at, headers={"if-none-match": first.headers["ETag"]})
    assert again.status_code == 200  # its progress moves, although the record stays


async def test_a_summary_counts_by_everything_at_once(full: Office, routes: dict[str, Any]) -> None:
    name = "GET tenants/{tenant}/summary"
    body = json.loads((await ask(routes[name], name)).get_body())
    assert (body["total"], body["statuses"]) == (9, {"failed": 3, "pendingProvision": 3, "provisioned": 3})
    none, everybody = body["provisioningPolicies"]
    assert (none, everybody["displayName"], everybody["count"]) == (
        {"count": 5, "statuses": {"failed": 1, "pendingProvision": 2, "provisioned": 2}},
        "Everybody",
        4,
    )
    assert [(each["id"], each["count"]) for each in body["connections"][1:]] == [("c1", 4)]
    assert [each["count"] for each in body["servicePlans"]] == [9]


async def test_licences_are_counted_as_bought_used_and_free(full: Office, routes: dict[str, Any]) -> None:
    name = "GET tenants/{tenant}/licenses"
    first = json.loads((await ask(routes[name], name)).get_body())["value"][0]
    assert {key: first[key] for key in ("total", "used", "free", "cloudPcs")} == {
        "total": 100,
        "used": 1,
        "free": 99,
        "cloudPcs": 9,
    }
    seats = {"licence_source": "seats", "seats": {"CPC_E_2C_8GB_128GB": 3}}
    await full.tenants.change("contoso", lambda tenant: tenant.but(settings=tenant.settings.but(**seats)))
    (seat,) = json.loads((await ask(routes[name], name)).get_body())["value"]
    assert (seat["total"], seat["free"]) == (3, 3)


async def test_a_quota_that_cannot_be_read_says_so(office: Office, routes: dict[str, Any]) -> None:
    name = "GET tenants/{tenant}/quotas"
    (quota,) = json.loads((await ask(routes[name], name)).get_body())["value"]
    assert (quota["region"], quota["error"]) == ("westeurope", "Azure did not show it; try again later")
