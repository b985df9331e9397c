"""Story of one action on many Cloud PCs."""

from __future__ import annotations

from shared.contracts.outcomes import Done
from shared.contracts.remote_actions import ACT_ON_ITEM, BULK, NEXT_WAVE, POLL_WAVE, BulkOrder, Wave
from tests.stories.tell import Answers, tell

ORDER = BulkOrder(tenant_id="contoso", bulk_id="b1")
ONE_WAVE: Answers = {NEXT_WAVE: Wave(positions=(0, 1)), ACT_ON_ITEM: Done(), POLL_WAVE: Done()}


def test_a_wave_is_begun_at_once_and_waited_for_before_the_next() -> None:
    story = tell(BULK, ORDER, ONE_WAVE)

    assert story.calls == ["next_wave", "act_on_item", "act_on_item", "poll_wave"]
    assert [order["position"] for order in story.orders[ACT_ON_ITEM.name]] == [0, 1]
    assert story.continued == {"tenantId": "contoso", "bulkId": "b1", "wave": 1}


def test_without_a_next_wave_it_ends() -> None:
    story = tell(BULK, ORDER.but(wave=3), {NEXT_WAVE: Wave()})

    assert story.calls == ["next_wave"]
    assert (story.result.waves, story.continued) == (3, None)
