"""Carriers of a password to a machine (run commands, extensions): removed once it has served."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from shared.contracts.definitions import Activity, Effect, PollPolicy, Retry
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, Refused
from shared.domain.values import Value


class Carrier(Value):
    """A carrier by its name on the machine."""

    kind: Literal["runCommands", "extensions"]
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


class CarrierOrder(Value):
    """Remove a carrier from a machine; its effects on Windows stay."""

    machine: Machine
    carrier: Carrier


DOMAIN_JOIN = Carrier.model_construct(kind="extensions", name="JsonADDomainExtension")
"""The extension that joins a domain."""

DISABLE_ACCOUNT = Carrier.model_construct(kind="runCommands", name="deskwright-account")
"""The script that disables a computer account."""


CONNECT = Carrier.model_construct(kind="runCommands", name="deskwright-connect")
"""The script that gives the administrator of an image version's machine the chosen password."""


def probe_script(steps: tuple[str, ...]) -> Carrier:
    """Return the run command of a probe's *steps*: a machine has several."""
    return Carrier(kind="runCommands", name=f"deskwright-probe-{steps[0].lower()}")


BEGIN_CARRIER_REMOVAL = Activity(
    "begin_carrier_removal", CarrierOrder, Accepted | Done, Refused, Retry(attempts=3), effect=Effect.ENDS
)

CARRIER_POLL = PollPolicy(timedelta(seconds=15), timedelta(seconds=15), timedelta(minutes=15))
"""The poll of the removal: an agent that does not answer must not delay the next step for long."""
