"""The demo tenant is what the demo promises."""

import pytest
from azure_simulator.graph.directory.records import Directory
from azure_simulator.graph.directory.seeding import seed_tenants
from azure_simulator.seeds import TENANT_ID, demo_seed


def seeded(users: int) -> Directory:
    directory = Directory()
    seed_tenants(directory, demo_seed(users)["tenants"], str, 0)
    return directory


@pytest.mark.parametrize(("users", "licensed"), [(25, 20), (10, 8), (200, 160)])
def test_four_in_five_are_licensed_and_exactly_one_twice(users: int, licensed: int) -> None:
    counts = [len(each["_licenses"]) for each in seeded(users).all("user", TENANT_ID)]
    assert (len(counts), sum(map(bool, counts)), sum(counts)) == (users, licensed, licensed + 1)


def test_every_user_is_in_the_group_through_two_levels_of_nesting() -> None:
    directory = seeded(25)
    group = directory.by("group", TENANT_ID, "displayName", "Cloud PC users")[0]["id"]
    edges = directory.memberships[TENANT_ID]
    users = [each for each in edges.below(group, 0) if directory.get("user", TENANT_ID, each)]
    assert len(users) == 25
    assert len(edges.members(group, 0)) == 9


def test_an_unknown_member_is_an_error() -> None:
    seed = {"tenantId": TENANT_ID, "domain": "x", "groups": [{"displayName": "g", "members": ["nobody"]}]}
    with pytest.raises(ValueError, match="nobody"):
        seed_tenants(Directory(), [seed], str, 0)
