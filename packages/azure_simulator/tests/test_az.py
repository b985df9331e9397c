"""Microsoft's command-line client, registered against the simulated cloud: what it sends is taken, and shown again.

It is installed by `make .tools/az/installed`. Each command takes some seconds, so that `make long` runs them.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure_simulator.certificates import Certificates
from azure_simulator.seeds import TENANT_ID

from packages.azure_simulator.tests.az import SECONDS, SUBSCRIPTION, Az, served, signed_in, tell
from packages.azure_simulator.tests.bodies import IMAGE
from packages.azure_simulator.tests.test_subscription_deployments import body

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]  # a command takes 3 to 40 seconds of a busy machine

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/desks"
SUBSCRIPTION_SCHEMA = "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"
MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"
READ_USERS, READ_SELF = "df021288-bdef-4463-88db-98f22de89214", "e1fe6dd8-ba31-4d61-89e7-88639da4683d"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[dict[str, str]]:
    with served(tmp_path_factory.mktemp("cloud"), certificates) as addresses:
        yield addresses


@pytest.fixture(scope="module")
def az(cloud: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Az:
    """The client, signed in as a service principal, with a resource group and a network."""
    made = signed_in(tmp_path_factory.mktemp("az"), cloud)
    made("group", "create", "--name", "desks", "--location", "westeurope")
    network = ("--name", "net", "--address-prefixes", "10.0.0.0/16")
    subnet = ("--subnet-name", "pcs", "--subnet-prefixes", "10.0.0.0/24")
    made("network", "vnet", "create", "--resource-group", "desks", *network, *subnet)
    return made


def test_a_managed_identity_signs_in(cloud: dict[str, str], tmp_path: Path) -> None:
    here = Az(tmp_path, cloud)
    here.register()
    (account,) = here("login", "--identity")
    assert (account["id"], account["user"]["name"]) == (SUBSCRIPTION, "systemAssignedIdentity")


def test_groups_are_listed_and_deleted(az: Az) -> None:
    az("group", "create", "--name", "other", "--location", "northeurope", "--tags", "a=b")
    assert {each["name"] for each in az("group", "list")} >= {"desks", "other"}
    az("group", "delete", "--name", "other", "--yes")
    assert az("group", "exists", "--name", "other") is False


def test_networks_have_subnets_rules_addresses_and_interfaces(az: Az) -> None:
    here = ("--resource-group", "desks")
    az("network", "nsg", "create", *here, "--name", "nsg")
    rule = ("--priority", "100", "--destination-port-ranges", "443", "--access", "Deny")
    az("network", "nsg", "rule", "create", *here, "--nsg-name", "nsg", "--name", "one", *rule)
    az("network", "vnet", "subnet", "update", *here, "--vnet-name", "net", "--name", "pcs", "--nsg", "nsg")
    az("network", "public-ip", "create", *here, "--name", "ip", "--sku", "Standard")
    az("network", "nat", "gateway", "create", *here, "--name", "nat", "--public-ip-addresses", "ip")
    az("network", "nic", "create", *here, "--name", "nic", "--vnet-name", "net", "--subnet", "pcs")
    subnet = az("network", "vnet", "subnet", "show", *here, "--vnet-name", "net", "--name", "pcs")
    assert subnet["networkSecurityGroup"]["id"].endswith("/nsg")
    az("network", "nic", "update", *here, "--name", "nic", "--set", "tags.a=b")  # sends back what it was shown
    assert az("network", "nic", "show", *here, "--name", "nic")["tags"] == {"a": "b"}


def test_disks_and_snapshots_are_created_changed_and_deleted(az: Az) -> None:
    here = ("--resource-group", "desks")
    assert az("disk", "create", *here, "--name", "disk", "--size-gb", "32")["diskSizeGB"] == 32
    assert az("disk", "update", *here, "--name", "disk", "--size-gb", "64")["diskSizeGB"] == 64
    taken = az("snapshot", "create", *here, "--name", "snapshot", "--source", "disk", "--incremental", "true")
    assert (taken["diskSizeGB"], taken["incremental"]) == (64, True)
    az("snapshot", "delete", *here, "--name", "snapshot")
    az("disk", "delete", *here, "--name", "disk", "--yes")
    assert "disk" not in [each["name"] for each in az("disk", "list", *here)]  # those of machines stay


def test_galleries_have_definitions(az: Az) -> None:
    here = ("--resource-group", "desks", "--gallery-name", "images")
    az("sig", "create", *here)
    names = ("--publisher", "p", "--offer", "o", "--sku", "s", "--os-type", "Windows", "--hyper-v-generation", "V2")
    az("sig", "image-definition", "create", *here, "--gallery-image-definition", "pc", *names)
    assert [each["name"] for each in az("sig", "image-definition", "list", *here)] == ["pc"]


def test_machines_are_created_by_a_template_started_deallocated_and_deleted(az: Az) -> None:
    here = ("--resource-group", "desks", "--name", "pc")
    image = ("--image", ":".join(IMAGE.values()), "--size", "Standard_D2s_v5", "--public-ip-address", "")
    who = ("--admin-username", "localadmin", "--admin-password", "Th1s-is-not-secret")
    made = az("vm", "create", *here, *image, *who, "--vnet-name", "net", "--subnet", "pcs")
    assert (made["powerState"], made["privateIpAddress"][:7]) == ("VM running", "10.0.0.")
    az("vm", "deallocate", *here)
    assert az("vm", "show", *here, "--show-details")["powerState"] == "VM deallocated"
    az("vm", "start", *here)
    assert az("vm", "get-instance-view", *here)["instanceView"]["statuses"][-1]["code"] == "PowerState/running"
    az("vm", "delete", *here, "--yes")
    assert az("vm", "list", "--resource-group", "desks") == []


def test_a_template_is_validated_deployed_and_refused(az: Az, tmp_path: Path) -> None:
    address = {
        "type": "Microsoft.Network/publicIPAddresses",
        "name": "[parameters('name')]",
        "apiVersion": "2022-01-01",
    }
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"name": {"type": "string"}},
        "resources": [{**address, "location": "[resourceGroup().location]", "properties": {}}],
        "outputs": {"made": {"type": "string", "value": "[reference(parameters('name')).provisioningState]"}},
    }
    path = tmp_path / "template.json"
    path.write_text(json.dumps(template))
    here = ("--resource-group", "desks", "--template-file", str(path))
    az("deployment", "group", "validate", *here, "--parameters", "name=address")
    made = az("deployment", "group", "create", *here, "--name", "one", "--parameters", "name=address")
    assert made["properties"]["outputs"] == {"made": {"type": "string", "value": "Succeeded"}}
    assert [each["name"] for each in az("deployment", "group", "list", "--resource-group", "desks")][:1] == ["one"]
    refused = az.run("deployment", "group", "create", *here, "--name", "two", "--parameters", "name=-")
    assert (refused.returncode, "InvalidResourceName" in refused.stderr) == (1, True)


def test_a_subscription_s_template_is_previewed_and_deployed_and_a_second_preview_finds_no_change(
    az: Az, tmp_path: Path
) -> None:
    asked = body()["properties"]["template"]
    path = tmp_path / "template.json"
    path.write_text(json.dumps({"$schema": SUBSCRIPTION_SCHEMA, **asked}))
    what = ("--location", "westeurope", "--template-file", str(path), "--parameters", "location=westeurope")
    shown = az("deployment", "sub", "what-if", *what, "--no-pretty-print")
    assert {each["changeType"] for each in shown["changes"]} == {"Create"}
    az("deployment", "sub", "validate", *what)
    made = az("deployment", "sub", "create", *what, "--name", "service")
    assert made["properties"]["outputs"]["state"]["value"] == "Succeeded"
    again = az("deployment", "sub", "what-if", *what, "--no-pretty-print")
    assert {each["changeType"] for each in again["changes"]} == {"NoChange"}
    assert [each["name"] for each in az("deployment", "sub", "list")] == ["service"]
    here = az("provider", "register", "--namespace", "Microsoft.Compute", "--wait")
    assert here is None
    az("group", "delete", "--name", "made", "--yes")


def test_roles_are_assigned_and_taken_away(az: Az) -> None:
    user = az("ad", "user", "show", "--id", "user01@contoso.example")
    who = ("--assignee-object-id", user["id"], "--assignee-principal-type", "User")
    made = az("role", "assignment", "create", *who, "--role", "Reader", "--scope", GROUP)
    assert made["principalId"] == user["id"]
    assert [each["id"] for each in az("role", "assignment", "list", "--scope", GROUP)] == [made["id"]]
    az("role", "assignment", "delete", "--ids", made["id"])
    assert az("role", "assignment", "list", "--scope", GROUP) == []


def test_a_custom_role_is_made_assigned_changed_and_deleted(az: Az, tmp_path: Path) -> None:
    file = tmp_path / "role.json"
    role = {"Name": "Disk reader", "Description": "x", "Actions": ["Microsoft.Compute/disks/read"]}
    role["AssignableScopes"] = [f"/subscriptions/{SUBSCRIPTION}"]
    file.write_text(json.dumps(role))
    made = az("role", "definition", "create", "--role-definition", f"@{file}")
    assert made["roleType"] == "CustomRole"
    user = az("ad", "user", "show", "--id", "user02@contoso.example")
    who = ("--assignee-object-id", user["id"], "--assignee-principal-type", "User")
    given = az("role", "assignment", "create", *who, "--role", "Disk reader", "--scope", GROUP)
    assert az.run("role", "definition", "delete", "--name", "Disk reader").returncode == 1
    az("role", "assignment", "delete", "--ids", given["id"])
    az("role", "definition", "delete", "--name", "Disk reader")
    assert az("role", "definition", "list", "--name", "Disk reader") == []


def test_a_user_signs_in_with_a_device_code_and_has_their_roles(az: Az, cloud: dict[str, str], tmp_path: Path) -> None:
    user = az("ad", "user", "show", "--id", "user03@contoso.example")
    who = ("--assignee-object-id", user["id"], "--assignee-principal-type", "User")
    given = az("role", "assignment", "create", *who, "--role", "Reader", "--scope", GROUP)
    here = Az(tmp_path, cloud)
    here.register()
    with here.begin("login", "--use-device-code", "--tenant", TENANT_ID) as login:
        assert login.stderr is not None
        code = next(found[1] for line in login.stderr if (found := re.search(r"enter the code (\w+)", line)))
        tell(cloud, "entra/deviceCodes", {"userCode": code, "user": "user03@contoso.example"})
        assert login.wait(SECONDS) == 0
    assert here("account", "show")["user"] == {"name": "user03@contoso.example", "type": "user"}
    assert here("group", "show", "--name", "desks")["name"] == "desks"
    refused = here.run("group", "create", "--name", "elsewhere", "--location", "westeurope")
    assert (refused.returncode, "AuthorizationFailed" in refused.stderr) == (1, True)
    az("role", "assignment", "delete", "--ids", given["id"])


def test_users_and_groups_of_the_directory_are_read_and_changed(az: Az) -> None:
    assert len(az("ad", "user", "list")) == 6
    group = az("ad", "group", "create", "--display-name", "pilots", "--mail-nickname", "pilots")
    user = az("ad", "user", "show", "--id", "user02@contoso.example")
    az("ad", "group", "member", "add", "--group", group["id"], "--member-id", user["id"])
    assert [each["id"] for each in az("ad", "group", "member", "list", "--group", group["id"])] == [user["id"]]
    az("ad", "group", "delete", "--group", group["id"])
    assert "pilots" not in {each["displayName"] for each in az("ad", "group", "list")}


def test_an_application_is_registered_changed_and_deleted(az: Az) -> None:
    made = az("ad", "app", "create", "--display-name", "deskwright-api", "--sign-in-audience", "AzureADMyOrg")
    app_id = made["appId"]
    uri, redirect = f"api://{app_id}", "https://portal.contoso.example/"
    az("ad", "app", "update", "--id", app_id, "--identifier-uris", uri, "--web-redirect-uris", redirect)
    found = az("ad", "app", "show", "--id", uri)
    assert (found["id"], found["identifierUris"], found["web"]["redirectUris"]) == (made["id"], [uri], [redirect])
    assert [each["appId"] for each in az("ad", "app", "list", "--display-name", "deskwright-api")] == [app_id]
    secret = az("ad", "app", "credential", "reset", "--id", app_id, "--append")["password"]
    assert secret not in json.dumps(az("ad", "app", "credential", "list", "--id", app_id))
    az("ad", "app", "delete", "--id", app_id)
    gone = az.run("ad", "app", "show", "--id", app_id)
    assert (gone.returncode, "does not exist" in gone.stderr) == (3, True)


def test_an_application_gets_permissions_and_an_owner(az: Az) -> None:
    app_id = az("ad", "app", "create", "--display-name", "reader")["appId"]
    principal = az("ad", "sp", "create", "--id", app_id)
    asked = ("--id", app_id, "--api", MICROSOFT_GRAPH)
    az("ad", "app", "permission", "add", *asked, "--api-permissions", f"{READ_USERS}=Role", f"{READ_SELF}=Scope")
    wanted = az("ad", "app", "permission", "list", "--id", app_id)[0]["resourceAccess"]
    assert {each["id"] for each in wanted} == {READ_USERS, READ_SELF}
    az("ad", "app", "permission", "grant", *asked, "--scope", "User.Read")
    granted = az("ad", "app", "permission", "list-grants", "--id", app_id, "--show-resource-name")
    assert [(each["scope"], each["resourceDisplayName"]) for each in granted] == [("User.Read", "Microsoft Graph")]
    graph = az("ad", "sp", "show", "--id", MICROSOFT_GRAPH)
    assert READ_USERS in {each["id"] for each in graph["appRoles"]}
    body = {"principalId": principal["id"], "resourceId": graph["id"], "appRoleId": READ_USERS}
    url = f"{az.cloud['url']}/v1.0/servicePrincipals/{principal['id']}/appRoleAssignments"
    given = az(
        "rest", "--method", "post", "--url", url, "--body", json.dumps(body), "--resource", f"{az.cloud['url']}/"
    )
    assert given["principalDisplayName"] == "reader"
    user = az("ad", "user", "show", "--id", "user03@contoso.example")
    az("ad", "app", "owner", "add", "--id", app_id, "--owner-object-id", user["id"])
    assert [each["id"] for each in az("ad", "app", "owner", "list", "--id", app_id)] == [user["id"]]


def test_a_service_principal_gets_a_role_and_signs_in(az: Az, cloud: dict[str, str], tmp_path: Path) -> None:
    made = az("ad", "sp", "create-for-rbac", "--name", "deployer", "--role", "Contributor", "--scopes", GROUP)
    listed = az("ad", "sp", "list", "--display-name", "deployer")
    assert [each["appId"] for each in listed] == [made["appId"]]
    assigned = az("role", "assignment", "list", "--scope", GROUP, "--assignee", made["appId"])
    assert [each["principalId"] for each in assigned] == [listed[0]["id"]]
    here = Az(tmp_path, cloud)
    here.register()
    secret = ("--username", made["appId"], "--password", made["password"], "--tenant", made["tenant"])
    assert here("login", "--service-principal", *secret)[0]["id"] == SUBSCRIPTION
    here("disk", "create", "--resource-group", "desks", "--name", "deployed", "--size-gb", "4")
    other = here.run("group", "create", "--name", "elsewhere", "--location", "westeurope")
    assert (other.returncode, "AuthorizationFailed" in other.stderr) == (1, True)
    az("role", "assignment", "delete", "--scope", GROUP, "--assignee", made["appId"])
    refused = here.run("disk", "show", "--resource-group", "desks", "--name", "deployed")
    assert (refused.returncode, "AuthorizationFailed" in refused.stderr) == (1, True)
    az("ad", "sp", "delete", "--id", made["appId"])
    assert az("ad", "sp", "list", "--display-name", "deployer") == []


def test_a_user_is_made_changed_and_deleted(az: Az) -> None:
    name = "new@contoso.example"
    az(
        "ad",
        "user",
        "create",
        "--display-name",
        "New",
        "--user-principal-name",
        name,
        "--password",
        "Th1s-is-not-secret",
    )
    az("ad", "user", "update", "--id", name, "--account-enabled", "false")
    groups = az("ad", "user", "get-member-groups", "--id", name)
    assert groups == []
    az("ad", "user", "delete", "--id", name)
    assert az.run("ad", "user", "show", "--id", name).returncode == 3
    owner = az("ad", "user", "show", "--id", "user04@contoso.example")["id"]
    group = az("ad", "group", "create", "--display-name", "owned", "--mail-nickname", "owned")["id"]
    az("ad", "group", "owner", "add", "--group", group, "--owner-object-id", owner)
    assert [each["id"] for each in az("ad", "group", "owner", "list", "--group", group)] == [owner]
    assert az("ad", "group", "member", "check", "--group", group, "--member-id", owner) == {"value": False}
