"""The guard of the tests: a call that does more than the effect of the activity that makes it."""

import json
from types import SimpleNamespace
from typing import Any, Never

import pytest

from shared.clients.pipeline import PacingPolicy
from shared.contracts.calls import EFFECT
from shared.contracts.definitions import Activity, Effect
from shared.contracts.outcomes import Done
from shared.domain.values import Value
from shared.workflow import implements
from tests.effects import beyond, held_to_effects

_VM = "https://management.azure.com/subscriptions/s/virtualMachines/vm"
_BATCH = "https://graph.microsoft.com/v1.0/$batch"


class Nothing(Value):
    """An order without contents."""


@pytest.mark.parametrize(
    ("effect", "method", "url", "is_beyond"),
    [
        (Effect.READS, "GET", _VM, False),
        (Effect.READS, "PUT", _VM, True),
        (Effect.READS, "POST", f"{_VM}/restart?api-version=1", True),
        (Effect.READS, "POST", "https://management.azure.com/hostPools/p/listRegistrationTokens", False),
        (Effect.RECORDS, "PATCH", _VM, True),
        (Effect.RECORDS, "DELETE", _VM, True),
        (Effect.KEEPS, "PUT", _VM, False),
        (Effect.KEEPS, "DELETE", _VM, True),
        (Effect.ENDS, "DELETE", _VM, False),
        (None, "DELETE", _VM, False),
    ],
)
def test_an_effect_allows_some_calls(effect: Effect | None, method: str, url: str, *, is_beyond: bool) -> None:
    assert beyond(effect, method, url) is is_beyond


@pytest.mark.parametrize(("method", "is_beyond"), [("GET", False), ("DELETE", True)])
def test_of_a_batch_each_call_counts(method: str, *, is_beyond: bool) -> None:
    body = json.dumps({"requests": [{"id": "1", "method": method, "url": "/users/u"}]})
    assert beyond(Effect.READS, "POST", _BATCH, body) is is_beyond


async def test_an_activity_that_catches_the_error_fails_its_test_all_the_same() -> None:
    @implements(Activity("look", Nothing, Done, Never, effect=Effect.READS))
    async def look(_order: Nothing) -> Done:
        policy: Any = object()
        request: Any = SimpleNamespace(http_request=SimpleNamespace(method="DELETE", url=_VM))
        with pytest.raises(AssertionError, match="reads has sent DELETE"):
            await PacingPolicy.send(policy, request)
        return Done()

    with pytest.raises(AssertionError, match="reads has sent DELETE"), held_to_effects():
        await look({"order": {}})
    assert EFFECT.get() is None
