"""Durations of builds on real tables: learned once from each, and never at the cost of a build."""

from datetime import timedelta

import pytest

from shared.contracts.builds import RECORD_PROVISIONED
from shared.contracts.outcomes import Done
from shared.domain.cloud_pcs.build import Step
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.networks.connection import JoinType
from shared.errors import StaleError
from shared.services.operations.estimating import estimates_of
from tests.integration.services import PaperServices, perform
from tests.integration.test_records import PC, build, here, provisioned, record, twice

__all__ = ["here"]


async def test_a_finished_build_teaches_once_how_long_its_steps_take(here: PaperServices) -> None:
    await build(here, Step.ASSIGN_USER)
    here.hand.advance(timedelta(minutes=10))
    await twice(RECORD_PROVISIONED, provisioned())
    (learned,) = [stored.value async for stored in here.build_times.each(PC.tenant_id)]
    assert (learned.join_type, learned.builds) == (JoinType.AZURE_AD_JOIN, 1)
    begun = learned.steps[Step.ALLOCATE_CAPACITY]
    assert begun.spent.quantile(1.0) == pytest.approx(60, rel=0.16)
    assert begun.left.quantile(1.0) == pytest.approx(14 * 60, rel=0.16)
    shown = await estimates_of(here, PC.tenant_id)
    assert shown.times == {JoinType.AZURE_AD_JOIN: learned}


async def test_builds_that_end_at_once_lose_durations_and_nothing_else(
    here: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def late(_: object) -> None:
        raise StaleError

    await build(here, Step.ASSIGN_USER)
    monkeypatch.setattr(here.build_times, "save_all", late)
    assert await perform(RECORD_PROVISIONED, provisioned()) == Done()
    assert (await record(here)).status is Status.PROVISIONED
