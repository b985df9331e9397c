"""Ends of scripts of a policy on the simulated cloud: a script that Azure ends at its time-out warns, or blocks."""

from __future__ import annotations

import pytest

from shared.contracts.provisioning import PROVISION, order_for
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.policies.configuration import OnFailure
from tests.integration import things
from tests.integration.lives import Life
from tests.integration.lives_of_scripts import APP, CLOCK, planned, script_runs
from tests.integration.test_late_orders import life, record

__all__ = ["life"]
pytestmark = pytest.mark.simulator

NEVER_ENDS = {"scriptOutcomes": [{"step": "installPackage", "timeOut": True}]}


async def built(life: Life, on_failure: OnFailure) -> None:
    """Build a Cloud PC whose first script never ends by itself."""
    await life.cloud.sim("config", NEVER_ENDS)
    pc = await planned(life, APP.but(on_failure=on_failure), CLOCK)
    tenant, connection = (await life.deps.tenants.get(pc.tenant_id)).value, things.connection()
    await life.run(PROVISION, order_for(pc, pc.current, tenant, things.site(), connection))


async def test_a_script_that_times_out_and_warns_is_followed_by_the_next_one(life: Life) -> None:
    began = life.now()
    await built(life, OnFailure.WARN)
    pc = await record(life)
    assert pc.status is Status.PROVISIONED_WITH_WARNINGS
    (warning,) = pc.current.warnings
    assert warning.step == "7-Zip"
    assert "7-Zip (version 1)" in warning.message
    assert await script_runs(life) == [("7-Zip (version 1)", "warned"), ("Clock (version 2)", "succeeded")]
    assert (life.now() - began).total_seconds() >= APP.timeout_in_minutes * 60
    command = next(each for each in life.cloud.cloud.world.resources if each.name == "deskwright-script-0")
    assert command.properties["timeoutInSeconds"] == APP.timeout_in_minutes * 60


async def test_a_script_that_times_out_and_blocks_gives_nobody_the_machine(life: Life) -> None:
    await built(life, OnFailure.BLOCK)
    pc = await record(life)
    assert pc.status is Status.FAILED
    assert pc.failure is not None
    assert (pc.failure.step, "7-Zip (version 1)" in pc.failure.message) == ("runScripts", True)
    assert "Clock (version 2)" not in {note for note, _ in await script_runs(life)}
    hosts = [each.properties.get("assignedUser") for each in life.cloud.cloud.world.resources]
    assert [each for each in hosts if each] == []
