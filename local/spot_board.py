"""Shows the hosts of a Spot Group: a live table on a terminal, plain lines elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

_STYLES = {"ready": "green", "building": "cyan", "pending": "magenta", "failed": "bold red", "removing": "yellow"}


@dataclass(frozen=True, slots=True)
class Picture:
    """Contents of the board: the group, its hosts and the state of the cloud's broker (``_sim/state?view=broker``)."""

    at: datetime
    stage: str
    group: Mapping[str, Any]
    hosts: Sequence[Mapping[str, Any]]
    broker: Mapping[str, Any]

    @property
    def sessions(self) -> int:
        """The sessions that there are, active or not."""
        return sum(self.broker.get("sessions", {}).values())

    @property
    def waiting(self) -> int:
        """The users who wait for a host now."""
        return int(self.broker.get("signIns", {}).get("waiting", 0))

    @property
    def failed(self) -> int:
        """The sign-ins that failed."""
        return int(self.broker.get("signIns", {}).get("failed", 0))

    @property
    def summary(self) -> str:
        """One line."""
        detail = f" ({self.group['statusDetail']})" if self.group.get("statusDetail") else ""
        signed_in = self.broker.get("signIns", {}).get("signedIn", 0)
        return (
            f"{self.at:%a %H:%M:%S} {self.stage}: {self.group['status']}{detail}; {self.group['onlineHosts']} of "
            f"{len(self.hosts)} hosts online, {self.sessions} sessions; {signed_in} sign-ins, {self.waiting} waiting, "
            f"{self.failed} failed"
        )


def state_of(host: Mapping[str, Any]) -> str:
    """Return a host's task, status or state in a word or two."""
    if host["task"]:
        return str(host["task"])
    if host["status"] != "ready":
        return str(host["status"])
    open_ = "" if host["allowNewSession"] else ", drained"
    return f"{host['state'] or 'not seen yet'}{open_}"


class SpotBoard:
    """Shows pictures; call ``update`` with a new one."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=4) if console.is_terminal else None
        self._shown: dict[str, tuple[str, str]] = {}
        self._summary = ""

    def __enter__(self) -> Self:
        """Start to draw on the lower part of the terminal."""
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop drawing; the last state stays visible."""
        if self._live is not None:
            self._live.stop()

    def say(self, line: str) -> None:
        """Print a line above the table."""
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def update(self, picture: Picture) -> None:
        """Show a picture; without a terminal, the changes since the last one."""
        if self._live is not None:
            self._live.update(_drawn(picture))
            return
        for host in picture.hosts:
            now = (state_of(host), str(host["why"] or ""))
            if self._shown.get(str(host["id"])) != now:
                self._shown[str(host["id"])] = now
                self.say(f"{picture.at:%d %H:%M:%S}  {_name(host)}  {host['imageVersion']}  {now[0]}  {now[1]}")
        if (told := picture.summary.partition(" ")[2].partition(" ")[2]) != self._summary:
            self._summary = told
            self.say(f"  {picture.summary}")


def _name(host: Mapping[str, Any]) -> str:
    return str(host["computerName"] or host["id"][:8])


def _drawn(picture: Picture) -> Group:
    table = Table("host", "state", "version", "sessions", "why", expand=False, pad_edge=False)
    for host in picture.hosts:
        state = Text(state_of(host), style=_STYLES.get(str(host["status"]), ""))
        sessions = str(host["activeSessions"] + host["disconnectedSessions"])
        step = f"{host['step']}: " if host["task"] and host["step"] else ""
        table.add_row(_name(host), state, str(host["imageVersion"]), sessions, f"{step}{host['why'] or ''}")
    return Group(table, Text(picture.summary))
