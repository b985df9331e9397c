"""The mail that was handed over, by the ids of its operations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.world import World

STATE = "mail"


@dataclass
class Handed:
    """One mail. `ends_us`: when its operation has ended; `fails`: whether it ends as failed."""

    by: str
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    at_us: int
    ends_us: int
    fails: bool = False

    def view(self) -> Json:
        """Return it as `_sim/state?view=mail` shows it."""
        return {"by": self.by, "sender": self.sender, "to": [*self.to], "subject": self.subject, "text": self.text}


@dataclass
class Sent:
    """All mail: of Communication Services by the operation's id, of Graph by a number."""

    mails: dict[str, Handed] = field(default_factory=dict)


def sent(world: World) -> Sent:
    """Return the mail of a world."""
    found: Sent = world.state(STATE)
    return found
