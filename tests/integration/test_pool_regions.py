"""Warm pools of regions: sizes for each, members built there alone, and claims in the order of the list."""

from __future__ import annotations

from collections import Counter

import pytest

from shared.contracts.provisioning import ProvisionOrder
from shared.domain.policies.warm_pool import PoolKey
from shared.services.pools.filling import pool_due
from shared.services.pools.reports import pool_statuses
from shared.services.pools.setting import PoolForm, PoolsForm, set_pools
from tests.integration import things
from tests.integration.pool_things import LOOK, here, members, ready
from tests.integration.services import IdleHost, PaperServices
from tests.integration.test_pool_reports import context
from tests.integration.test_reconciliation import plan, records

__all__ = ["here"]
WEST, NORTH = "westeurope", "northeurope"


@pytest.fixture
async def both(here: PaperServices) -> PaperServices:
    """Have a pool of two in the north, and one of one in the west, which is listed after it."""
    await here.sites.change("contoso", "west", lambda site: site.but(fallback_regions=(NORTH,)))
    await set_sizes(here, {NORTH: 2, WEST: 1})
    return here


async def set_sizes(here: PaperServices, sizes: dict[str | None, int]) -> None:
    stored = await here.policies.get("contoso", "p1")
    pools = tuple(PoolForm(service_plan_id="sku-1", desired=size, region=region) for region, size in sizes.items())
    await set_pools(context(here), stored, PoolsForm(pools=pools))


async def look(here: PaperServices) -> list[ProvisionOrder]:
    host = IdleHost()
    await pool_due(here, host, LOOK)
    return [ProvisionOrder.model_validate(order) for order in host.orders]


async def test_each_region_has_its_size_and_members_are_built_in_it_alone(both: PaperServices) -> None:
    orders = await look(both)
    there = await members(both)
    assert Counter(each.pool_region for each in there.values()) == {NORTH: 2, WEST: 1}
    assert Counter(order.within for order in orders) == {NORTH: 2, WEST: 1}
    # The addresses of a region are found by its place among all of the site: they stay in the order.
    assert {order.regions for order in orders} == {(WEST, NORTH)}
    assert await look(both) != []
    assert set(await members(both)) == set(there)


async def test_people_get_the_members_of_the_pool_that_is_listed_first(both: PaperServices) -> None:
    await ready(both, 1, pool_region=WEST)
    north = await ready(both, 2, pool_region=NORTH)
    both.directory.groups["g1"] = {"ada"}
    await plan("ada")
    ada = (await records(both))["ada"]
    assert ada.current.pool is not None
    assert (ada.id, ada.current.pool.region) == (north.id, NORTH)
    both.directory.groups["g1"] = {"ada", "bob"}
    await plan("bob")
    bob = (await records(both))["bob"]
    assert bob.current.pool is not None
    assert (bob.current.pool.claimed, bob.current.pool.region) == (True, WEST)


async def test_each_pool_counts_its_own_hits_and_the_misses_of_all(both: PaperServices) -> None:
    await ready(both, 2, pool_region=NORTH)
    await plan("ada")
    await plan("bob")
    found = {each.region: each.usage for each in await pool_statuses(context(both))}
    assert {name: (use.claimed, use.missed) for name, use in found.items()} == {NORTH: (1, 1), WEST: (0, 1)}


async def test_a_region_that_is_left_out_is_drained_and_the_other_stays(both: PaperServices) -> None:
    await look(both)
    await set_sizes(both, {WEST: 1})
    await look(both)
    there = await members(both)
    assert {(each.pool_region, each.is_going) for each in there.values()} == {(NORTH, True), (WEST, False)}


async def test_a_region_that_the_site_no_longer_has_is_drained_and_says_why(both: PaperServices) -> None:
    await look(both)
    await both.sites.change("contoso", "west", lambda site: site.but(fallback_regions=()))
    await look(both)
    assert {each.is_going for each in (await members(both)).values() if each.pool_region == NORTH} == {True}
    found = {each.region: each.next_step for each in await pool_statuses(context(both))}
    assert found[NORTH] == f"no connection of the policy builds in {NORTH}; its regions are: {WEST}"


async def test_a_pool_without_a_region_is_another_one(both: PaperServices) -> None:
    await set_sizes(both, {None: 1, WEST: 1})
    policy = (await both.policies.get("contoso", "p1")).value
    assert [each.key("p1") for each in policy.pools] == [PoolKey("p1", "sku-1"), PoolKey("p1", "sku-1", WEST)]
    await look(both)
    assert Counter(each.pool_region for each in (await members(both)).values() if not each.is_going) == {
        None: 1,
        WEST: 1,
    }


async def test_a_region_is_built_through_the_connection_that_has_it(here: PaperServices) -> None:
    await here.sites.insert(things.site(id="north", region=NORTH))
    await here.connections.insert(things.connection(id="c2", site_id="north"))
    joined = things.policy().domain_join_configurations
    both = (*joined, joined[0].but(on_premises_connection_id="c2"))
    await here.policies.change("contoso", "p1", lambda policy: policy.but(domain_join_configurations=both))
    await set_sizes(here, {NORTH: 1})
    (order,) = await look(here)
    assert (order.snapshot.connection_id, order.within, order.regions) == ("c2", NORTH, (NORTH,))
