"""Places that are tried, and their order."""

from activities.machines.capacity import quota_problem, zones_to_try
from shared.clients.vm_sizes import SizeOffer
from shared.contracts.machines import CapacityOrder
from shared.domain.machines.service_plan import ServicePlan, size_ladder
from shared.domain.owner import Owner

PLAN = ServicePlan(id="s", sku_part_number="p", display_name="d", v_cpu_count=2, ram_in_gb=8, storage_in_gb=128)


def order(cloud_pc_id: str = "pc", *zones: str) -> CapacityOrder:
    return CapacityOrder(
        tenant_id="t",
        owner=Owner.cloud_pc(cloud_pc_id),
        subscription_id="s",
        plan=PLAN,
        regions=("westeurope",),
        zones=zones,
    )


def test_a_size_that_is_not_offered_has_no_place() -> None:
    assert list(zones_to_try(order(), None)) == []


def test_a_site_without_zones_uses_none() -> None:
    assert list(zones_to_try(order(), SizeOffer(frozenset({"1"}), has_zones=True))) == [None]


def test_a_region_without_zones_is_used_without_a_zone() -> None:
    assert list(zones_to_try(order("pc", "1", "2"), SizeOffer(frozenset(), has_zones=False))) == [None]


def test_a_size_barred_in_every_zone_has_no_place() -> None:
    assert list(zones_to_try(order("pc", "1", "2"), SizeOffer(frozenset(), has_zones=True))) == []


def test_every_usable_zone_is_tried_once() -> None:
    tried = list(zones_to_try(order("pc", "1", "2", "3"), SizeOffer(frozenset({"1", "3"}), has_zones=True)))
    assert sorted(map(str, tried)) == ["1", "3"]


def test_cloud_pcs_start_with_different_zones() -> None:
    offer = SizeOffer(frozenset({"1", "2", "3"}), has_zones=True)
    first = {next(zones_to_try(order(f"pc{n}", "1", "2", "3"), offer)) for n in range(20)}
    assert first == {"1", "2", "3"}


def test_family_and_region_must_both_have_quota() -> None:
    size = size_ladder(PLAN)[0]
    family = size.family.lower()
    assert quota_problem(size, {family: (0, 2), "cores": (0, 2)}) is None
    assert family in (quota_problem(size, {family: (1, 2), "cores": (0, 100)}) or "")
    assert "cores" in (quota_problem(size, {family: (0, 100), "cores": (99, 100)}) or "")
