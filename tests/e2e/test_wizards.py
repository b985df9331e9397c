"""The three wizards over HTTP: what is wrong is named by step, field and reason, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.callers import send
from tests.e2e.office import GALLERY_IMAGE, SMALL, Office

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
Json = dict[str, Any]
VNET = "/subscriptions/{0}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/corp"


def connection_form(office: Office) -> Json:
    network = VNET.format(office.subscription)
    return {
        "site": {"siteId": "main"},
        "credentials": {
            "joinType": "hybridAzureADJoin",
            "network": {"virtualNetworkId": network, "subnetIds": [f"{network}/subnets/pcs"]},
            "domain": {
                "adDomainName": "corp.contoso.example",
                "organizationalUnit": "OU=CloudPC,DC=corp,DC=contoso,DC=example",
                "adDomainUsername": "corp\\svc-join",
                "adDomainPassword": "never to be seen",
            },
        },
        "name": {"displayName": "Corp"},
    }


def image_form(_: Office) -> Json:
    return {
        "name": {"displayName": "Desktop"},
        "site": {"siteId": "main"},
        "version": {"version": "1.0.0"},
        "source": {"galleryImageId": GALLERY_IMAGE},
    }


def policy_form(office: Office) -> Json:
    return {
        "connection": {"connectionIds": [office.connection()]},
        "image": {"imageType": "gallery", "imageId": GALLERY_IMAGE},
        "configuration": {"locale": "en-US"},
        "groups": {"groupIds": [office.group("staff")]},
        "detail": {"displayName": "Everybody", "description": "x"},
    }


FORMS: dict[str, Callable[[Office], Json]] = {
    "create-connection": connection_form,
    "create-device-image": image_form,
    "create-provisioning-policy": policy_form,
}
WRONG: dict[str, list[tuple[str, Any]]] = {
    "create-connection": [
        ("/site/siteId", "nowhere"),
        ("/site/subscriptionId", "mine"),
        ("/credentials/joinType", "other"),
        ("/credentials/network", "hosted"),
        ("/credentials/network", "cellar"),
        ("/credentials/domain", None),
        ("/credentials/network/virtualNetworkId", "net"),
        ("/credentials/network/subnetIds", []),
        ("/credentials/network/subnetIds/0", "elsewhere"),
        ("/credentials/domain/adDomainName", "corp"),
        ("/credentials/domain/organizationalUnit", "CloudPC"),
        ("/credentials/domain/adDomainUsername", "svc-join"),
        ("/credentials/domain/adDomainPassword", ""),
        ("/name/displayName", "a|b"),
        ("/name/colour", "red"),
    ],
    "create-device-image": [
        ("/name/displayName", ""),
        ("/site/siteId", "nowhere"),
        ("/version/version", "1"),
        ("/version/version", "1.0.0.0"),
        ("/source/galleryImageId", "none"),
        ("/source/galleryImageId", None),
        ("/source/galleryVersionId", "/subscriptions/none"),
    ],
    "create-provisioning-policy": [
        ("/connection/connectionIds", []),
        ("/connection/connectionIds/0", "none"),
        ("/image/imageType", "other"),
        ("/image/imageId", "none"),
        ("/configuration/locale", "xx"),
        ("/configuration/namingTemplate", "a_b"),
        ("/configuration/localAdminEnabled", "yes"),
        ("/configuration/gracePeriodInHours", 0),
        ("/groups/groupIds", []),
        ("/groups/groupIds/0", "none"),
        ("/detail/displayName", "a^b"),
        ("/detail/description", "x" * 1501),
    ],
}


def with_wrong(form: Json, pointer: str, value: Any) -> Json:
    changed: Json = json.loads(json.dumps(form))
    *way, last = pointer.strip("/").split("/")
    at = changed
    for part in way:
        at = at[part]
    at[int(last) if isinstance(at, list) else last] = value
    return changed


def reviewed(office: Office, wizard: str, form: Json) -> list[Json]:
    """Return the errors that a review shows, as a save says them."""
    review = office.portal.ask("POST", f"{office.base}/wizards/{wizard}/review", form).body
    return [{**error, "step": step["name"]} for step in review["steps"] for error in step["errors"]]


def kept(office: Office) -> list[int]:
    """Count the records that a wizard could have made."""
    names = ("onPremisesConnections", "deviceImages", "provisioningPolicies")
    counts = [len(list(office.portal.pages(f"{office.graph}/{name}"))) for name in names]
    changes = [
        event
        for event in office.portal.pages(f"{office.graph}/auditEvents")
        if event["activityResult"] == "success" and event["componentName"] != "cloudPC"
    ]
    return [*counts, len(changes), len(list(office.portal.pages(f"{office.base}/operations")))]


@pytest.fixture(scope="module")
def forms(shared_office: Office) -> dict[str, Json]:
    """The forms of the shared office, which has what they name."""
    return {wizard: made(shared_office) for wizard, made in FORMS.items()}


@pytest.mark.parametrize("wizard", FORMS)
def test_wrong_input_to_each_field_is_named_and_changes_nothing(
    shared_office: Office, forms: dict[str, Json], wizard: str
) -> None:
    office, form = shared_office, forms[wizard]
    before = kept(office)
    for pointer, value in WRONG[wizard]:
        answer = office.portal.send("POST", f"{office.base}/wizards/{wizard}", with_wrong(form, pointer, value))
        errors = answer.body.get("errors", ())
        assert len(errors) == 1, (pointer, errors)
        (error,) = errors
        assert answer.status == 400
        assert error["pointer"].startswith(pointer), answer.body
        assert error["step"] == pointer.split("/")[1]
        assert error["message"]
        assert reviewed(office, wizard, with_wrong(form, pointer, value)) == [error]
    assert kept(office) == before


@pytest.mark.parametrize("wizard", FORMS)
def test_a_review_saves_nothing_and_says_what_would_happen(
    shared_office: Office, forms: dict[str, Json], wizard: str
) -> None:
    office, form = shared_office, forms[wizard]
    before = kept(office)
    review = office.portal.ask("POST", f"{office.base}/wizards/{wizard}/review", form).body
    assert (review["valid"], bool(review["wouldHappen"]["summary"])) == (True, True)
    assert kept(office) == before


def test_later_steps_are_not_errors_yet(shared_office: Office) -> None:
    office = shared_office
    form = {"throughStep": "site", "site": {"siteId": "main"}}
    review = office.portal.ask("POST", f"{office.base}/wizards/create-connection/review", form).body
    whole = office.portal.ask("POST", f"{office.base}/wizards/create-connection/review", {"site": form["site"]}).body
    assert (review["valid"], whole["valid"]) == (True, False)


@pytest.mark.parametrize("wizard", FORMS)
def test_a_wizard_shows_its_steps_and_today_s_choices(
    shared_office: Office, forms: dict[str, Json], wizard: str
) -> None:
    office = shared_office
    shown = office.portal.ask("GET", f"{office.base}/wizards/{wizard}").body
    steps = [step["name"] for step in shown["steps"]]
    assert steps == [*forms[wizard], "review"]
    assert any(choice for step in shown["steps"] for choice in step["choices"].values())
    assert not any(step["choicesErrors"] for step in shown["steps"])


def test_a_list_of_groups_that_is_cut_says_so_and_what_to_do(open_office: OpenOffice) -> None:
    office = open_office()
    names = [f"many {number:02d}" for number in range(51)]
    for name in names:
        office.group(name)

    def groups(search: str) -> tuple[int, str | None]:
        shown = office.portal.ask("GET", f"{office.base}/wizards/create-provisioning-policy?search={search}").body
        step = next(step for step in shown["steps"] if step["name"] == "groups")
        return len(step["choices"]["groupIds"]), step["choicesCut"].get("groupIds")

    count, cut = groups(f"{office.name}%20many")
    assert (count, "search" in str(cut)) == (50, True)
    assert groups(f"{office.name}%20many%200") == (10, None)


def test_a_wizard_that_does_not_exist_is_not_there(shared_office: Office) -> None:
    office = shared_office
    assert office.portal.send("GET", f"{office.base}/wizards/create-nothing").status == 404


def test_the_review_warns_of_members_without_a_licence_and_of_other_policies(open_office: OpenOffice) -> None:
    office = open_office()
    group = office.group("staff", office.user(1, SMALL), office.user(2))
    form = {**policy_form(office), "groups": {"groupIds": [group]}}
    first = office.portal.ask("POST", f"{office.base}/wizards/create-provisioning-policy/review", form).body
    office.portal.ask("POST", f"{office.base}/wizards/create-provisioning-policy", form)
    form["detail"] = {"displayName": "Second"}
    second = office.portal.ask("POST", f"{office.base}/wizards/create-provisioning-policy/review", form).body
    assert [each["concern"] for each in first["warnings"]] == ["unlicensedMembers"]
    assert first["wouldHappen"]["details"]["cloudPcs"] == 1
    assert "overlap" in [each["concern"] for each in second["warnings"]]
    assert second["wouldHappen"]["details"]["cloudPcs"] == 0


def test_a_group_that_is_no_security_group_is_refused(open_office: OpenOffice) -> None:
    office = open_office()
    form = {**policy_form(office), "groups": {"groupIds": [office.group("news", kind="distribution")]}}
    answer = office.portal.send("POST", f"{office.base}/wizards/create-provisioning-policy", form)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (400, "/groups/groupIds/0")


def test_the_password_of_the_join_account_is_never_shown_again(open_office: OpenOffice) -> None:
    office = open_office()
    saved = office.portal.ask("POST", f"{office.base}/wizards/create-connection", connection_form(office))
    seen = [
        saved.body,
        list(office.portal.pages(f"{office.graph}/onPremisesConnections")),
        list(office.portal.pages(f"{office.graph}/auditEvents")),
        list(office.portal.pages(f"{office.base}/operations")),
    ]
    logs = "".join(log.read_text(errors="replace") for log in (office.stack.folder / "logs").glob("host*.log"))
    assert "never to be seen" not in json.dumps(seen) + logs


def test_the_same_key_twice_has_the_effect_of_once(open_office: OpenOffice) -> None:
    office = open_office()
    path, form = f"{office.base}/wizards/create-connection", connection_form(office)
    first, again = (office.portal.ask("POST", path, form, {"Idempotency-Key": "once"}) for _ in range(2))
    other = office.portal.send("POST", path, {**form, "name": {"displayName": "x"}}, {"Idempotency-Key": "once"})
    assert (first.status, first.body, first.headers["location"]) == (202, again.body, again.headers["location"])
    assert other.status == 409
    assert len(list(office.portal.pages(f"{office.graph}/onPremisesConnections"))) == 1


def test_a_tenant_in_use_says_what_stands_in_its_way(open_office: OpenOffice) -> None:
    office = open_office()
    office.connection()
    tenant = office.portal.send("DELETE", office.base)
    site = office.portal.send("DELETE", f"{office.base}/sites/main")
    assert (tenant.status, tenant.body["details"]) == (409, {"inTheWay": {"sites": 1, "onPremisesConnections": 1}})
    assert (site.status, site.body["details"]) == (409, {"inTheWay": {"onPremisesConnections": ["Hosted"]}})


def test_an_empty_tenant_can_be_changed_and_deleted_but_not_over_somebody_s_head(open_office: OpenOffice) -> None:
    office = open_office()
    portal = office.portal
    seen = portal.ask("GET", office.base).headers["etag"]
    change = {"settings": {"attempts": 2, "removalBrake": {"count": 3}}}
    changed = portal.ask("PATCH", office.base, change, {"If-Match": seen})
    stale = portal.send("PATCH", office.base, {"displayName": "x"}, {"If-Match": seen})
    wrong = portal.send("PATCH", office.base, {"settings": {"attempts": 0}})
    assert changed.body["settings"]["removalBrake"] == {"count": 3, "percent": 20}
    assert (stale.status, wrong.status) == (412, 400)
    assert wrong.body["errors"][0]["pointer"] == "/settings/attempts"
    portal.ask("DELETE", f"{office.base}/sites/main")
    early = portal.send("DELETE", office.base)  # it is still looked for what the service made for the site
    assert (early.status, list(early.body["details"]["inTheWay"])) == (409, ["orphanScan"])
    office.until(lambda: portal.send("DELETE", office.base).status == 204, says="the tenant can be deleted")
    assert portal.send("GET", office.base).status == 404


def test_a_body_of_more_than_a_mebibyte_is_refused(shared_office: Office) -> None:
    office = shared_office
    body = json.dumps({"name": "x" * (1 << 20)}).encode()
    status, said = send(
        office.stack, "POST", f"tenants/{office.name}/wizards/create-connection", office.portal.token(), body
    )
    assert (status, said["status"]) == (413, 413)


def test_a_body_in_chunks_is_refused_with_words_that_help_and_changes_nothing(shared_office: Office) -> None:
    office = shared_office
    token = office.portal.token()
    paths = (
        ("POST", f"tenants/{office.name}/wizards/create-connection"),
        ("POST", f"tenants/{office.name}/beta/deviceManagement/virtualEndpoint/provisioningPolicies"),
        ("PUT", f"tenants/{office.name}/sites/other"),
    )
    for method, path in paths:
        status, said = send(office.stack, method, path, token, iter([b'{"region": ', b'"westeurope"}']))
        told = said["error"]["message"] if "error" in said else said["detail"]
        assert (status, "Content-Length" in told) == (411, True), path
    assert office.portal.send("GET", f"{office.base}/sites/other").status == 404
    assert send(office.stack, "POST", "graph/notifications", None, iter([b'{"value": []}'])) == (411, None)


def test_an_encoded_slash_joins_two_parts_of_an_address_to_none(shared_office: Office) -> None:
    """Hosts that decode it and hosts that do not: neither names what the same address without it names."""
    office, token = shared_office, shared_office.portal.token()
    assert send(office.stack, "GET", f"tenants/{office.name}/sites/main", token)[0] == 200
    for path in (f"tenants/{office.name}%2Fsites/main", f"tenants/{office.name}/sites%2Fmain", "tenants%2Fx"):
        assert send(office.stack, "GET", path, token)[0] in {400, 404}, path
    status, said = send(office.stack, "GET", f"tenants/{office.name}/sites/x%2F..%2Fmain", token)
    assert (status, said["errors"][0]["pointer"]) == (400, "site")
    assert send(office.stack, "DELETE", f"tenants/{office.name}/sites/x%2Fmain", token)[0] == 400
    assert send(office.stack, "GET", f"tenants/{office.name}/sites/main", token)[0] == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b"\xff"])
def test_a_body_that_is_no_object_is_refused(shared_office: Office, body: bytes) -> None:
    office = shared_office
    status, said = send(
        office.stack, "POST", f"tenants/{office.name}/wizards/create-connection", office.portal.token(), body
    )
    assert (status, said["errors"][0]["pointer"]) == (400, "")


def test_a_post_without_a_body_may_carry_a_key(shared_office: Office) -> None:
    office = shared_office
    answer = office.portal.send("POST", f"{office.base}/cloudPCs/x/retry", headers={"Idempotency-Key": "once"})
    assert answer.status == 404


def test_a_json_of_any_depth_gets_an_answer(shared_office: Office) -> None:
    office = shared_office
    path = f"tenants/{office.name}/wizards/create-connection"
    for depth in (900, 1_000, 100_000):
        deep = b'{"site":' + b"[" * depth + b"]" * depth + b"}"
        assert send(office.stack, "POST", path, office.portal.token(), deep)[0] == 400
