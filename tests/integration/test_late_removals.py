"""Orders to make a machine are delivered again just after its removal, while the work goes on that made it."""

import pytest

from tests.integration.lives import Life
from tests.integration.lives_of_versions import an_image_version_by_recipe_that_is_built_twice
from tests.integration.test_late_lives import (
    AGAIN,
    Tell,
    a_connection_that_is_checked_twice,
    an_image_that_is_built_twice,
    life,
)
from tests.integration.test_late_orders import Again

__all__ = ["life"]
pytestmark = pytest.mark.simulator


class AfterRemovals(Again):
    """Delivers old orders after each removal of a machine: in the step in which that is removed."""

    async def __call__(self) -> None:
        if self.life.given[-1].name == "delete_disk":
            self.life.cloud.advance(AGAIN)
            await super().__call__()


@pytest.mark.parametrize(
    "tell",
    [
        a_connection_that_is_checked_twice,
        an_image_that_is_built_twice,
        an_image_version_by_recipe_that_is_built_twice,
    ],
)
async def test_a_machine_is_not_made_again_after_its_removal(life: Life, tell: Tell) -> None:
    """Its record is still that of the step which made it: a check has no steps, and a test machine is made in one."""
    again = AfterRemovals(life)
    life.after_each = again
    await tell(life)
    assert not again.report(), again.report()
    assert again.delivered > 10
