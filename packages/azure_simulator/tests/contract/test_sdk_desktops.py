"""Host pools, application groups, workspaces and roles: sync and aio alike."""

from typing import Any
from uuid import uuid4

import pytest
from azure_simulator.core.times import iso_z

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.contract.sdk import Sdk, covers, refused
from packages.azure_simulator.tests.contract.shared import SharedCloud

_POOL, _APPS, _SPACE = "desktops.host_pools", "desktops.application_groups", "desktops.workspaces"
_PLAN = "desktops.scaling_plans"
_HOST, _SESSION = "desktops.session_hosts", "desktops.user_sessions"
_ROLE, _DEFINITION = "authorization.role_assignments", "authorization.role_definitions"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
PERSONAL = {"hostPoolType": "Personal", "loadBalancerType": "Persistent", "preferredAppGroupType": "Desktop"}


def pool_of(sdk: Sdk) -> Any:
    return sdk.desktops.host_pools.create_or_update(sdk.group, "pool", {"location": REGION, "properties": PERSONAL})


def apps_of(sdk: Sdk) -> Any:
    properties = {"hostPoolArmPath": pool_of(sdk).id, "applicationGroupType": "Desktop"}
    return sdk.desktops.application_groups.create_or_update(
        sdk.group, "apps", {"location": REGION, "properties": properties}
    )


def token_of(sdk: Sdk, shared_cloud: SharedCloud, pool: str) -> str:
    until = iso_z(shared_cloud.cloud.world.now_us + 2 * 3_600 * 1_000_000)
    info = {"registrationTokenOperation": "Update", "expirationTime": until}
    sdk.desktops.host_pools.update(sdk.group, pool, {"properties": {"registrationInfo": info}})
    return str(sdk.desktops.host_pools.retrieve_registration_token(sdk.group, pool).token)


@covers(
    *(f"{_POOL}.{verb}" for verb in ("create_or_update", "get", "update", "list_by_resource_group", "list", "delete"))
)
def test_a_host_pool_lives_and_goes(sdk: Sdk) -> None:
    made, pools = pool_of(sdk), sdk.desktops.host_pools
    changed = pools.update(sdk.group, "pool", {"properties": {"friendlyName": "Desks"}})
    assert (changed.friendly_name, pools.get(sdk.group, "pool").object_id) == ("Desks", made.object_id)
    assert [each.name for each in pools.list_by_resource_group(sdk.group)] == ["pool"]
    assert made.id.lower() in [each.id.lower() for each in pools.list()]
    pools.delete(sdk.group, "pool")
    assert refused(lambda: pools.get(sdk.group, "pool")).status == 404


@pytest.mark.simulator
@covers(f"{_POOL}.update", f"{_POOL}.retrieve_registration_token", f"{_POOL}.list_registration_tokens")
def test_a_registration_token_is_given_and_never_shown(sdk: Sdk, shared_cloud: SharedCloud) -> None:
    pool_of(sdk)
    pools, token = sdk.desktops.host_pools, token_of(sdk, shared_cloud, "pool")
    assert [each.token for each in pools.list_registration_tokens(sdk.group, "pool").value] == [token]
    assert pools.get(sdk.group, "pool").registration_info is None


@covers(
    *(f"{_APPS}.{verb}" for verb in ("create_or_update", "get", "update", "list_by_resource_group")),
    *(f"{_APPS}.{verb}" for verb in ("list_by_subscription", "delete")),
    *(f"desktops.desktops.{verb}" for verb in ("list", "get", "update")),
)
def test_an_application_group_publishes_a_desktop(sdk: Sdk) -> None:
    made, apps, desktops = apps_of(sdk), sdk.desktops.application_groups, sdk.desktops.desktops
    assert apps.update(sdk.group, "apps", {"properties": {"description": "x"}}).description == "x"
    assert apps.get(sdk.group, "apps").host_pool_arm_path.endswith("/pool")
    assert [each.name for each in apps.list_by_resource_group(sdk.group)] == ["apps"]
    assert made.id.lower() in [each.id.lower() for each in apps.list_by_subscription()]
    assert [each.name for each in desktops.list(sdk.group, "apps")] == ["apps/SessionDesktop"]
    desktops.update(sdk.group, "apps", "SessionDesktop", {"properties": {"friendlyName": "Desk"}})
    assert desktops.get(sdk.group, "apps", "SessionDesktop").friendly_name == "Desk"
    apps.delete(sdk.group, "apps")
    assert refused(lambda: apps.get(sdk.group, "apps")).status == 404


@covers(
    *(f"{_SPACE}.{verb}" for verb in ("create_or_update", "get", "update", "list_by_resource_group")),
    *(f"{_SPACE}.{verb}" for verb in ("list_by_subscription", "delete")),
)
def test_a_workspace_shows_application_groups(sdk: Sdk) -> None:
    apps, spaces = apps_of(sdk), sdk.desktops.workspaces
    body: Any = {"location": REGION, "properties": {"applicationGroupReferences": [apps.id]}}
    made = spaces.create_or_update(sdk.group, "space", body)
    assert made.application_group_references == [apps.id]
    assert spaces.update(sdk.group, "space", {"properties": {"friendlyName": "Space"}}).friendly_name == "Space"
    assert spaces.get(sdk.group, "space").id == made.id
    assert [each.name for each in spaces.list_by_resource_group(sdk.group)] == ["space"]
    assert made.id.lower() in [each.id.lower() for each in spaces.list_by_subscription()]
    spaces.delete(sdk.group, "space")
    assert refused(lambda: spaces.get(sdk.group, "space")).status == 404


@covers(
    *(f"{_PLAN}.{verb}" for verb in ("create", "get", "update", "delete")),
    *(f"{_PLAN}.{verb}" for verb in ("list_by_resource_group", "list_by_subscription", "list_by_host_pool")),
)
def test_a_scaling_plan_refers_to_pools_that_have_no_other(sdk: Sdk) -> None:
    pool, plans = pool_of(sdk), sdk.desktops.scaling_plans
    reference = {"hostPoolArmPath": pool.id, "scalingPlanEnabled": True}
    properties = {"timeZone": "W. Europe Standard Time", "hostPoolType": "Personal", "hostPoolReferences": [reference]}
    body: Any = {"location": REGION, "properties": properties}
    made = plans.create(sdk.group, "nights", body)
    assert [each.host_pool_arm_path for each in made.host_pool_references] == [pool.id]
    assert plans.update(sdk.group, "nights", {"properties": {"friendlyName": "Nights"}}).friendly_name == "Nights"
    assert plans.get(sdk.group, "nights").id == made.id
    assert [each.name for each in plans.list_by_resource_group(sdk.group)] == ["nights"]
    assert made.id.lower() in [each.id.lower() for each in plans.list_by_subscription()]
    assert [each.name for each in plans.list_by_host_pool(sdk.group, "pool")] == ["nights"]
    assert refused(lambda: plans.create(sdk.group, "days", body)).status == 400
    plans.delete(sdk.group, "nights")
    assert list(plans.list_by_host_pool(sdk.group, "pool")) == []


@covers("desktops.session_hosts.list", "desktops.user_sessions.list_by_host_pool")
def test_a_new_pool_has_no_hosts_and_no_sessions(sdk: Sdk) -> None:
    pool_of(sdk)
    assert list(sdk.desktops.session_hosts.list(sdk.group, "pool")) == []
    assert list(sdk.desktops.user_sessions.list_by_host_pool(sdk.group, "pool")) == []


@pytest.mark.simulator
@covers(
    *(f"{_HOST}.{verb}" for verb in ("list", "get", "update", "delete")),
    *(f"{_SESSION}.{verb}" for verb in ("list", "list_by_host_pool", "get", "send_message", "disconnect", "delete")),
)
def test_a_session_host_is_assigned_used_and_removed(sdk: Sdk, shared_cloud: SharedCloud) -> None:
    name = f"pool{sdk.group[-6:]}"
    sdk.desktops.host_pools.create_or_update(sdk.group, name, {"location": REGION, "properties": PERSONAL})
    token = token_of(sdk, shared_cloud, name)
    shared_cloud.cloud.world.publish(
        "session_host_registered",
        vm_id=sdk.vm().id,
        host_pool=name,
        token=token,
        computer_name="CPC-1",
        vm_uuid="u",
        joined="entra",
    )
    place, hosts, sessions = (sdk.group, name), sdk.desktops.session_hosts, sdk.desktops.user_sessions
    host = next(iter(hosts.list(*place)))
    assert hosts.get(*place, "CPC-1").id == host.id
    assigned = hosts.update(*place, "CPC-1", session_host={"properties": {"assignedUser": "a@contoso.example"}})
    assert assigned.assigned_user == "a@contoso.example"
    shared_cloud.sim("desktops/sessions", {"sessionHost": host.id, "userPrincipalName": "a@contoso.example"})
    number = next(iter(sessions.list_by_host_pool(*place))).id.rpartition("/")[2]
    assert [each.id.rpartition("/")[2] for each in sessions.list(*place, "CPC-1")] == [number]
    sessions.send_message(*place, "CPC-1", number, {"messageTitle": "x", "messageBody": "y"})
    sessions.disconnect(*place, "CPC-1", number)
    assert sessions.get(*place, "CPC-1", number).session_state == "Disconnected"
    sessions.delete(*place, "CPC-1", number)
    hosts.delete(*place, "CPC-1")
    assert list(hosts.list(*place)) == []


@pytest.mark.simulator
@covers(
    *(f"{_ROLE}.{verb}" for verb in ("create", "get", "get_by_id", "delete", "create_by_id", "delete_by_id")),
    *(f"{_ROLE}.{verb}" for verb in ("list_for_scope", "list_for_resource_group", "list_for_subscription")),
    f"{_ROLE}.list_for_resource",
    *(f"{_DEFINITION}.{verb}" for verb in ("list", "get", "get_by_id")),
)
def test_a_role_is_assigned_and_removed(sdk: Sdk, shared_cloud: SharedCloud) -> None:
    shared_cloud.sim("config", {"anyPrincipalExists": True})
    roles, name, scope = sdk.authorization.role_assignments, str(uuid4()), sdk.group_id
    definition = sdk.authorization.role_definitions.get(f"/subscriptions/{sdk.subscription}", READER)
    assert (definition.role_name, sdk.authorization.role_definitions.get_by_id(definition.id).name) == (
        "Reader",
        READER,
    )
    assert READER in {each.name for each in sdk.authorization.role_definitions.list(scope)}
    principal = str(uuid4())
    body: Any = {
        "properties": {"roleDefinitionId": definition.id, "principalId": principal, "principalType": "ServicePrincipal"}
    }
    made = roles.create(scope, name, body)
    assert roles.get(scope, name).id == roles.get_by_id(made.id).id == made.id
    for rows in (
        roles.list_for_scope(scope, filter="atScope()"),
        roles.list_for_resource_group(sdk.group),
        roles.list_for_subscription(filter=f"principalId eq '{principal}'"),
    ):
        assert name in [each.name for each in rows]
    sdk.nic()
    nic = (sdk.group, "Microsoft.Network", "networkInterfaces", "nic")
    assert name in [each.name for each in roles.list_for_resource(*nic)]
    assert roles.delete(scope, name).name == name
    assert roles.delete(scope, name) is None
    roles.create_by_id(made.id, body)
    roles.delete_by_id(made.id)
    assert refused(lambda: roles.get(scope, name)).code == "RoleAssignmentNotFound"
