"""Many tenants: customers in directories of their own, and a share of a subscription's limits for each."""

from __future__ import annotations

import uuid
import zlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from azure_simulator.seeds import TENANT_ID, customer_seed

from local.portal import Portal, PortalError
from local.stack import Stack
from tests.e2e.office import SMALL, Office

pytestmark = [pytest.mark.e2e, pytest.mark.long]

Json = dict[str, Any]


class Abroad:
    """The stack, in which ``graph/...`` means one customer's directory."""

    def __init__(self, stack: Stack, directory: str) -> None:
        self._stack, self._directory = stack, directory

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stack, name)

    def tell_cloud(self, path: str, body: Json) -> Any:
        return self._stack.tell_cloud(path, {**body, "tenantId": self._directory} if "graph/" in path else body)


@dataclass(frozen=True)
class Customer(Office):
    """A tenant with a directory and a subscription of its own."""

    directory: str = TENANT_ID

    @property
    def subscription(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.name}.example"))

    def open(self, settings: Any = None, **site: Any) -> Customer:
        del settings
        if self.directory != TENANT_ID:
            seed = customer_seed(self.directory, f"{self.name}.example", self.subscription, {SMALL: 10})
            self.stack.tell_cloud("seed", {"tenants": [seed]})
        abroad: Any = Abroad(self.stack, self.directory)
        here = replace(self, stack=abroad)
        body = {"id": self.name, "displayName": self.name.title(), "entraTenantId": self.directory}
        self.portal.ask("POST", "/tenants", {**body, "subscriptionId": site.pop("subscription", self.subscription)})
        place = {"displayName": "Main", "region": "westeurope", "resourceGroup": f"pcs-{self.name}"}
        self.portal.ask("PUT", f"{self.base}/sites/main", place)
        return here

    def licensed(self, users: int) -> list[str]:
        """Hire licensed people and give them a policy; return their names."""
        names = [self.user(n, SMALL) for n in range(1, users + 1)]
        self.policy("Everybody", self.connection(), self.group("everybody", *names))
        return names


def named(node: str, letter: str) -> str:
    return f"{letter}{zlib.crc32(node.encode()):08x}"


def requests_since(stack: Stack, seen: int, plane: str) -> list[Json]:
    return [each for each in stack.ask_cloud(f"requests?since={seen}&limit=20000") if each["plane"] == plane]


@pytest.fixture
def open_customer(stack: Stack, portal: Portal, request: pytest.FixtureRequest) -> Callable[..., Customer]:
    """Open a tenant with a directory of its own: ``open_customer("a")``; of the provider's with ``home=True``."""

    def opened(letter: str, *, home: bool = False, **site: Any) -> Customer:
        name = named(request.node.nodeid, letter)
        directory = TENANT_ID if home else str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.directory"))
        return Customer(stack, portal, name, directory).open(**site)

    return opened


def test_customers_in_directories_of_their_own_are_served_with_tokens_of_these_and_nothing_else(
    stack: Stack, open_customer: Callable[..., Customer]
) -> None:
    seen = stack.ask_cloud("stats")["requests"]
    customers = [open_customer("a"), open_customer("b"), open_customer("p", home=True)]
    people = {customer.name: customer.licensed(1) for customer in customers}
    for customer in customers:
        found = customer.settled(people[customer.name][0])
        assert found["status"] == "provisioned", found
    asked: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for each in requests_since(stack, seen, "arm"):
        for customer in customers:
            if f"/subscriptions/{customer.subscription}/" in f"{each['path']}/":
                asked[customer.name].add((each["directory"], each["status"] == 401))
    assert asked == {customer.name: {(customer.directory, False)} for customer in customers}
    devices = stack.ask_cloud("state?view=directory&kind=device")
    for customer in customers[:2]:
        (machine,) = customer.machines()
        computer = machine["body"]["properties"]["osProfile"]["computerName"]
        assert [each["displayName"] for each in devices[customer.directory]] == [computer]
        assert computer not in {each["displayName"] for each in devices[TENANT_ID]}


def test_a_tenant_that_names_the_subscription_of_another_directory_gets_nothing_of_it(
    stack: Stack, open_customer: Callable[..., Customer]
) -> None:
    owner = open_customer("a")
    intruder = open_customer("b", subscription=owner.subscription)
    with pytest.raises(PortalError, match="the wrong issuer"):
        intruder.connection()
    assert owner.machines("Microsoft.Resources/resourceGroups") == []


PART = 0.03
NARROWED = (
    "subscription-writes",
    "subscription-deletes",
    "PutVM/subscription",
    "UpdateVM/subscription",
)
MANY, FEW = 16, 1


def slowest(office: Office, policy: str) -> float:
    """Return the seconds from the saved policy to the last Cloud PC."""
    saved = office.portal.ask("GET", f"{office.graph}/provisioningPolicies/{policy}").body["createdDateTime"]
    # Who has a licence and no policy here is in the list, too: the tenants share a directory.
    ends = [end for each in office.cloud_pcs() if (end := each["provisionedDateTime"])]
    return (max(map(datetime.fromisoformat, ends)) - datetime.fromisoformat(saved)).total_seconds()


def test_whoever_asks_for_few_hardly_waits_for_one_who_asks_for_many(start_stack: Callable[..., Stack]) -> None:
    stack = start_stack(profile="instant", users=2)
    stack.tell_cloud("config", {"throttling": dict.fromkeys(NARROWED, PART)})
    stack.tell_cloud("graph/licences", {"sku": SMALL, "enabled": 1000})
    portal, shared = stack.portal(), str(uuid.uuid4())
    alone = Customer(stack, portal, "alone").open()
    many = Customer(stack, portal, "many").open(subscription=shared)
    few = Customer(stack, portal, "few").open(subscription=shared)
    people = {
        office.name: [office.user(n, SMALL) for n in range(count)]
        for office, count in ((alone, FEW), (many, MANY), (few, FEW))
    }
    ready = {each.name: (each.connection(), each.group("all", *people[each.name])) for each in (alone, many, few)}
    seen, began = stack.ask_cloud("stats")["requests"], stack.clock.now()
    policies = {each.name: each.policy("All", *ready[each.name]) for each in (alone, many, few)}
    for office in (alone, few):
        for name in people[office.name]:
            assert office.settled(name)["status"] == "provisioned"
    assert slowest(few, policies["few"]) <= 1.5 * slowest(alone, policies["alone"])
    ready_by_now = sum(each["status"] == "provisioned" for each in many.cloud_pcs())
    assert ready_by_now < MANY  # else nobody was in anybody's way
    later = began + timedelta(minutes=1)
    asked = [each for each in requests_since(stack, seen, "arm") if shared in each["path"]]
    statuses = [each["status"] for each in asked if datetime.fromisoformat(each["at"]) >= later]
    assert statuses.count(429) <= 0.01 * len(statuses)
