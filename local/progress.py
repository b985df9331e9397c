"""Detection of a stalled run: by simulated time, so that a slow machine has enough time."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

_HOST_STANDS_SECONDS = 300.0
"""Real seconds after which a run has stopped, if neither its time nor its host's output advances."""


class Progress:
    """Tells when a run has stopped. *folder*: of its stack; *most*: the longest simulated time without any news."""

    def __init__(self, folder: Path, most: timedelta) -> None:
        self._folder, self._most = folder, most
        self._news, self._news_at = "", datetime.max.replace(tzinfo=UTC)
        self._life, self._life_at = "", 0.0

    def standstill(self, news: object, at: datetime, real: float) -> str | None:
        """Return why the run has stalled, or None if it has not.

        *news*: JSON that changes as the run goes on; *at*: the simulated time; *real*: seconds of a clock that is never
        set back.
        """
        text = json.dumps(news, default=str)
        if text != self._news:
            self._news, self._news_at = text, at
        written = [file.stat().st_mtime_ns for file in sorted(self._folder.glob("host.db*"))]
        life = f"{at} {written}"
        if life != self._life:
            self._life, self._life_at = life, real
        if at - self._news_at > self._most:
            return f"nothing moved for {self._most / timedelta(hours=1):g} simulated hours"
        if real - self._life_at > _HOST_STANDS_SECONDS:
            return f"time stands, and the host has written nothing for {_HOST_STANDS_SECONDS:g} seconds"
        return None
