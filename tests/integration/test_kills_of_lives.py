"""Workers that die anywhere in a life: with each activity killed once, after its first, second, third ... request.

A life is played once for each number of a request: each order is killed at that request when it is delivered first, if
its activity makes as many. In the last life nothing is killed.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from shared.domain.cloud_pcs.lifecycle import Status
from tests.integration import things
from tests.integration.killing import Killer, at_each, killing
from tests.integration.lives import Life
from tests.integration.lives_of_kept_disks import DAYS, a_cloud_pc_whose_kept_disk_is_used_again, copies, looked_at
from tests.integration.lives_of_scripts import a_cloud_pc_with_scripts, script_runs
from tests.integration.test_late_orders import life, record

__all__ = ["life"]
pytestmark = [pytest.mark.simulator, pytest.mark.azurite]  # kills at requests that leave the process

MOST = 20
"""No activity of these lives makes more requests: with this number nothing is killed."""
USUAL = 2
"""The number that is played with each change of the code."""
EACH = [number if number == USUAL else pytest.param(number, marks=pytest.mark.long) for number in range(MOST + 1)]


def counted(life: Life) -> Counter[str]:
    """Return the number of resources in Azure by type."""
    return Counter(str(each.type).casefold().partition("/")[2] for each in life.cloud.cloud.world.resources)


async def of_one_user(life: Life) -> None:
    """The user has one machine, with both roles, and its session host is theirs."""
    pc = await record(life)
    assert pc.status is Status.PROVISIONED, pc.current
    there = life.cloud.cloud.world.resources
    machines = [each for each in there if str(each.type).casefold() == "microsoft.compute/virtualmachines"]
    assert [each.id.casefold() for each in machines] == [str(pc.current.resources.vm_id).casefold()]
    given = [each for each in there if each.properties.get("principalId") == pc.user.id]
    assert len(given) == 2
    hosts = [each.properties.get("assignedUser") for each in there if each.properties.get("assignedUser")]
    assert [str(each).casefold() for each in hosts] == [pc.user.user_principal_name.casefold()]
    assert [stored.value.id async for stored in life.deps.cloud_pcs.each(things.TENANT_ID)] == [pc.id]


def fits(killer: Killer, number: int) -> None:
    """Every request is among those after which something is killed, and the numbers are really met."""
    assert number < MOST or not killer.kills, killer.killed
    assert number > USUAL or killer.kills > 10, killer.killed


@pytest.mark.parametrize("number", EACH)
async def test_a_kept_disk_is_copied_once_used_once_and_gone_at_its_end(life: Life, number: int) -> None:
    with killing(at_each(number), life) as killer:
        await a_cloud_pc_whose_kept_disk_is_used_again(life)
        await of_one_user(life)
        assert counted(life)["snapshots"] == 2
        assert counted(life)["disks"] == counted(life)["networkinterfaces"] == 1
        life.cloud.advance(timedelta(days=DAYS + 1).total_seconds())
        for kept in await copies(life):
            while await killer.twice("deleted_due", partial(looked_at, life, kept)) is not None:
                life.cloud.advance(60)
    fits(killer, number)
    assert await copies(life) == []
    assert counted(life)["snapshots"] == 0
    await of_one_user(life)


@pytest.mark.parametrize("number", EACH)
async def test_scripts_run_in_their_order_and_each_is_recorded_once(life: Life, number: int) -> None:
    with killing(at_each(number), life) as killer:
        await a_cloud_pc_with_scripts(life)
    fits(killer, number)
    await of_one_user(life)
    assert await script_runs(life) == [("7-Zip (version 1)", "succeeded"), ("Clock (version 2)", "succeeded")]
    begun = [each.payload["order"]["number"] for each in life.given if each.name == "begin_script"]
    assert begun == [0, 1, 0]
