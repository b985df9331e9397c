"""Spot Groups that a change of the directory wakes, and its requests to the directory."""

from __future__ import annotations

from typing import Any

import pytest

from shared.services.spot.reconciling import wake_for_group, wake_for_users
from tests.integration import things
from tests.integration.desks import GROUP_ID, member, spot_group
from tests.integration.services import IdleHost, PaperServices


@pytest.fixture
async def office(contoso: PaperServices) -> PaperServices:
    """Contoso with a Spot Group."""
    await contoso.spot_groups.insert(spot_group())
    return contoso


async def test_changes_wake_the_groups_that_they_concern_and_no_other(office: PaperServices) -> None:
    sales = spot_group(
        id="sales", display_name="Sales", assignments=[{"id": "b", "group_id": "g2", "assigned_at": things.NOW}]
    )
    await office.spot_groups.insert(sales)
    office.directory.groups = {"g1": {"ada"}, "g2": {"bob"}}
    host: Any = IdleHost()
    assert await wake_for_users(office, host, things.TENANT_ID, ["id-ada", "id-eve"], things.NOW) == 1
    assert await wake_for_group(office, host, things.TENANT_ID, "g2", things.NOW) == 1
    assert [order["order"]["spotGroupId"] if "order" in order else order["spotGroupId"] for order in host.orders] == [
        GROUP_ID,
        "sales",
    ]
    assert await wake_for_group(office, host, things.TENANT_ID, "g9", things.NOW) == 0
    assert await wake_for_group(office, host, things.TENANT_ID, None, things.NOW) == 2


async def test_a_leaver_wakes_the_group_that_knows_them(office: PaperServices) -> None:
    office.directory.groups = {"g1": set()}
    await office.spot_members.insert(member("ada"))
    assert await wake_for_users(office, IdleHost(), things.TENANT_ID, ["id-ada"], things.NOW) == 1


async def test_a_thousand_changes_in_one_batch_are_one_plan_of_a_group(office: PaperServices) -> None:
    users = [f"user{n}" for n in range(1000)]
    office.directory.groups = {"g1": set(users)}
    host: Any = IdleHost()
    assert await wake_for_users(office, host, things.TENANT_ID, [f"id-{user}" for user in users], things.NOW) == 1
    assert len(host.started) == 1
    assert office.directory.reads == ["groups of 20 users"] * 50


async def test_the_directory_is_not_asked_about_a_group_that_is_reconciled_anyway(office: PaperServices) -> None:
    for number in range(20):
        await office.spot_members.insert(member(f"u{number}"))
    users = [f"id-u{number}" for number in range(20)]
    assert await wake_for_users(office, IdleHost(), things.TENANT_ID, ["id-eve", *users[15:]], things.NOW) == 1
    assert office.directory.reads == []
