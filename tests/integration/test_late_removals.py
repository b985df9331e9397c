"""Orders to make a machine are delivered again just after its removal, while the work goes on that made it."""

import pytest

from activities.operations.at_work import at_work
from shared.contracts.calls import ORDERED_AT, on_behalf_of
from shared.contracts.machines import Machine
from shared.domain.owner import Owner, OwnerKind
from tests.integration import things
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
    """Its record is still at the step of its making: a check has no steps, and a test machine is made in one."""
    again = AfterRemovals(life)
    life.after_each = again
    await tell(life)
    assert not again.report(), again.report()
    assert again.delivered > 10


async def test_an_order_to_the_power_of_an_images_machine_is_of_a_step(life: Life) -> None:
    await life.deps.operations.insert(things.operation(id="image-1", kind="createImage"))
    image = things.image(operation_id="image-1")
    await life.deps.images.insert(image)
    machine = Machine(
        tenant_id=image.tenant_id,
        owner=Owner(kind=OwnerKind.DEVICE_IMAGE, id=image.id),
        subscription_id=things.SUBSCRIPTION,
        resource_group="desks",
        region="westeurope",
        computer_name="IMG-I1",
    )
    held = ORDERED_AT.set(life.now())
    life.cloud.advance(AGAIN)
    try:
        with on_behalf_of(image.tenant_id):
            assert await at_work(machine) is None
            at = life.now()
            await life.deps.operations.change(
                image.tenant_id, "image-1", lambda there: there.at_step("capture", {"capture": ""}, percent=1, at=at)
            )
            assert await at_work(machine) == "the work on IMG-I1 has ended"
    finally:
        ORDERED_AT.reset(held)
