"""Subscriptions to changes as documented: handshake, resources, permissions, limits."""

from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web
from azure_simulator.certificates import Certificates
from azure_simulator.core.times import iso_z
from azure_simulator.seeds import TENANT_ID, demo_seed

from packages.azure_simulator.tests.contract.receiver import (
    MINUTE,
    Receiver,
    receiving,
    refused,
    rename,
    subscribe,
    subscription_body,
)
from packages.azure_simulator.tests.contract.running import Running, running

pytestmark = pytest.mark.simulator


async def test_both_addresses_are_validated_before_there_is_a_subscription(
    cloud: Running, receiver: Receiver, certificates: Certificates
) -> None:
    # learn.microsoft.com/graph/change-notifications-delivery-webhooks#notificationurl-validation
    async with receiving(certificates) as lifecycle:
        made = await subscribe(cloud, receiver, lifecycleNotificationUrl=f"{lifecycle.url}?code=x")
        assert receiver.tokens == lifecycle.tokens
    assert receiver.tokens[0].startswith("Validation: Testing client application reachability")
    assert (made["resource"], made["clientState"]) == ("/users", None)
    assert [each["id"] for each in (await cloud.graph("/subscriptions")).body["value"]] == [made["id"]]
    assert (await cloud.graph(f"/beta/subscriptions/{made['id']}")).body["notificationUrl"] == receiver.url


@pytest.mark.parametrize(
    ("handshake", "text"),
    [
        (web.json_response, "exactly match"),
        (lambda _token: web.Response(text="something else"), "exactly match"),
        (lambda token: web.Response(text=token, status=202), "'Accepted'"),
        (lambda _token: web.Response(status=403), "'Forbidden'"),
    ],
)
async def test_a_receiver_that_fails_the_handshake_gets_no_subscription(
    cloud: Running, receiver: Receiver, handshake: Any, text: str
) -> None:
    receiver.handshake = handshake
    answer = await refused(cloud, receiver)
    assert (answer.status, answer.error) == (400, "ValidationError")
    assert text in answer.body["error"]["message"]
    assert (await cloud.graph("/subscriptions")).body["value"] == []


async def test_a_receiver_that_is_silent_or_absent_gets_nothing(cloud: Running, receiver: Receiver) -> None:
    async with receiving() as gone:
        url = gone.url.replace("http:", "https:")
    absent = await refused(cloud, receiver, notificationUrl=url)
    await cloud.sim("config", {"webhooks": {"handshakeSeconds": 0.05}})
    receiver.silence_s = 0.3
    silent = await refused(cloud, receiver)
    assert silent.body["error"]["message"] == "Subscription validation request timed out."
    assert (absent.status, "must respond with 200" in absent.body["error"]["message"]) == (400, True)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"resource": "/deviceManagement/managedDevices"}, 400, "InvalidRequest"),
        ({"resource": "/devices"}, 400, "InvalidRequest"),
        ({"resource": "/users?$filter=accountEnabled eq true"}, 400, "InvalidRequest"),
        ({"resource": "/users/6a3f0000-0000-4000-8000-000000000000"}, 404, "Request_ResourceNotFound"),
        ({"resource": None}, 400, "InvalidRequest"),
        ({"changeType": "created"}, 400, "InvalidRequest"),
        ({"changeType": "updated,updated"}, 400, "InvalidRequest"),
        ({"notificationUrl": "http://127.0.0.1:1/changes"}, 400, "InvalidRequest"),
        ({"notificationUrl": "not an address"}, 400, "InvalidRequest"),
        ({"lifecycleNotificationUrl": "http://127.0.0.1:1/changes"}, 400, "InvalidRequest"),
        ({"clientState": "x" * 129}, 400, "InvalidRequest"),
        ({"expirationDateTime": "tomorrow"}, 400, "InvalidRequest"),
        ({"includeResourceData": True}, 400, "InvalidRequest"),
        ({"colour": "red"}, 400, "BadRequest"),
    ],
    ids=str,
)
async def test_what_cannot_be_subscribed_to_is_refused_before_the_handshake(
    cloud: Running, receiver: Receiver, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = await refused(cloud, receiver, **changes)
    assert (answer.status, answer.error) == (status, code)
    assert receiver.tokens == []


async def test_it_lasts_41760_minutes_at_most_and_45_at_least(cloud: Running, receiver: Receiver) -> None:
    # learn.microsoft.com/graph/change-notifications-overview#subscription-lifetime
    answer = await refused(cloud, receiver, minutes=41_761)
    assert answer.body["error"]["message"] == "Subscription expiration can only be 41760 minutes in the future."
    assert (await refused(cloud, receiver, minutes=-1)).status == 400
    await subscribe(cloud, receiver, minutes=41_760)
    short = await subscribe(cloud, receiver, minutes=1, resource="/groups")
    assert short["expirationDateTime"] == iso_z(cloud.cloud.world.now_us + 45 * MINUTE * 1_000_000)
    cloud.advance(45 * MINUTE)
    assert (await cloud.graph(f"/subscriptions/{short['id']}")).status == 404


async def test_each_resource_has_its_own_permission(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    # learn.microsoft.com/graph/api/subscription-post-subscriptions#permissions
    seed = demo_seed(5)["tenants"][0]
    roles = ["User.Read.All", "GroupMember.Read.All", "Group.ReadWrite.All"]
    seed["apps"] = [{"displayName": "poor", "managedIdentity": True, "roles": roles}]
    async with AsyncExitStack() as stack:
        cloud = await stack.enter_async_context(running(certificates, monkeypatch, profile="instant", tenants=[seed]))
        receiver = await stack.enter_async_context(receiving(certificates))
        await subscribe(cloud, receiver)
        answer = await refused(cloud, receiver, resource="/groups")
    assert (answer.status, answer.error) == (403, "Authorization_RequestDenied")


async def test_a_hundred_per_app_and_tenant_and_no_two_alike(cloud: Running, receiver: Receiver) -> None:
    made = await subscribe(cloud, receiver, changeType="updated,deleted")
    twin = await refused(cloud, receiver, changeType="deleted,updated")
    assert (twin.status, made["id"] in twin.body["error"]["message"]) == (409, True)
    for number in range(99):
        await cloud.sim("graph/groups", {"displayName": f"g{number}"})
    groups = [each["id"] for each in await cloud.pages("/groups?$select=id&$filter=startswith(displayName,'g')")]
    for group in groups:
        await subscribe(cloud, receiver, resource=f"/groups/{group}")
    assert (await refused(cloud, receiver, resource="/groups")).status == 403
    assert (await cloud.graph(f"/subscriptions/{made['id']}", "DELETE")).status == 204
    await subscribe(cloud, receiver, resource="/groups")


async def test_plain_http_only_when_it_is_allowed(cloud: Running) -> None:
    await cloud.sim("config", {"graph": {"insecureNotificationUrls": True}})
    async with receiving() as plain:
        await subscribe(cloud, plain)
        await rename(cloud, 1, "New")
        assert len(await plain.wait_for(1)) == 1


async def test_an_app_can_read_its_own_subscriptions_only(cloud: Running, receiver: Receiver) -> None:
    made = await subscribe(cloud, receiver)
    wanted = {"audience": "https://graph.microsoft.com", "tid": TENANT_ID, "appid": "another"}
    token = (await cloud.sim("tokens", wanted))["access_token"]
    for method, path in (("GET", ""), ("DELETE", ""), ("PATCH", ""), ("POST", "/reauthorize")):
        url = f"/v1.0/subscriptions/{made['id']}{path}"
        answer = await cloud.call(method, url, headers={"Authorization": f"Bearer {token}"}, json={})
        assert (answer.status, answer.error) == (404, "ResourceNotFound")


async def test_a_batch_can_make_a_subscription(cloud: Running, receiver: Receiver) -> None:
    step = {"id": "1", "method": "POST", "url": "/subscriptions", "body": subscription_body(cloud, receiver)}
    step["headers"] = {"Content-Type": "application/json"}
    answer = await cloud.graph("/$batch", "POST", json={"requests": [step]})
    assert [each["status"] for each in answer.body["responses"]] == [201]
    assert len(receiver.tokens) == 1
