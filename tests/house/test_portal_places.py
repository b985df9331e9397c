"""Every operation of the API has a place in the portal, or a reason why it has none."""

import json
import re
from collections.abc import Iterator

from local.portal_bundle import actions
from tests.house.tree import ROOT, below, relative, text

_LITERAL = re.compile(r'`([^`]*)`|"([^"\n]*)"')
_CONSTANT = re.compile(r'\bconst (\w+) = (?:`([^`]*)`|"([^"\n]*)") as const')
_CALL = re.compile(r'\bapi\s*\.(POST|PUT|PATCH|DELETE)\(\s*(?:`([^`]*)`|"([^"\n]*)"|(\w+))')
_GRAPH = "/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint"
_MINE = (
    *("list_my_cloud_pcs", "get_my_cloud_pc", "retrieve_my_launch_detail", "reboot_my_cloud_pc", "rename_my_cloud_pc"),
    *("troubleshoot_my_cloud_pc", "change_my_account_type", "restore_my_cloud_pc", "reprovision_my_cloud_pc"),
    *("start_my_cloud_pc", "stop_my_cloud_pc", "keep_my_cloud_pc_awake"),
)
WITHOUT_PLACE = {
    "override_window_of_bulk_action": "said for one bulk action at night, by the command line",
    "get_image_rings": "the command line shows the month; its bulk actions have their page",
    "resume_image_rings": "an alert names the halt, and the command line lets the month go on",
    "get_alert_record": "the list of alerts has all of it",
    "get_customer_template": "the Azure portal opens it: Readiness has the link",
    "get_configuration": "read before there is a client, with the browser's fetch",
    "receive_notifications": "Graph calls it",
    "health": "monitors call it",
    "openapi": "generators read it; the portal is built from docs/openapi.json",
    "get_own_cloud_pc": "the list of My Cloud PCs has all of it",
    "create_tenant": "the wizard create-tenant saves it",
    "put_site": "the wizards create-site and edit-site save it",
    "create_device_image": "its wizard saves it",
    "create_connection": "its wizard saves it",
    "update_connection": "the wizard edit-connection saves it",
    "create_policy": "its wizard saves it",
    "update_policy": "the wizard edit-provisioning-policy saves it",
    "list_assignments": "the policy shows its groups",
    "count_cloud_pcs": "the summary has the counts",
    "validate_bulk_resize": "the dry run of a bulk action says it",
    "list_gallery_images": "the wizards offer them",
    "get_gallery_image": "the wizards offer them",
    "retrieve_recommendation_reports": "Graph's shape for its SDKs",
    "get_release": "the first of the group's releases so far is it",
    "list_supported_regions": "the wizards offer them",
    "get_supported_region": "the wizards offer them",
    "get_service_plan": "the page of licences shows them all",
    "get_audit_activity_types": "the audit log is searched by words",
    "find_source_images": "the wizards offer them",
    "list_snapshots": "each Cloud PC shows its own",
    "get_snapshot": "each Cloud PC shows its own",
    "retrieve_launch_detail": "the sign-in details have the address",
    **dict.fromkeys(_MINE, "Graph's shape for its SDKs; My Cloud PCs has those of all tenants"),
}


def operations() -> dict[tuple[str, str], str]:
    """Method and address of each operation -> its id."""
    paths = json.loads(text(ROOT / "docs" / "openapi.json"))["paths"]
    return {
        (method.upper(), address): operation["operationId"]
        for address, item in paths.items()
        for method, operation in item.items()
        if "operationId" in operation
    }


def resolved(address: str, constants: dict[str, str]) -> str:
    """Return an address with the constants of its file in it."""
    before = ""
    while before != address:
        before = address
        address = re.sub(r"\$\{(\w+)\}", lambda found: constants.get(found[1], found[0]), address)
    return address


def called() -> Iterator[tuple[str, str]]:
    """Each method and address that the portal's sources call; every address that they name can be read."""
    sources = (path for suffix in (".ts", ".tsx") for path in below("portal", suffix=suffix))
    for path in sources:
        if relative(path).parts[1] != "src" or ".test." in path.name:
            continue
        constants = {"ROOT": _GRAPH} | {found[1]: found[2] or found[3] for found in _CONSTANT.finditer(text(path))}
        for method, template, literal, name in _CALL.findall(text(path)):
            if name == "action":  # an address of the generated module; each of its actions has words there
                yield from ((method, address) for address in _addresses())
            else:
                yield method, resolved(template or literal or constants.get(name, name), constants)
        for template, literal in _LITERAL.findall(text(path)):
            yield "GET", resolved(template or literal, constants)


def _addresses() -> list[str]:
    """Return the addresses of the actions that the portal sends by the names of their words."""
    written = actions(json.loads(text(ROOT / "docs" / "openapi.json")))
    found = json.loads(written.partition("ACTIONS = ")[2].removesuffix(" as const;\n"))
    return [action["path"] for resource in ("cloudPCs", "me") for action in found[resource].values()]


def test_every_operation_has_a_place_in_the_portal_or_a_reason() -> None:
    there, places = operations(), set(called())
    shown = {name for place, name in there.items() if place in places}
    assert set(there.values()) - shown - WITHOUT_PLACE.keys() == set(), "show it in the portal, or write a reason here"
    assert WITHOUT_PLACE.keys() & shown == set()
    assert WITHOUT_PLACE.keys() - set(there.values()) == set()


def test_what_the_portal_sends_is_an_operation() -> None:
    assert [place for place in called() if place[0] != "GET" and place not in operations()] == []
