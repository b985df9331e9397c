"""Change notifications as documented: deliveries, retries, slow receivers, lifecycle, faults, restarts."""

from pathlib import Path
from typing import Any

import pytest
from azure_simulator.certificates import Certificates
from azure_simulator.core import webhooks
from azure_simulator.core.times import iso_z
from azure_simulator.seeds import DOMAIN, TENANT_ID

from packages.azure_simulator.tests.contract.receiver import (
    MINUTE,
    SECRET,
    Receiver,
    attempted,
    outbox,
    receiving,
    rename,
    settled,
    subscribe,
    until,
)
from packages.azure_simulator.tests.contract.running import Running, running

pytestmark = pytest.mark.simulator


async def test_a_changed_user_is_notified_with_the_agreed_client_state(cloud: Running, receiver: Receiver) -> None:
    # learn.microsoft.com/graph/api/resources/changenotification
    made = await subscribe(cloud, receiver)
    user = (await cloud.graph(f"/users/user01@{DOMAIN}?$select=id")).body["id"]
    await rename(cloud, 1, "Somebody")
    await rename(cloud, 1, "Somebody")  # says nothing new
    await rename(cloud, 2, "Another")
    first, second = await receiver.wait_for(2)
    assert (first["resource"], first["changeType"], first["tenantId"]) == (f"Users/{user}", "updated", TENANT_ID)
    assert (first["clientState"], first["subscriptionId"]) == (SECRET, made["id"])
    assert first["subscriptionExpirationDateTime"] == made["expirationDateTime"]
    assert (first["resourceData"]["@odata.type"], first["resourceData"]["id"]) == ("#Microsoft.Graph.User", user)
    assert second["resourceData"]["sequenceNumber"] > first["resourceData"]["sequenceNumber"]


async def test_subscribers_to_a_group_are_notified_of_members_added_and_removed(
    cloud: Running, receiver: Receiver
) -> None:
    groups = {each["displayName"]: each["id"] for each in await cloud.pages("/groups")}
    office, other = groups["Office"], groups["Newsletter"]
    for resource in ("/groups", f"Groups/{office}/members", f"/groups/{other}"):
        await subscribe(cloud, receiver, resource=resource)
    user = (await cloud.graph(f"/users/user25@{DOMAIN}?$select=id")).body["id"]
    await cloud.sim("graph/members", {"group": "Office", "add": [user]})
    await cloud.sim("graph/members", {"group": "Office", "remove": [user]})
    found = await receiver.wait_for(4)
    assert {each["resource"] for each in found} == {f"Groups/{office}"}
    deltas = [each["resourceData"]["members@delta"][0] for each in found]
    assert sorted(each.get("@removed", "") for each in deltas) == ["", "", "deleted", "deleted"]


async def test_licences_given_directly_or_through_a_group_are_changes_of_the_user(
    cloud: Running, receiver: Receiver
) -> None:
    await subscribe(cloud, receiver)
    plan = "CPC_E_2C_4GB_128GB"
    await cloud.sim("graph/licences", {"user": f"user25@{DOMAIN}", "give": [plan]})
    await cloud.sim("graph/licences", {"group": "Project", "give": [plan]})
    await cloud.sim("graph/members", {"group": "Project", "add": [f"user24@{DOMAIN}"]})
    names = [each["resourceData"]["id"] for each in await receiver.wait_for(4)]
    wanted = [
        (await cloud.graph(f"/users/user{each}@{DOMAIN}?$select=id")).body["id"] for each in ("25", "01", "02", "24")
    ]
    assert names == wanted


async def test_many_changes_come_in_few_posts(cloud: Running, receiver: Receiver) -> None:
    await subscribe(cloud, receiver)
    await cloud.sim("config", {"latency": {"graph.notification": {"value": 5}}})
    for number in range(1, 26):
        await rename(cloud, number, "New")
    assert receiver.notifications == []
    cloud.advance(5)
    await receiver.wait_for(25)
    assert [len(each) for each in receiver.posts] == [20, 5]


async def test_what_is_not_accepted_is_tried_again_ever_later_for_four_hours(
    cloud: Running, receiver: Receiver
) -> None:
    await subscribe(cloud, receiver)
    receiver.status = 503
    await rename(cloud, 1, "New")
    await receiver.wait_for(1)

    async def waits() -> bool:
        return [each["attempts"] for each in (await outbox(cloud))["pending"]] == [len(receiver.notifications)]

    await until(waits)
    cloud.advance(9)
    cloud.advance(1)
    await receiver.wait_for(2)
    await until(waits)
    for count in (3, 4, 5):
        cloud.advance(3_600)
        await receiver.wait_for(count)
        await until(waits)
    cloud.advance(3_600)

    async def over() -> bool:
        found = await outbox(cloud)
        return not found["pending"] and found["recent"][-1]["end"] == "given up"

    await until(over)


async def test_a_receiver_that_comes_back_gets_what_it_missed(cloud: Running, receiver: Receiver) -> None:
    await subscribe(cloud, receiver)
    receiver.status = 500
    await rename(cloud, 1, "New")
    await receiver.wait_for(1)
    receiver.status = 202
    await until(lambda: attempted(cloud))
    cloud.advance(3 * 3_600)
    first, again = await receiver.wait_for(2)
    assert first == again


@pytest.mark.parametrize(("slow", "state"), [(9, ""), (10, "delayed"), (15, "dropped")])
async def test_slow_receivers_are_notified_late_and_slower_ones_not_at_all(
    cloud: Running, receiver: Receiver, slow: int, state: str
) -> None:
    # change-notifications-delivery-webhooks, edition of 2023: judged from 100 notifications on
    box, now_us = webhooks.outbox(cloud.cloud.world), cloud.cloud.world.now_us
    await subscribe(cloud, receiver)
    answered = [True] * slow + [False] * (100 - slow)
    for number, is_slow in enumerate(answered):
        post = webhooks.Post(f"p{number}", receiver.url, {}, {}, now_us, now_us + 10**12)
        box.add(post, now_us)
        box.answered([post.id], 202, slow=is_slow, retry_s=10, now_us=now_us)
    assert (await outbox(cloud))["receivers"][0]["state"] == state
    await rename(cloud, 1, "New")
    due = [each["due"] for each in (await outbox(cloud))["pending"]]
    if state == "delayed":
        assert due == [iso_z(now_us + 600 * 1_000_000)]
    elif state == "dropped":
        assert (due, (await outbox(cloud))["recent"][-1]["end"]) == ([], "dropped")
    cloud.advance(600)
    await rename(cloud, 2, "New")
    await receiver.wait_for(1 if state == "dropped" else 2)


async def test_an_answer_after_the_timeout_counts_as_none(cloud: Running, receiver: Receiver) -> None:
    await cloud.sim("config", {"webhooks": {"timeoutSeconds": 0.05, "slowSeconds": 0.04}})
    await subscribe(cloud, receiver)
    receiver.pause_s = 0.2
    await rename(cloud, 1, "New")
    await until(lambda: attempted(cloud))
    assert (await outbox(cloud))["receivers"] == [{"url": receiver.url, "answered": 1, "slow": 1, "state": ""}]


async def test_before_its_end_a_subscription_is_challenged_until_it_is_renewed(
    cloud: Running, receiver: Receiver, certificates: Certificates
) -> None:
    # learn.microsoft.com/graph/change-notifications-lifecycle-events
    async with receiving(certificates) as lifecycle:
        made = await subscribe(cloud, receiver, minutes=600, lifecycleNotificationUrl=lifecycle.url)
        cloud.advance(421 * MINUTE)
        note = (await lifecycle.wait_for(1))[0]
        assert (note["lifecycleEvent"], note["clientState"]) == ("reauthorizationRequired", SECRET)
        path = f"/subscriptions/{made['id']}"
        cloud.tokens.clear()
        assert (await cloud.graph(f"{path}/reauthorize", "POST")).status == 204
        until_then = iso_z(cloud.cloud.world.now_us + 600 * MINUTE * 1_000_000)
        renewed = await cloud.graph(path, "PATCH", json={"expirationDateTime": until_then})
        assert (renewed.status, renewed.body["expirationDateTime"]) == (200, until_then)
        cloud.advance(400 * MINUTE)
        assert len(lifecycle.notifications) == 1
    assert len(receiver.tokens) == 3
    assert (await cloud.graph(path, "PATCH", json={"resource": "/groups"})).status == 400


async def test_a_lapsed_authorisation_loses_changes_until_it_is_given_again(cloud: Running, receiver: Receiver) -> None:
    await cloud.sim("config", {"graph": {"authorizationMinutes": 60}})
    made = await subscribe(cloud, receiver, lifecycleNotificationUrl=receiver.url)
    cloud.advance(46 * MINUTE)
    await receiver.wait_for(1)
    cloud.advance(15 * MINUTE)
    await rename(cloud, 1, "Lost")
    assert (await cloud.graph(f"/subscriptions/{made['id']}/reauthorize", "POST")).status == 204
    await rename(cloud, 2, "Told")
    assert [each.get("lifecycleEvent") for each in await receiver.wait_for(2)] == ["reauthorizationRequired", None]


@pytest.mark.parametrize(
    ("do", "names"),
    [
        ({"kind": "lose_notification"}, ["02", "03"]),
        ({"kind": "duplicate_notification"}, ["01", "01", "02", "03"]),
        ({"kind": "reorder", "by": 30}, ["02", "03", "01"]),
    ],
)
async def test_notifications_can_be_lost_repeated_and_out_of_order(
    cloud: Running, receiver: Receiver, do: dict[str, Any], names: list[str]
) -> None:
    await subscribe(cloud, receiver)
    ids = {n: (await cloud.graph(f"/users/user{n}@{DOMAIN}?$select=id")).body["id"] for n in ("01", "02", "03")}
    await cloud.sim("faults", {"match": {"op": "graph.notification", "name": ids["01"]}, "do": do})
    for number in (1, 2, 3):
        await rename(cloud, number, "New")
    if do["kind"] == "reorder":
        await receiver.wait_for(2)
        cloud.advance(30)
    found = await receiver.wait_for(len(names))
    assert [each["resourceData"]["id"] for each in found] == [ids[n] for n in names]


async def test_a_notification_can_come_with_another_secret(cloud: Running, receiver: Receiver) -> None:
    await subscribe(cloud, receiver)
    rule = {"match": {"op": "graph.notification"}, "when": {"max_hits": 1}, "do": {"kind": "wrong_client_state"}}
    await cloud.sim("faults", rule)
    await rename(cloud, 1, "New")
    await rename(cloud, 2, "New")
    found = await receiver.wait_for(2)
    assert [each["clientState"] == SECRET for each in found] == [False, True]


async def test_a_restarted_cloud_sends_again_what_was_not_accepted(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch, receiver: Receiver, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    async with running(certificates, monkeypatch, profile="instant", journal=journal) as first:
        await subscribe(first, receiver, minutes=41_760)
        await rename(first, 1, "Delivered")
        await receiver.wait_for(1)
        await until(lambda: settled(first))
        receiver.status = 500
        await rename(first, 2, "Owed")
        await until(lambda: attempted(first))
    assert SECRET not in journal.read_text()
    receiver.status = 202
    before = len(receiver.notifications)
    async with running(certificates, monkeypatch, profile="instant", journal=journal) as again:
        again.advance(60)
        found = await receiver.wait_for(before + 1)
        await until(lambda: settled(again))
        assert len(receiver.notifications) == before + 1
    assert (found[-1]["clientState"], found[-1]["resource"]) == (SECRET, found[1]["resource"])
