"""Shows the Cloud PCs of a tenant: a live table on a terminal, plain lines elsewhere."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

READY = frozenset({"provisioned", "provisionedWithWarnings"})
# Statuses in which nothing happens without a user's action.
SETTLED = READY | {"failed"}

_STYLES = {
    "provisioned": "green",
    "provisionedWithWarnings": "yellow",
    "provisioning": "cyan",
    "pendingProvision": "magenta",
    "failed": "bold red",
}
_MARGIN_LINES = 6
_BAR_WIDTH = 20


@dataclass(frozen=True, slots=True)
class Row:
    """The state of one Cloud PC: percent 0 to 100; between which simulated moments it should be ready."""

    id: str
    user: str
    plan: str
    status: str
    step: str
    percent: int
    earliest: datetime | None
    latest: datetime | None = None

    @property
    def is_settled(self) -> bool:
        """Whether it stays in this state until somebody acts."""
        return self.status in SETTLED


def count_by_status(rows: Sequence[Row]) -> dict[str, int]:
    """Count the Cloud PCs of each status, the most frequent first."""
    return dict(Counter(row.status for row in rows).most_common())


def in_words(counts: Mapping[str, int]) -> str:
    """Return the counts as one line."""
    return ", ".join(f"{count} {status}" for status, count in counts.items()) or "none yet"


class Board:
    """Shows rows; call ``update`` whenever they have changed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=4) if console.is_terminal else None
        self._shown: dict[str, Row] = {}

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

    def update(self, rows: Sequence[Row], now: datetime) -> None:
        """Show the rows at a simulated time."""
        if self._live is not None:
            self._live.update(self._picture(rows, now))
            return
        for row in rows:
            before = self._shown.get(row.id)
            if before is None or (before.status, before.step) != (row.status, row.step):
                self.say(f"{now:%d %H:%M:%S}  {row.user}  {row.plan}  {row.status}  {row.percent:3d} %  {row.step}")
        self._shown = {row.id: row for row in rows}

    def _picture(self, rows: Sequence[Row], now: datetime) -> Group:
        """Return as many rows as fit the terminal, those in progress first."""
        table = Table("user", "plan", "status", "step", "", "", "ready between", expand=False, pad_edge=False)
        room = max(1, self._console.height - _MARGIN_LINES)
        moving_first = sorted(rows, key=lambda row: (row.is_settled, row.user, row.plan))
        for row in moving_first[:room]:
            bar = ProgressBar(total=100, completed=row.percent, width=_BAR_WIDTH)
            status = Text(row.status, style=_STYLES.get(row.status, ""))
            ends = f"{row.earliest:%H:%M}-{row.latest:%H:%M}" if row.earliest and row.latest else ""
            table.add_row(row.user, row.plan, status, row.step, bar, f"{row.percent} %", ends)
        left = len(rows) - min(room, len(rows))
        more = f"; {left} more below" if left else ""
        return Group(table, Text(f"{now:%a %d %b %H:%M:%S} simulated: {in_words(count_by_status(rows))}{more}"))
