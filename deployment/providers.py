"""Resource providers of a subscription: which are registered, and registering those that are not.

Source: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types
"""

from collections.abc import Iterator, Sequence
from functools import partial

from deployment.clients import Client
from deployment.report import Report

_VERSION = "2021-04-01"
_REGISTERING_S, _TRIES = 10.0, 60


def ensure(arm: Client, subscription: str, names: Sequence[str], report: Report) -> Iterator[tuple[str, str]]:
    """Register the providers that are not; give each with its state, once that has settled."""
    for name in names:
        path = f"/subscriptions/{subscription}/providers/{name}"
        state = _state(arm, path)
        if state == "NotRegistered":
            send = partial(arm.send, "POST", f"{path}/register?api-version={_VERSION}")
            report.change(f"register {name}", send)
            state = _settled(arm, path, report)
        yield name, state


def _settled(arm: Client, path: str, report: Report) -> str:
    state = _state(arm, path)
    for _ in range(0 if report.dry else _TRIES):
        if state not in {"Registering", "NotRegistered"}:
            break
        arm.wait(_REGISTERING_S)
        state = _state(arm, path)
    return state


def _state(arm: Client, path: str) -> str:
    return str(arm.get(f"{path}?api-version={_VERSION}")["registrationState"])
