"""Graph's bodies become the wizards' forms; what is not supported is refused with a reason."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.networks.connection import Connection, Network
from shared.errors import InvalidError, Problem
from tests.unit.wizards import office
from triggers.http.bodies.connections import Reachable, connection_form, connection_patch
from triggers.http.bodies.declared import renamed
from triggers.http.bodies.images import device_image_form
from triggers.http.bodies.policies import POINTERS, assigned_group_ids, policy_form
from triggers.http.views.connections import connection_view

CONNECTIONS = Reachable((office.connection("c1"),), (office.SITE,))
POLICY = {
    "@odata.type": "#microsoft.graph.cloudPcProvisioningPolicy",
    "displayName": "Office",
    "description": "All",
    "imageId": office.GALLERY_ID,
    "imageType": "gallery",
    "provisioningType": "dedicated",
    "domainJoinConfigurations": [
        {
            "@odata.type": "microsoft.graph.cloudPcDomainJoinConfiguration",
            "domainJoinType": "azureADJoin",
            "onPremisesConnectionId": "c1",
            "regionName": None,
        }
    ],
    "windowsSetting": {"locale": "de-DE"},
    "cloudPcNamingTemplate": "PC-%RAND:6%",
    "localAdminEnabled": True,
    "enableSingleSignOn": True,
    "@deskwright.securityDefaults": {"clipboard": True},
    "scopeIds": ["0"],
    "autopatch": None,
}


def test_a_policy_s_body_is_the_wizard_s_form() -> None:
    assert policy_form(POLICY, CONNECTIONS) == {
        "connection": {"connectionIds": ["c1"]},
        "image": {"imageType": "gallery", "imageId": office.GALLERY_ID},
        "configuration": {
            "locale": "de-DE",
            "namingTemplate": "PC-%RAND:6%",
            "localAdminEnabled": True,
            "enableSingleSignOn": True,
            "securityDefaults": {"clipboard": True},
            "provisioningType": "dedicated",
        },
        "groups": {"groupIds": []},
        "detail": {"displayName": "Office", "description": "All"},
    }


@pytest.mark.parametrize(
    ("join", "chosen"),
    [
        ({"onPremisesConnectionId": "c1", "regionName": "westeurope", "regionGroup": "europeUnion"}, "c1"),
        ({"onPremisesConnectionId": "c1", "regionName": "automatic", "regionGroup": "default"}, "c1"),
        ({"domainJoinType": "azureADJoin", "regionName": "westeurope", "onPremisesConnectionId": None}, "c1"),
        ({"regionName": "japaneast"}, "tokyo"),
        ({"regionName": "automatic", "regionGroup": "japan"}, "tokyo"),
    ],
)
def test_a_region_chooses_the_hosted_network_of_a_site(join: dict[str, Any], chosen: str) -> None:
    later, own = office.NOW + timedelta(days=1), Network(virtual_network_id="v", subnet_ids=("s",))
    connections = (
        office.connection("newer").but(created_date_time=later),
        office.connection("own", site_id="jp", network=own),
        office.connection("tokyo", site_id="jp").but(created_date_time=later),
        office.connection("c1"),
    )
    sites = (office.SITE, office.SITE.but(id="jp", region="japaneast"))
    form = policy_form({**POLICY, "domainJoinConfigurations": [join]}, Reachable(connections, sites))
    assert form["connection"]["connectionIds"] == [chosen]


@pytest.mark.parametrize(
    ("body", "chosen"), [({}, False), ({"enableSingleSignOn": None}, False), ({"enableSingleSignOn": True}, True)]
)
def test_single_sign_on_is_off_in_graph_unless_the_body_says_otherwise(body: dict[str, Any], *, chosen: bool) -> None:
    said = {name: value for name, value in POLICY.items() if name != "enableSingleSignOn"}
    form = policy_form({**said, **body}, CONNECTIONS)
    assert form["configuration"]["enableSingleSignOn"] is chosen


@pytest.mark.parametrize(
    ("changed", "pointer", "words"),
    [
        ({"provisioningType": "shared"}, "/provisioningType", "Frontline"),
        ({"provisioningType": "sharedByUser"}, "/provisioningType", "Frontline"),
        ({"autopatch": {"autopatchGroupId": "x"}}, "/autopatch", "not supported"),
        ({"colour": "red"}, "/colour", "unknown property"),
        ({"assignments": [{}]}, "/assignments", "assign"),
        ({"domainJoinConfigurations": []}, "/domainJoinConfigurations", "at least one"),
        ({"domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "northeurope"}]},
         "/domainJoinConfigurations/0/regionName", "the sites are in westeurope"),
        ({"domainJoinConfigurations": [{"onPremisesConnectionId": "c1", "regionName": "northeurope"}]},
         "/domainJoinConfigurations/0/regionName", "the connection's site, which builds in westeurope"),
        ({"domainJoinConfigurations": [{"onPremisesConnectionId": "c1", "regionName": "westeurop"}]},
         "/domainJoinConfigurations/0/regionName", "no region that is supported; the sites are in westeurope"),
        ({"domainJoinConfigurations": [{"onPremisesConnectionId": "c1", "regionName": 7}]},
         "/domainJoinConfigurations/0/regionName", "no region that is supported"),
        ({"domainJoinConfigurations": [{"onPremisesConnectionId": "c1", "regionGroup": "japan"}]},
         "/domainJoinConfigurations/0/regionGroup", "whose region is in europeUnion"),
        ({"domainJoinConfigurations": [{"onPremisesConnectionId": "c1", "regionGroup": "mars"}]},
         "/domainJoinConfigurations/0/regionGroup", "no group of regions that is supported; the sites are in europeUn"),
        ({"domainJoinConfigurations": [{"domainJoinType": "hybridAzureADJoin", "regionName": "westeurope"}]},
         "/domainJoinConfigurations/0/regionName", "no connection over a hosted network builds there"),
        ({"domainJoinConfigurations": [{"regionGroup": "japan"}]},
         "/domainJoinConfigurations/0/regionGroup", "no connection over a hosted network builds there"),
        ({"domainJoinConfigurations": [{"domainJoinType": "azureADJoin"}]},
         "/domainJoinConfigurations/0/onPremisesConnectionId", "required"),
        ({"domainJoinConfigurations": [{"domainJoinType": "hybridAzureADJoin", "onPremisesConnectionId": "c1"}]},
         "/domainJoinConfigurations/0/domainJoinType", "azureADJoin"),
        ({"windowsSetting": "de-DE"}, "/windowsSetting", "object"),
    ],
)  # fmt: skip
def test_what_is_not_supported_of_a_policy_is_refused(changed: dict[str, Any], pointer: str, words: str) -> None:
    with pytest.raises(InvalidError) as refused:
        policy_form({**POLICY, **changed}, CONNECTIONS)
    messages = {problem.pointer: problem.message for problem in refused.value.problems}
    assert words in messages[pointer]


@pytest.mark.parametrize(
    "off",
    [
        {"autopatch": {"autopatchGroupId": None}},
        {"microsoftManagedDesktop": {"managedType": "notManaged", "profile": None}},
        {"microsoftManagedDesktop": {"@odata.type": "#microsoft.graph.microsoftManagedDesktop", "managedType": None}},
        {
            "id": "mine",
            "createdBy": "ada",
            "createdDateTime": "2026-01-01T00:00:00Z",
            "@deskwright.paused": {"by": "a"},
        },
    ],
)
def test_what_is_off_and_what_only_the_service_sets_makes_no_difference(off: dict[str, Any]) -> None:
    assert policy_form({**POLICY, **off}, CONNECTIONS) == policy_form(POLICY, CONNECTIONS)


@pytest.mark.parametrize(
    ("form", "graph"),
    [
        ("/detail/displayName", "/displayName"),
        ("/connection/connectionIds/1", "/domainJoinConfigurations/1/onPremisesConnectionId"),
        ("/image/imageId", "/imageId"),
        ("/configuration/locale", "/windowsSetting/locale"),
        ("/configuration/localAdminEnabled", "/localAdminEnabled"),
        ("/configuration/securityDefaults/drives", "/@deskwright.securityDefaults/drives"),
    ],
)
def test_errors_point_into_graph_s_body(form: str, graph: str) -> None:
    assert renamed(InvalidError(Problem(form, "wrong")), POINTERS).problems[0].pointer == graph


def test_assign_names_groups_each_once() -> None:
    target = {"@odata.type": "microsoft.graph.cloudPcManagementGroupAssignmentTarget", "groupId": "g1"}
    body = {"assignments": [{"id": None, "target": target}, {"target": {"groupId": "g2", "servicePlanId": None}},
                            {"target": {"groupId": "g1"}}]}  # fmt: skip
    assert assigned_group_ids(body) == ("g1", "g2")
    assert assigned_group_ids({"assignments": []}) == ()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/assignments"),
        ({"assignments": "g1"}, "/assignments"),
        ({"assignments": [{}]}, "/assignments/0/target"),
        ({"assignments": [{"target": {}}]}, "/assignments/0/target/groupId"),
        ({"assignments": [{"target": {"groupId": 1}}]}, "/assignments/0/target/groupId"),
        ({"assignments": [{"target": {"groupId": "g", "servicePlanId": "p"}}]}, "/assignments/0/target/servicePlanId"),
        ({"assignments": [], "x": 1}, "/x"),
    ],
)
def test_an_assignment_with_errors_is_refused(body: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidError) as refused:
        assigned_group_ids(body)
    assert pointer in [problem.pointer for problem in refused.value.problems]


def test_a_connection_s_body_is_the_wizard_s_form() -> None:
    body = {
        "displayName": "Corp",
        "connectionType": "hybridAzureADJoin",
        "subscriptionId": office.SUBSCRIPTION,
        "resourceGroupId": f"/subscriptions/{office.SUBSCRIPTION}/resourceGroups/PCS",
        "virtualNetworkId": office.VNET,
        "subnetId": f"{office.VNET}/subnets/pcs",
        "adDomainName": "corp.example",
        "adDomainUsername": "join@corp.example",
        "adDomainPassword": "x",
    }
    assert connection_form(body, (office.SITE, office.SITE.but(id="neu", resource_group="other"))) == {
        "site": {"siteId": "weu", "subscriptionId": office.SUBSCRIPTION},
        "credentials": {
            "joinType": "hybridAzureADJoin",
            "network": {"virtualNetworkId": office.VNET, "subnetIds": [f"{office.VNET}/subnets/pcs"]},
            "domain": {
                "adDomainName": "corp.example",
                "adDomainUsername": "join@corp.example",
                "adDomainPassword": "x",
            },
        },
        "name": {"displayName": "Corp"},
    }


def test_a_connection_must_tell_its_site() -> None:
    with pytest.raises(InvalidError, match="siteId"):
        connection_form({"displayName": "x"}, (office.SITE, office.SITE.but(id="neu")))


@pytest.mark.parametrize(("default", "found"), [("neu", "neu"), ("gone", None), (None, None)])
def test_the_default_site_is_meant_where_nothing_else_tells(default: str | None, found: str | None) -> None:
    sites = (office.SITE, office.SITE.but(id="neu", resource_group="other"))
    named = {"displayName": "x", "resourceGroupId": "/subscriptions/s/resourceGroups/none"}
    forms: dict[str, Callable[[], Any]] = {
        "connection": lambda: connection_form(named, sites, default),
        "image": lambda: device_image_form({"displayName": "x", "version": "1.0.0"}, sites, default),
    }
    for form in forms.values():
        if found is None:
            with pytest.raises(InvalidError, match="defaultSiteId"):
                form()
        else:
            assert form()["site"]["siteId"] == found
    at_its_group = {**named, "resourceGroupId": "/subscriptions/s/resourceGroups/other"}
    assert connection_form(at_its_group, sites, "weu")["site"]["siteId"] == "neu"


HYBRID = office.hybrid_connection("c1", "join@corp.example").but(
    network=Network(virtual_network_id=office.VNET, subnet_ids=(f"{office.VNET}/subnets/pcs",))
)


def patched(body: dict[str, Any], connection: Connection = HYBRID) -> tuple[dict[str, Any], str | None]:
    view = connection_view(connection, office.SITE, in_use=False, in_use_by_cloud_pc=False)
    return connection_patch(body, connection, view, (office.SITE,))


def test_what_a_change_does_not_name_stays() -> None:
    form, password = patched({"displayName": "Other", "organizationalUnit": "OU=PCs,DC=corp,DC=example"})
    assert password is None
    assert form["site"] == {"siteId": "weu", "subscriptionId": office.SUBSCRIPTION}
    assert form["credentials"]["network"]["subnetIds"] == [f"{office.VNET}/subnets/pcs"]
    assert form["credentials"]["domain"]["adDomainUsername"] == "join@corp.example"
    assert form["credentials"]["domain"]["organizationalUnit"] == "OU=PCs,DC=corp,DC=example"
    assert form["name"] == {"displayName": "Other"}


def test_a_connection_sent_back_as_it_was_read_changes_nothing() -> None:
    view = connection_view(HYBRID, office.SITE, in_use=False, in_use_by_cloud_pc=False)
    same, password = patched({**view, "@odata.etag": "x"})
    assert (same, password) == patched({})


def test_a_password_in_a_change_is_returned_separately() -> None:
    assert patched({"adDomainPassword": "new"})[1] == "new"


def test_another_subnet_is_a_change_of_the_network() -> None:
    form, _ = patched({"subnetId": f"{office.VNET}/subnets/more"})
    assert form["credentials"]["network"]["subnetIds"] == [f"{office.VNET}/subnets/more"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"connectionType": "azureADJoin"}, "/connectionType"),
        ({"nonsense": 1}, "/nonsense"),
        ({"scopeIds": ["7"]}, "/scopeIds"),
    ],
)
def test_a_change_that_is_not_supported_is_refused(body: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidError) as refused:
        patched(body)
    assert pointer in [problem.pointer for problem in refused.value.problems]


def test_a_device_image_s_body_is_the_wizard_s_form() -> None:
    body = {"displayName": "Desktop", "version": "1.0.0", "sourceImageResourceId": office.VERSION_ID}
    assert device_image_form(body, (office.SITE,)) == {
        "name": {"displayName": "Desktop"},
        "site": {"siteId": "weu"},
        "version": {"version": "1.0.0"},
        "source": {"galleryVersionId": office.VERSION_ID},
    }


def test_a_managed_image_as_the_source_is_another_field_of_the_form() -> None:
    managed = "/subscriptions/s/resourcegroups/g/providers/microsoft.compute/images/Uploaded"
    body = {"displayName": "Desktop", "version": "1.0.0", "sourceImageResourceId": managed}
    assert device_image_form(body, (office.SITE,))["source"] == {"managedImageId": managed}
