"""Names in a recording mapped to names in the simulated cloud: ids are made at each creation."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from packages.azure_simulator.tests.recorded.recordings import Exchange

_MADE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}", re.IGNORECASE)
_LINKS = frozenset({"nextLink", "@odata.nextLink"})


class Names:
    """Recorded ids and links -> those of the simulated cloud."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._links: dict[str, str] = {}

    def learn(self, recorded: Any, ours: Any) -> None:
        """Store the two ids that two answers to one request give one thing."""
        for theirs, here in _pairs(recorded, ours):
            made, found = _MADE.findall(theirs), _MADE.findall(here)
            if len(made) == len(found):
                self._ids |= {each.lower(): one for each, one in zip(made, found, strict=True)} | self._ids
        for name in _LINKS:
            if isinstance(recorded, dict) and isinstance(ours, dict) and recorded.get(name) and ours.get(name):
                self._links[_bare(recorded[name])] = ours[name]

    def knows(self, recorded: str) -> bool:
        """Return whether an id was made in this recording, and here."""
        return recorded.lower() in self._ids

    def has(self, ours: str) -> bool:
        """Return whether an id of the simulated cloud stands for a recorded one."""
        return ours in self._ids.values()

    def text(self, text: str) -> str:
        """Replace each id in a text."""
        return _MADE.sub(lambda found: self._ids.get(found[0].lower(), found[0]), text)

    def tree(self, node: Any) -> Any:
        """Replace each id in a body."""
        return None if node is None else json.loads(self.text(json.dumps(node)))

    def next_page(self, exchange: Exchange) -> str | None:
        """Return our address of the page that a request asks for; None if no answer here named it."""
        return self._links.get(_bare(f"{exchange.path}?{exchange.query}"))

    def ours(self, exchange: Exchange) -> Exchange:
        """Return a request in the words of the simulated cloud; its answer stays as it was recorded."""
        return replace(
            exchange, path=self.text(exchange.path), query=self.text(exchange.query), body=self.tree(exchange.body)
        )


def _pairs(recorded: Any, ours: Any) -> Iterator[tuple[str, str]]:
    if isinstance(recorded, dict) and isinstance(ours, dict):
        for name, value in recorded.items():
            yield from _pairs(value, ours.get(name))
    elif isinstance(recorded, list) and isinstance(ours, list) and len(recorded) == len(ours) == 1:
        yield from _pairs(recorded[0], ours[0])
    elif isinstance(recorded, str) and isinstance(ours, str):
        yield recorded, ours


def _bare(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{'&'.join(sorted(parts.query.split('&')))}"
