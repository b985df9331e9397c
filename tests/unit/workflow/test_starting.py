"""A workflow is started once under its id, also where an earlier one under that id ends at that moment."""

from types import SimpleNamespace
from typing import Any

import pytest

from shared.contracts.reconciling import RECONCILE, ReconcileOrder
from shared.errors import UnavailableError
from shared.workflow import start

ORDER = ReconcileOrder(tenant_id="contoso")


class Client:
    """A durable client that refuses so many starts, and an instance in *state*."""

    def __init__(self, refusals: int, state: str) -> None:
        self.refusals, self.state, self.started = refusals, state, 0

    async def start_new(self, *_: Any) -> None:
        if self.refusals:
            self.refusals -= 1
            raise Exception("409: an instance with this id is running")  # noqa: TRY002 - as the SDK does
        self.started += 1

    async def get_status(self, *_: Any, **__: Any) -> Any:
        return SimpleNamespace(
            runtime_status=SimpleNamespace(value=self.state), name="x", input_=None, output=None, instance_id="i"
        )


@pytest.mark.parametrize(
    ("refusals", "state", "begins"), [(0, "Completed", True), (1, "Completed", True), (1, "Running", False)]
)
async def test_an_instance_that_has_just_ended_is_no_reason_to_refuse(
    refusals: int, state: str, *, begins: bool
) -> None:
    client: Any = Client(refusals, state)
    assert await start(client, RECONCILE, ORDER, instance_id="i") is begins
    assert client.started == int(begins)


async def test_a_host_that_starts_nothing_is_said() -> None:
    client: Any = Client(9, "Completed")
    with pytest.raises(UnavailableError, match="could not be started"):
        await start(client, RECONCILE, ORDER, instance_id="i")
