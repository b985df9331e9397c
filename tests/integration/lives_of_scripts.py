"""A life of a Cloud PC on which its policy runs two scripts, one of which is run again later."""

from __future__ import annotations

from datetime import datetime

from shared.contracts.machines import Machine
from shared.contracts.provisioning import RERUN_STEPS, ConfigurationOrder, RerunOrder
from shared.contracts.scripts import script_orders
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.owner import Owner
from shared.domain.policies.configuration import OnFailure
from shared.domain.policies.policy import BuiltScript
from shared.domain.policies.script import ScriptVersion
from tests.contract.test_activities_desktop import IMAGE
from tests.integration import things
from tests.integration.lives import Life
from tests.integration.test_late_orders import provision, record

T = things.TENANT_ID
APP = BuiltScript(script_id="app", display_name="7-Zip", version=1, digest="d-app", timeout_in_minutes=10)
CLOCK = BuiltScript(script_id="clock", display_name="Clock", version=2, digest="d-clock", on_failure=OnFailure.BLOCK)


async def planned(life: Life, *scripts: BuiltScript) -> CloudPc:
    """Plan a Cloud PC with an app and a script, whose contents are there; return its record."""
    for script, content in ((APP, {"package_id": "7zip.7zip"}), (CLOCK, {"script_content": "R2V0LURhdGU="})):
        kept = {"tenant_id": T, "script_id": script.script_id, "digest": script.digest, "version": script.version}
        version = ScriptVersion.model_validate({**kept, **content, "created_date_time": life.now()})
        await life.deps.script_versions.insert(version)
    snapshot = things.snapshot(image=IMAGE).but(built_scripts=scripts)
    pc = things.cloud_pc(user=life.user, generation=int(life.now().timestamp()), snapshot=snapshot)
    return (await life.deps.cloud_pcs.insert(pc)).value


async def a_cloud_pc_with_scripts(life: Life) -> None:
    """Built with an app and a script in this order; the app is installed once more on the machine that is there."""
    await provision(life, await planned(life, APP, CLOCK))
    life.cloud.advance(60)
    await _again(life)
    life.cloud.advance(60)


async def _again(life: Life) -> None:
    """Run the app once more, alone."""
    pc = await record(life)
    made, snapshot = pc.current.resources, pc.current.snapshot
    assert snapshot is not None
    machine = Machine(
        tenant_id=T,
        owner=Owner.cloud_pc(pc.id),
        subscription_id=str(made.subscription_id),
        resource_group=str(made.resource_group),
        region=str(made.region),
        computer_name=str(made.computer_name),
    )
    order = RerunOrder(
        generation=pc.current.generation,
        operation_id="rerun-1",
        configuration=ConfigurationOrder(machine=machine, steps=()),
        scripts=script_orders(machine, snapshot)[:1],
    )
    await life.run(RERUN_STEPS, order)


async def script_runs(life: Life) -> list[tuple[str | None, str | None]]:
    """The scripts in the timeline of the Cloud PC in the order of their beginnings, each with its outcome."""
    pc = await record(life)
    entries = await life.deps.timeline.entries(T, pc.id)
    found = [(each.started_at, each.note, each.outcome) for each in entries if each.run]
    return [(note, outcome) for _, note, outcome in sorted(found, key=_began)]


def _began(entry: tuple[datetime, object, object]) -> datetime:
    return entry[0]
