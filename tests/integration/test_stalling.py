"""Work whose instance is alive and goes no further: it is noticed, ended, and started again."""

from __future__ import annotations

import logging
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared.contracts.provisioning import PROVISION
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.steps import Step
from shared.services.connection_checks import check_due
from shared.services.grace import deprovision_due
from shared.services.images import image_build_due
from shared.services.reconciling import reconcile_due
from shared.services.stalling import AGAIN_AFTER, SLACK
from shared.services.starting import resume_build
from shared.services.sweeping import Rule, sweep
from shared.storage.due import WATCH_EVERY, DueKind, watch_due
from tests.integration import things
from tests.integration.services import IdleHost, PaperServices

LONGEST = PROVISION.longest_wait + SLACK


class StuckHost(IdleHost):
    """Has an instance of every id, which went on last at *at*; *ended*: the ids of those that were terminated."""

    def __init__(self, status: str = "Running") -> None:
        super().__init__()
        self.ended: list[str] = []
        self._status = status

    async def start_new(self, name: str, instance_id: str, order: dict[str, Any]) -> str:
        if instance_id not in self.ended:
            raise RuntimeError(f"{instance_id} is alive")
        return await super().start_new(name, instance_id, order)

    async def get_status(self, instance_id: str) -> Any:
        status = "Terminated" if instance_id in self.ended else self._status
        # As the host writes it, and the SDK reads it.
        return SimpleNamespace(runtime_status=SimpleNamespace(value=status), last_updated_time=things.NOW)

    async def terminate(self, instance_id: str, reason: str) -> None:
        assert "stood still" in reason
        self.ended.append(instance_id)


async def building(contoso: PaperServices, step: Step = Step.CREATE_VM) -> str:
    pc = things.cloud_pc(status=Status.PROVISIONING, attempt=2, step=step)
    await contoso.cloud_pcs.insert(pc)
    await contoso.due.put_all([watch_due(pc, things.NOW)])
    return f"contoso-{pc.id}-provision-1"


async def test_a_build_that_stands_still_is_ended_and_started_again_within_minutes(
    contoso: PaperServices, caplog: pytest.LogCaptureFixture
) -> None:
    stuck, host = await building(contoso), StuckHost()
    with caplog.at_level(logging.WARNING, "deskwright.sweeps"):
        contoso.hand.advance(LONGEST + WATCH_EVERY)
        await sweep(host, DueKind.WATCH, resume_build)
    assert (host.ended, host.started) == ([stuck], [])
    assert f"{stuck} stands still since" in caplog.text

    contoso.hand.advance(AGAIN_AFTER)
    await sweep(host, DueKind.WATCH, resume_build)
    assert host.started == [stuck]
    assert host.orders[0]["attempt"] == 2


async def test_a_build_that_waits_no_longer_than_it_may_is_left_alone(contoso: PaperServices) -> None:
    await building(contoso)
    host = StuckHost()
    contoso.hand.advance(LONGEST)
    await sweep(host, DueKind.WATCH, resume_build)
    assert host.ended == []


async def test_a_clean_up_within_a_build_has_longer(contoso: PaperServices) -> None:
    await building(contoso, Step.CLEAN_UP)
    host = StuckHost()
    contoso.hand.advance(LONGEST + timedelta(hours=1))
    await sweep(host, DueKind.WATCH, resume_build)
    assert host.ended == []


async def test_what_somebody_has_suspended_stays_suspended(contoso: PaperServices) -> None:
    await building(contoso)
    host = StuckHost("Suspended")
    contoso.hand.advance(timedelta(days=2))
    await sweep(host, DueKind.WATCH, resume_build)
    assert host.ended == []


IMAGE, CONNECTION = things.image(status="pending").id, things.connection().id
OTHERS: dict[DueKind, tuple[Rule, str, str]] = {
    DueKind.BUILD: (image_build_due, IMAGE, f"contoso-{IMAGE}-build-0"),
    DueKind.RECHECK: (check_due, CONNECTION, f"contoso-{CONNECTION}-check-0"),
    DueKind.RECONCILE: (reconcile_due, "contoso", "contoso-all-reconcile-0"),
    DueKind.DEPROVISION: (deprovision_due, "pc-1", "contoso-pc-1-deprovision-1"),
}


@pytest.mark.parametrize("kind", OTHERS)
async def test_so_is_other_work(contoso: PaperServices, kind: DueKind) -> None:
    rule, subject, stuck = OTHERS[kind]
    host = StuckHost()
    await contoso.images.insert(things.image(status="pending", site_id=things.site().id))
    await contoso.requests.add("contoso", things.NOW)
    await contoso.due.put(kind, things.NOW, "contoso", subject, 1 if kind is DueKind.DEPROVISION else 0)
    contoso.hand.advance(timedelta(days=1))
    await sweep(host, kind, rule)
    assert (host.ended, host.started) == ([stuck], [])

    contoso.hand.advance(AGAIN_AFTER)
    await sweep(host, kind, rule)
    assert host.started == [stuck]
