"""Host pools and their registration tokens.

A GET never shows the token; `listRegistrationTokens` and `retrieveRegistrationToken` do, and only while it is valid.
The answer to the write that makes one tells its end and not the token, which is null.
Sources: learn.microsoft.com/rest/api/desktopvirtualization/host-pools (2024-04-03); docs/notes.md 7.1.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.resource_types import EXACT, ResourceType
from azure_simulator.arm.time_zones import TIME_ZONES
from azure_simulator.arm.value_rules import between, no_more_than, one_of
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.resources import Index, Resource
from azure_simulator.core.times import SECOND, iso_z, parse_iso
from azure_simulator.desktops.bodies import (
    an_object,
    check_choice,
    created,
    gone,
    invalid,
    listed,
    nulls,
    patched,
    properties_of,
    put_tracked,
    refused,
    show,
    shown,
    written,
)
from azure_simulator.desktops.provider import DESKTOPS, HOST_POOL, IDENTITY, KIND, NAMING, SDK

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World

TYPE = HOST_POOL
HOST_POOLS = ResourceType(
    name=TYPE,
    provider=DESKTOPS,
    params=("pool",),
    models=BodyModels(SDK, "HostPool", "HostPoolPatch"),
    naming=NAMING,
    immutable={"properties.hostPoolType": EXACT},
    unshown=("properties.registrationInfo",),
    together=(IDENTITY,),
    values={
        "kind": KIND,
        "properties.maxSessionLimit": between(1, 999_999),
        "properties.agentUpdate.maintenanceWindowTimeZone": one_of(TIME_ZONES),
        "properties.agentUpdate.maintenanceWindows": no_more_than(2, "There are at most two maintenance windows."),
        "properties.agentUpdate.maintenanceWindows[].hour": between(0, 23),
    },
)
OPERATIONS = Operations(HOST_POOLS)
OPERATIONS.reads(get="hostPool.get", show=shown)
nulls(
    TYPE,
    "tags kind identity",
    empty="applicationGroupReferences appAttachPackageReferences privateEndpointConnections",
    inside="agentUpdate friendlyName description personalDesktopAssignmentType ring registrationInfo vmTemplate "
    "ssoadfsAuthority ssoClientId ssoClientSecretKeyVaultPath ssoSecretType",
)
BY_NAME = Index(TYPE, lambda pool: pool.name.lower())
_HOUR_US = 3_600 * SECOND
_SHORTEST_US, _LONGEST_US = _HOUR_US, 27 * 24 * _HOUR_US
_DEFAULTS: Json = {
    "maxSessionLimit": 999_999,
    "validationEnvironment": False,
    "startVMOnConnect": False,
    "publicNetworkAccess": "Enabled",
    "customRdpProperty": (
        "drivestoredirect:s:*;audiomode:i:0;videoplaybackmode:i:1;redirectclipboard:i:1;redirectprinters:i:1;"
        "devicestoredirect:s:*;redirectcomports:i:1;redirectsmartcards:i:1;usbdevicestoredirect:s:*;"
        "enablecredsspsupport:i:1;redirectwebauthn:i:1;use multimon:i:1;"
    ),
    "cloudPcResource": False,
    "applicationGroupReferences": [],
    **dict.fromkeys(("managedPrivateUDP", "directUDP", "publicUDP", "relayUDP"), "Default"),
}
_CHOICES = {
    "hostPoolType": ("Pooled", "Personal", "BYODesktop"),
    "loadBalancerType": ("BreadthFirst", "DepthFirst", "Persistent"),
    "preferredAppGroupType": ("None", "Desktop", "RailApplications"),
}


@OPERATIONS.put("hostPool.put")
def put_pool(call: Call) -> Answer:
    """Create or replace a host pool."""
    wanted = properties_of(call)
    for name, choices in _CHOICES.items():
        check_choice(wanted, name, choices)
    _check_balancing(wanted)
    known = call.world.resources.get(call.path)
    registration = an_object(wanted.pop("registrationInfo", None), "registrationInfo")
    _check_expiry(call, registration)
    wanted = {key: value for key, value in wanted.items() if (key, value) != ("vmTemplate", "")}  # recorded
    if wanted["hostPoolType"] == "Pooled":
        wanted["personalDesktopAssignmentType"] = None  # recorded: whatever the request says
    if "ring" in wanted:
        wanted["ring"] = max(1, wanted["ring"])  # recorded: 0 comes back as 1
    references = known.properties["applicationGroupReferences"] if known else []
    resource = put_tracked(call, HOST_POOLS, {**_DEFAULTS, **wanted, "applicationGroupReferences": references})
    _register(call, resource, registration)
    answer = created(resource) if known is None else Answer()
    return Answer(written(resource, **_told(call, resource, registration)), answer.status, answer.headers)


def _check_balancing(properties: Json) -> None:
    """Refuse a way to balance that the type of a pool does not have (the description of `loadBalancerType`)."""
    if properties["hostPoolType"] == "Personal" and properties["loadBalancerType"] != "Persistent":
        raise invalid("A personal host pool needs the load balancer type Persistent.")
    if properties["hostPoolType"] == "Pooled" and properties["loadBalancerType"] == "Persistent":
        raise invalid("A pooled host pool needs the load balancer type BreadthFirst or DepthFirst.")


def _told(call: Call, pool: Resource, registration: Json) -> Json:
    """Tell the caller who has made or dropped a token: its end in UTC, and not the token (recorded)."""
    operation = registration.get("registrationTokenOperation", "None")
    if operation == "Delete":
        return {"registrationInfo": {"expirationTime": None, "token": None, "registrationTokenOperation": "Delete"}}
    if operation != "Update" or not _valid(call.world, pool):
        return {}
    until = iso_z(pool.facts["tokenExpires"])
    if not str(registration["expirationTime"]).endswith("Z"):
        until = until.replace("Z", "+00:00")
    return {"registrationInfo": {"expirationTime": until, "token": None, "registrationTokenOperation": "Update"}}


@OPERATIONS.patch("hostPool.patch")
def patch_pool(call: Call) -> Answer:
    """Change a host pool; `registrationInfo.registrationTokenOperation` makes or drops the token."""
    pool, body = call.resource(), call.object()
    wanted = properties_of(call)
    registration = an_object(wanted.pop("registrationInfo", None), "registrationInfo")
    _check_balancing({**pool.properties, **wanted})
    _check_expiry(call, registration)
    patched(call, pool, {**body, "properties": wanted})
    _register(call, pool, registration)
    return Answer(show(pool, **_told(call, pool, registration)))


@OPERATIONS.delete("hostPool.delete")
def delete_pool(call: Call) -> Answer:
    """Delete a host pool; if it has session hosts, only with `force`."""
    pool = call.world.resources.get(call.path)
    if pool is None:
        return Answer(status=204)
    hosts = call.world.resources.collection(f"{pool.id}/sessionHosts")
    if pool.properties["applicationGroupReferences"]:
        raise _in_use(call, pool, "ApplicationGroups")
    if hosts and call.query.get("force", "").lower() != "true":
        raise _in_use(call, pool, "SessionHosts")
    for host in hosts:
        call.world.publish("session_host_down", host_id=host.id, cause="hostRemoved")
    call.world.resources.remove(pool.id)
    until = iso_z(pool.facts["tokenExpires"]) if _valid(call.world, pool) else None
    last = {"expirationTime": until, "token": None, "registrationTokenOperation": "None"}
    return gone(pool, registrationInfo=last)


def _in_use(call: Call, pool: Resource, what: str) -> Problem:
    """Word the refusal to delete a pool; for application groups it was recorded (docs/notes.md 7.1)."""
    text = f"The SessionHostPool {pool.name} could not be deleted because it still has {what} associated with it. "
    return refused(call.world, 400, f"{text}Please remove all {what} from the SessionHostPool and retry the operation.")


@OPERATIONS.list_group("hostPool.list")
@OPERATIONS.list_subscription("hostPool.listAll")
def list_pools(call: Call) -> Answer:
    """List host pools of a resource group or subscription."""
    return listed(call, HOST_POOLS)


@OPERATIONS.post("hostPool.retrieveToken", "retrieveRegistrationToken", mutates=False)
def retrieve_token(call: Call) -> Answer:
    """Show the valid token, or an empty registration info."""
    pool = _pool_above(call)
    return Answer(_token_of(call, pool) or {"registrationTokenOperation": "None"})


@OPERATIONS.post("hostPool.listTokens", "listRegistrationTokens", mutates=False)
def list_tokens(call: Call) -> Answer:
    """List the valid tokens: one or none."""
    found = _token_of(call, _pool_above(call))
    rows = [{key: found[key] for key in ("expirationTime", "token")}] if found else []
    return Answer({"value": rows, "nextLink": None})


def _pool_above(call: Call) -> Resource:
    return call.need(call.path.rpartition("/")[0])


def _token_of(call: Call, pool: Resource) -> Json | None:
    if not _valid(call.world, pool):
        return None
    token = call.world.protector.cipher().decrypt(pool.facts["token"].encode()).decode()
    return {
        "expirationTime": iso_z(pool.facts["tokenExpires"]),
        "token": token,
        "registrationTokenOperation": "None",
    }


def _valid(world: World, pool: Resource) -> bool:
    return "token" in pool.facts and bool(pool.facts["tokenExpires"] > world.now_us)


def _check_expiry(call: Call, registration: Json) -> None:
    if registration.get("registrationTokenOperation") != "Update":
        return
    try:
        ahead_us = parse_iso(str(registration.get("expirationTime", ""))) - call.now_us
    except ValueError as error:
        raise invalid("registrationInfo.expirationTime is no date.") from error
    if not ahead_us + SECOND * 60 >= _SHORTEST_US or ahead_us > _LONGEST_US:
        text = "ExpirationTime must be between 1 hour and 27 days from now."
        raise invalid(text)


def _register(call: Call, pool: Resource, registration: Json) -> None:
    operation = registration.get("registrationTokenOperation", "None")
    if operation == "Delete":
        pool.facts = {key: value for key, value in pool.facts.items() if not key.startswith("token")}
    if operation == "Update":
        number = call.world.attempt("registration token", pool.id)
        token = _written(call, pool, number, parse_iso(str(registration["expirationTime"])))
        pool.facts = {
            **pool.facts,
            "token": call.world.protector.cipher().encrypt(token.encode()).decode(),
            "tokenHash": call.world.protector.hash(token),
            "tokenExpires": parse_iso(str(registration["expirationTime"])),
        }


def _written(call: Call, pool: Resource, number: int, until_us: int) -> str:
    """Write a token as Azure does: a JWT for agents, which name its pool and its end; the signature is none."""
    end_point = pool.properties["objectId"]
    claims = {
        "RegistrationId": call.world.guid("registration", pool.id, number),
        "BrokerUri": "https://rdbroker.wvd.microsoft.com/",
        "EndpointPoolId": end_point,
        "GlobalBrokerResourceIdUri": f"https://{end_point}.rdbroker.wvd.microsoft.com/",
        "nbf": call.now_us // SECOND,
        "exp": until_us // SECOND,
        "iss": "RDInfraTokenManager",
        "aud": "RDmi",
    }
    signature = call.world.guid("signature", pool.id, number).replace("-", "") * 4
    parts = [json.dumps(each).encode() for each in ({"alg": "RS256", "typ": "JWT"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), signature])


def ask_registration(world: World, host_pool: str, token: str, answers: list[str]) -> None:
    """Object to a registration token (clear or hashed) that is not the pool's valid one."""
    if find_pool(world, host_pool, token) is None:
        answers.append(f"INVALID_REGISTRATION_TOKEN: the token is not valid for host pool '{host_pool}'.")


def find_pool(world: World, host_pool: str, token: str) -> Resource | None:
    """Return the pool that a valid token belongs to; `host_pool` (name or id) may be empty."""
    name = host_pool.rpartition("/")[2].lower()
    found = world.resources.find(BY_NAME, name) if name else world.resources.of_type(TYPE)
    for pool in found:
        if _valid(world, pool) and world.protector.matches(pool.facts["tokenHash"], token):
            return pool
    return None
