"""Hundreds of messages for a few users, unreadable ones among them, and a host that is killed with -9 meanwhile."""

from __future__ import annotations

import base64
import json
from collections import Counter

import pytest

from tests.e2e.conftest import StartStack
from tests.e2e.office import SMALL, Json, Office
from tests.e2e.queues import QUEUE, count, peek, put_texts

USERS, LICENSED = 20, 4
MESSAGES = 200
ASIDE = "directory-changes-poison"
POISON = {
    "not JSON": "{",
    "there is no tenant nobody": '{"tenantId": "nobody", "type": "group", "at": "2026-03-02T08:00:00Z"}',
}
AGAIN_AFTER_SECONDS = 20
"""Ten minutes on Azure: until then nobody gets a message that the killed host was working on."""
pytestmark = [pytest.mark.e2e, pytest.mark.long]


@pytest.mark.timeout(900)
def test_no_message_is_lost_or_counts_twice_when_the_host_dies_among_them(start_stack: StartStack) -> None:
    stack = start_stack(users=1, queue_visibility=AGAIN_AFTER_SECONDS)
    office = Office(stack, stack.portal(), "flood").open()
    users = [office.user(number, *[SMALL][: number <= LICENSED]) for number in range(1, USERS + 1)]
    ids = [office.user_id(user) for user in users]
    group = office.group("Everybody", office.user(90))
    office.policy("Desks", office.connection(), group)
    office.join(group, *users)
    at = stack.clock.now().isoformat()
    told = [
        json.dumps({"tenantId": office.name, "type": "user", "userIds": [ids[number % USERS]], "at": at})
        for number in range(MESSAGES)
    ]
    # The host is killed while it works on the second of each: whatever it had done by then, it gets them again.
    put_texts(stack, *POISON.values(), *told[: MESSAGES // 2], *POISON.values())
    stack.host.kill()
    stack.start_host()
    put_texts(stack, *told[MESSAGES // 2 :])
    entitled = users[:LICENSED]
    for user in entitled:
        assert office.settled(user)["status"] == "provisioned"
    owners = Counter(pc["userPrincipalName"] for pc in office.cloud_pcs())
    assert owners == dict.fromkeys(entitled, 1)
    assert len(office.machines()) == LICENSED
    assert office.invariants() == []

    def aside() -> list[Json]:
        return [json.loads(base64.b64decode(text)) for text in peek(stack, ASIDE)]

    def all_came_again() -> bool:
        return count(stack, QUEUE) == 0 and len(aside()) >= 2 * len(POISON)

    office.until(all_came_again, says="the unreadable ones are set aside")
    assert Counter(each["message"] for each in aside()) == dict.fromkeys(POISON.values(), 2)
    assert len({each["id"] for each in aside()}) == 2 * len(POISON)
    assert all(any(each["reason"].startswith(reason) for reason in POISON) for each in aside())
