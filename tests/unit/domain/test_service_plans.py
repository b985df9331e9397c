"""Settings of a tenant for a licence, their effects, and Azure's offers."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from shared.clients.vm_sizes import SizeOffer
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.replacing import with_plan_of_today
from shared.domain.machines.service_plan import ServicePlan, service_plan, size_ladder
from shared.domain.planning.entitlements import seat_plans
from shared.domain.tenants.tenant import TenantSettings
from shared.domain.wizards.forms import parse, problems_of
from shared.services.directory.licenses import size_problems
from tests.integration import things
from tests.integration.test_wrong_bodies import TOO_MUCH, WRONG, at_pointer, faults, spoilt

GRAPHICS = "Standard_NV6ads_A10_v5"
RULE = {"vCpuCount": 6, "ramInGB": 36, "storageInGB": 256, "vmSizes": [GRAPHICS, "Standard_D16s_v5"]}
FLEX, MEDIUM = "Windows_365_S_6C_36GB_256GB", "CPC_E_2C_8GB_128GB"
EVERYWHERE = frozenset({"1"})


def settings(part_number: str = FLEX, **changed: Any) -> TenantSettings:
    return parse(TenantSettings, {"servicePlans": {part_number: {**RULE, **changed}}})


def plan(part_number: str, rules: TenantSettings) -> ServicePlan:
    found = service_plan("sku", part_number, rules.service_plans)
    assert found is not None
    return found


def test_a_licence_that_is_none_becomes_one_and_another_is_overridden() -> None:
    assert service_plan("sku", FLEX, {}) is None
    flex, medium = plan(FLEX, settings()), plan(MEDIUM, settings(MEDIUM))
    assert [size.name for size in size_ladder(flex)] == [GRAPHICS, "Standard_D16s_v5"]
    assert (flex.v_cpu_count, flex.ram_in_gb, flex.storage_in_gb) == (6, 36, 256)
    assert (medium.v_cpu_count, medium.display_name) == (6, "Cloud PC Enterprise 6vCPU/36GB/256GB")
    assert plan(MEDIUM, settings()).v_cpu_count == 2


def test_what_is_written_is_what_is_shown() -> None:
    assert settings().to_json()["servicePlans"] == {FLEX: RULE}


def test_seats_of_a_plan_of_ones_own_are_seats() -> None:
    assert set(seat_plans(settings().but(seats={FLEX: 3, "SPE_E5": 1}))) == {FLEX}


def test_the_family_is_that_of_the_name_until_azure_says_another() -> None:
    (named, _) = size_ladder(plan(FLEX, settings()))
    assert named.family == "standardNVadsA10v5Family"
    real = SizeOffer(EVERYWHERE, has_zones=True, family="other", v_cpu_count=6, ram_in_gb=55).of(named)
    assert (real.family, real.v_cpu_count, real.ram_in_gb) == ("other", 6, 55)


@pytest.mark.parametrize(
    ("part_number", "changed", "pointer", "says"),
    [
        ("a b", {}, "/a b", "write licences by part number"),
        (FLEX, {"vCpuCount": 0}, f"/{FLEX}/vCpuCount", "write a number of at least 1"),
        (FLEX, {"ramInGB": "8"}, f"/{FLEX}/ramInGB", "write a whole number"),
        (FLEX, {"storageInGB": 32}, f"/{FLEX}/storageInGB", "write a number of at least 64"),
        (FLEX, {"storageInGB": 4096}, f"/{FLEX}/storageInGB", "write a number of at most 4095"),
        (FLEX, {"vmSizes": []}, f"/{FLEX}/vmSizes", "name at least one"),
        (FLEX, {"vmSizes": ["D8s_v5"]}, f"/{FLEX}/vmSizes/0", "write the name of an Azure VM size, such as"),
        (FLEX, {"vmSizes": [GRAPHICS, GRAPHICS]}, f"/{FLEX}/vmSizes/1", "this is named twice; leave it out here"),
        (
            FLEX,
            {"vmSizes": ["Standard_D4s_v5"]},
            f"/{FLEX}/vmSizes",
            "Standard_D4s_v5 has 4 vCPUs; name sizes with at least 6",
        ),
        (
            FLEX,
            {"vmSizes": ["Standard_D8s_v5"], "ramInGB": 64},
            f"/{FLEX}/vmSizes",
            "has 32 GB of memory; name sizes with at",
        ),
        (FLEX, {"displayName": ""}, f"/{FLEX}/displayName", "must not be empty"),
        (FLEX, {"gpu": 1}, f"/{FLEX}/gpu", "unknown field"),
    ],
)
def test_each_wrong_value_has_its_sentence(part_number: str, changed: dict[str, Any], pointer: str, says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(part_number, **changed)
    (problem,) = problems_of(refused.value)
    assert problem.pointer == f"/servicePlans{pointer}"
    assert says in problem.message


@pytest.mark.parametrize(
    ("offer", "says"),
    [
        (SizeOffer(EVERYWHERE, has_zones=True, v_cpu_count=6, ram_in_gb=55), None),
        (SizeOffer(EVERYWHERE, has_zones=True), None),
        (SizeOffer(EVERYWHERE, has_zones=True, v_cpu_count=4, ram_in_gb=55), "has 4 vCPUs"),
        (SizeOffer(EVERYWHERE, has_zones=True, v_cpu_count=6, ram_in_gb=28), "has 28 GB of memory"),
        (
            SizeOffer(EVERYWHERE, has_zones=True, boots=False),
            "cannot start with Trusted Launch, which needs generation 2",
        ),
        (None, "in none of westeurope; name a size that it offers"),
    ],
)
def test_azure_says_whether_a_size_keeps_the_promise(offer: SizeOffer | None, says: str | None) -> None:
    known = {GRAPHICS.lower(): offer} if offer else {}
    rules = settings(vmSizes=[GRAPHICS]).service_plans
    problems = list(size_problems(rules, {"westeurope": known}))
    assert [problem.pointer for problem in problems] == ([f"/settings/servicePlans/{FLEX}/vmSizes/0"] if says else [])
    assert all(str(says) in problem.message for problem in problems)
    assert list(size_problems(rules, {})) == []


def test_a_size_that_one_region_offers_as_promised_is_enough() -> None:
    good, bad = (SizeOffer(EVERYWHERE, has_zones=True, v_cpu_count=cores) for cores in (6, 4))
    rules = settings(vmSizes=[GRAPHICS]).service_plans
    assert list(size_problems(rules, {"a": {GRAPHICS.lower(): bad}, "b": {GRAPHICS.lower(): good}})) == []


def test_a_cloud_pc_that_is_built_anew_gets_what_its_licence_stands_for_now() -> None:
    pc = things.cloud_pc("ada", status=Status.PROVISIONED, attempt=1)
    today = pc.plan.but(v_cpu_count=6, vm_sizes=(GRAPHICS,))
    assert with_plan_of_today(pc, (today,)).plan == today
    assert with_plan_of_today(pc, ()) is pc


def test_a_wrong_field_of_a_plan_is_named_and_said_how_to_write() -> None:
    whole = {"servicePlans": {FLEX: {"displayName": "Flex", **RULE}}}
    found: dict[str, str] = {}
    for field, sent in spoilt(whole, WRONG):
        told: list[dict[str, str]] = []
        try:
            parse(TenantSettings, sent)
        except ValidationError as error:
            told = [{"pointer": each.pointer, "message": each.message} for each in problems_of(error)]
        value = at_pointer(sent, field)
        if not told and value in ("?\n", *TOO_MUCH):
            found[field] = "it was taken"
        answer = SimpleNamespace(get_body=lambda told=told: json.dumps({"errors": told}).encode())
        for fault in faults(answer, field):
            found[field] = fault
    assert found == {}
