"""The options of a stack: its parts on this machine, its start time and its speed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from azure_simulator.certificates import Certificates

from local.azurite import Azurite

APP = Path(__file__).parent.parent

HostKind = Literal["embedded", "func", "none"]


@dataclass(frozen=True, slots=True)
class StackOptions:
    """The options of a stack.

    ``app`` is the folder of the Functions app. ``speed`` is in simulated seconds per real second while nothing is
    ready to run; at 0 only ``FileClock.advance`` moves the time. ``seed_data`` replaces the demo tenant, ``settings``
    add to the app's environment. ``notifications``: the directory sends change notifications. ``sequential``: the
    embedded host runs everything in a reproducible order. ``specification``: the folder that the simulated cloud
    compares its answers with. ``wakes_after``: no instance listens for a timer until so many seconds after its tick (0:
    the host does). ``http_concurrency``: how many requests the host answers at a time (0: any number).
    ``queue_visibility``: how many real seconds after a kill a message comes again that the host was working on.
    ``redeliver``: the host delivers one activity in so many again, five minutes after it has reported (0: none).
    ``log_storage``: the log of Azurite has a line for each request. With Core Tools' host, and with none, ``begins``,
    ``speed`` and ``profile`` are those of real time. ``api_port`` is where a host listens that somebody else starts.
    ``storage``: an account of an Azurite that runs already and goes on afterwards, with the certificates that it has.
    """

    begins: datetime
    seed: int = 7
    users: int = 25
    speed: float = 60.0
    profile: str = "real"
    host: HostKind = "embedded"
    app: Path = APP
    seed_data: Mapping[str, Any] | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    notifications: bool = False
    sequential: bool = False
    specification: Path | None = None
    wakes_after: int = 0
    http_concurrency: int = 0
    queue_visibility: int = 600
    redeliver: int = 0
    log_storage: bool = False
    api_port: int = 0
    storage: tuple[Azurite, Certificates] | None = None


def on_real_time(options: StackOptions) -> StackOptions:
    """Return the options for Core Tools' host, which has real time only: the shared clock is real, Azure is fast."""
    profile = "fast" if options.profile == "real" else options.profile
    return replace(options, begins=datetime.now(UTC), speed=1.0, profile=profile)
