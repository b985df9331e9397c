"""State of the sign-ins of a world: the codes that were redeemed, and the devices that wait.

Redeemed codes are forgotten at a restart; devices are not, because what makes and answers them is in the journal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure_simulator.core.world import World

STATE = "signIns"


@dataclass(slots=True)
class Device:
    """A device that waits for somebody to sign in elsewhere; `until_s` and `polled_s` are real times."""

    user_code: str
    device_code: str
    tenant: str
    client: str
    scope: str
    until_s: float
    polled_s: float = 0.0
    account: tuple[str, str] | None = None
    declined: bool = False


@dataclass(slots=True)
class SignIns:
    """Redeemed codes by their hash, devices by the code that people enter."""

    codes: set[str] = field(default_factory=set)
    devices: dict[str, Device] = field(default_factory=dict)


def sign_ins(world: World) -> SignIns:
    """Return the stored sign-ins."""
    found: SignIns = world.state(STATE)
    return found
