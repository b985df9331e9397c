"""Changes in a directory reach its tenant: from Graph, from the queue, or by reading."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from azure_simulator.seeds import TENANT_ID

from local.stack import Stack
from tests.e2e.conftest import options_of
from tests.e2e.office import SMALL, Office
from tests.e2e.queues import put_change

pytestmark = pytest.mark.e2e

ACCEPTED, BAD_REQUEST = 202, 400
OpenOffice = Callable[..., Office]
Json = dict[str, Any]


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of which the directory tells."""
    with Stack(tmp_path_factory.mktemp("listening"), options_of(notifications=True)) as stack:
        stack.tell_cloud("config", {"graph": {"insecureNotificationUrls": True}})
        yield stack


def office_of(stack: Stack, name: str) -> Office:
    return Office(stack, stack.portal(), name).open({"directoryCatchUpInMinutes": 10_080})


def subscriptions(stack: Stack) -> list[Json]:
    return list(stack.ask_cloud("state?view=directory&kind=subscription")[TENANT_ID])


def subscribed(office: Office) -> None:
    """Wait until the directory tells of users and of groups: of one of them it may tell before the other."""
    office.until(lambda: len(subscriptions(office.stack)) == len(["users", "groups"]), says="it has subscribed")


def notify(stack: Stack, body: object) -> int:
    request = urllib.request.Request(  # noqa: S310 - ours
        f"{stack.addresses.api}/api/graph/notifications",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - ours
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_graph_tells_of_a_new_member_and_of_a_licence_taken(listening: Stack) -> None:
    office = office_of(listening, "listener")
    first, second = office.user(1, SMALL), office.user(2, SMALL)
    group = office.group("Everybody", first)
    office.policy("Desks", office.connection(), group)
    assert office.settled(first)["status"] == "provisioned"
    subscribed(office)
    office.join(group, second)
    assert office.settled(second)["status"] == "provisioned"
    office.take(first, SMALL)
    assert office.reaches(first, "inGracePeriod")["@deskwright.grace"]["cause"] == "licenseRemoved"
    office.give(first, SMALL)
    office.reaches(first, "provisioned")


def test_a_nested_group_that_comes_in_brings_its_members(listening: Stack) -> None:
    office = office_of(listening, "nesting")
    first, second = office.user(1, SMALL), office.user(2, SMALL)
    group, inner = office.group("Everybody", first), office.group("Inner", second)
    office.policy("Desks", office.connection(), group)
    office.settled(first)
    subscribed(office)
    office.join(group, inner)
    assert office.settled(second)["status"] == "provisioned"


def test_what_graph_challenges_is_renewed(listening: Stack) -> None:
    office = office_of(listening, "renewing")
    office.policy("Desks", office.connection(), office.group("Everybody", office.user(1)))
    subscribed(office)
    before = {each["id"]: each["expirationDateTime"] for each in subscriptions(listening)}
    office.pass_time(timedelta(hours=1))
    for each in before:
        listening.tell_cloud("graph/challenge", {"subscription": each})
    office.until(
        lambda: all(each["expirationDateTime"] > before[each["id"]] for each in subscriptions(listening)),
        says="both subscriptions last longer",
    )


def test_a_handshake_is_answered_with_the_token_as_text_and_nothing_that_runs(listening: Stack) -> None:
    token = "Validation: <b>Testing</b> & more"
    address = f"{listening.addresses.api}/api/graph/notifications?validationToken={urllib.parse.quote(token)}"
    request = urllib.request.Request(address, data=b"", method="POST")  # noqa: S310 - ours
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - ours
        assert answer.headers["Content-Type"].startswith("text/plain")
        said = answer.read().decode()
    assert said == "Validation: &lt;b&gt;Testing&lt;/b&gt; &amp; more"


def test_whoever_is_not_graph_moves_nobody(listening: Stack) -> None:
    office = office_of(listening, "outsiders")
    user = office.user(1, SMALL)
    group = office.group("Everybody", office.user(90))
    office.policy("Desks", office.connection(), group)
    subscribed(office)
    told = {"tenantId": TENANT_ID, "changeType": "updated", "resource": "users"}
    data = {"@odata.type": "#Microsoft.Graph.User", "id": office.user_id(user)}
    before = len(listening.ask_cloud(f"requests?op=user.get&path=*{office.user_id(user)}*"))
    for guess in ("guessed", "errät 🔑", "\ud800"):
        assert notify(listening, {"value": [{**told, "clientState": guess, "resourceData": data}]}) == ACCEPTED
    assert notify(listening, ["not an object"]) == BAD_REQUEST
    office.pass_time(timedelta(minutes=3))
    assert len(listening.ask_cloud(f"requests?op=user.get&path=*{office.user_id(user)}*")) == before


def test_what_no_notification_told_is_found_by_asking(open_office: OpenOffice) -> None:
    office = open_office({"directoryCatchUpInMinutes": 5})
    first, second = office.user(1, SMALL), office.user(2, SMALL)
    group = office.group("Everybody", first)
    office.policy("Desks", office.connection(), group)
    office.settled(first)
    office.pass_time(timedelta(minutes=10))
    office.join(group, second)
    assert office.settled(second)["status"] == "provisioned"
    office.change_user(first, delete=True)
    assert office.reaches(first, "inGracePeriod")["@deskwright.grace"]["cause"] == "userDeleted"


def test_many_messages_at_once_neither_lose_nor_double_anything(open_office: OpenOffice) -> None:
    office = open_office()
    users = [office.user(number, SMALL) for number in range(1, 6)]
    group = office.group("Everybody", office.user(90))
    office.policy("Desks", office.connection(), group)
    office.join(group, *users)
    ids = [office.user_id(user) for user in users]
    at = office.stack.clock.now().isoformat()
    for number in range(60):
        message = {"tenantId": office.name, "type": "user", "userIds": [ids[number % len(ids)]], "at": at}
        put_change(office.stack, message)
    for user in users:
        assert office.settled(user)["status"] == "provisioned"
    assert len(office.machines()) == len(users)
    assert office.invariants() == []
