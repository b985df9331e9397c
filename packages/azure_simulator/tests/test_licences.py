"""Licenses: direct, through a group, counted."""

import pytest
from azure_simulator.graph.directory.licenses import SKU_IDS, Licenses, OutOfUnitsError, service_plans
from azure_simulator.graph.directory.records import Directory, Doc
from azure_simulator.graph.directory.seeding import seed_tenants

TENANT = "9d1f0a57-2a6c-4a55-9e0f-4f8b6a5b7c01"
PLAN = "CPC_E_2C_4GB_128GB"
SKU = SKU_IDS[PLAN]


def seeded(enabled: int, *, direct: int, through: int) -> Directory:
    names = [f"user{number:02d}@fabrikam.example" for number in range(direct + through)]
    users = [{"userPrincipalName": name, "licences": [PLAN] if at < direct else []} for at, name in enumerate(names)]
    seed = {
        "tenantId": TENANT,
        "domain": "fabrikam.example",
        "skus": [{"skuPartNumber": PLAN, "enabled": enabled}],
        "users": users,
        "groups": [{"displayName": "Licensed", "licences": [PLAN], "members": names[direct:]}],
    }
    directory = Directory()
    seed_tenants(directory, [seed], str, 0)
    return directory


def user(directory: Directory, number: int) -> Doc:
    return directory.by("user", TENANT, "userPrincipalName", f"user{number:02d}@fabrikam.example")[0]


def test_direct_and_group_licences_count_against_the_units() -> None:
    directory = seeded(5, direct=2, through=2)
    assert Licenses(directory, TENANT, 0).consumed()[SKU] == 4


def test_a_group_member_without_a_unit_is_in_violation() -> None:
    # learn.microsoft.com/entra/identity/users/licensing-groups-resolve-problems: CountViolation
    directory = seeded(2, direct=1, through=2)
    shown = [Licenses(directory, TENANT, 0).shown(user(directory, each), "now") for each in (1, 2)]
    states = [each["licenseAssignmentStates"][0]["error"] for each in shown]
    assert states == ["None", "CountViolation"]
    assert [len(each["assignedLicenses"]) for each in shown] == [1, 0]


def test_a_direct_licence_needs_a_unit() -> None:
    directory = seeded(1, direct=1, through=0)
    seed_tenants(directory, [{"tenantId": TENANT, "domain": "x", "users": [{"userPrincipalName": "new@x"}]}], str, 0)
    new = directory.by("user", TENANT, "userPrincipalName", "new@x")[0]
    with pytest.raises(OutOfUnitsError):
        Licenses(directory, TENANT, 0).give(new, SKU)


def test_a_service_plan_is_off_only_where_every_way_of_assignment_leaves_it_out() -> None:
    # learn.microsoft.com/graph/api/resources/assignedlicense, /graph/api/resources/assignedplan
    directory = seeded(2, direct=0, through=1)
    licences, (plan,) = Licenses(directory, TENANT, 0), service_plans(directory.get("sku", TENANT, SKU) or {})

    def shown() -> tuple[list[str], list[str], list[list[str]]]:
        found = Licenses(directory, TENANT, 0).shown(user(directory, 0), "now")
        states = [each["disabledPlans"] for each in found["licenseAssignmentStates"]]
        off = found["assignedLicenses"][0]["disabledPlans"]
        return off, [each["capabilityStatus"] for each in found["assignedPlans"]], states

    own = plan["servicePlanId"]
    licences.give(user(directory, 0), SKU, [own])
    assert shown() == ([], ["Enabled"], [[own], []])
    (group,) = directory.all("group", TENANT)
    directory.change("group", TENANT, group["id"], _disabled_plans={SKU: [own]})
    assert shown() == ([own], ["Deleted"], [[own], [own]])
    licences.give(user(directory, 0), SKU)
    assert shown() == ([], ["Enabled"], [[], [own]])


def test_removing_a_licence_frees_its_unit() -> None:
    directory = seeded(1, direct=1, through=0)
    licences = Licenses(directory, TENANT, 0)
    licences.take(user(directory, 0), SKU)
    assert licences.consumed()[SKU] == 0
