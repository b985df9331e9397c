"""The world: everything that is true in the simulated cloud, and the order of its events."""

from __future__ import annotations

import hashlib
import heapq
import itertools
import random
import uuid
from typing import TYPE_CHECKING, Any

from azure_simulator.core.latency import Latency
from azure_simulator.core.principals import Principals
from azure_simulator.core.resources import Store
from azure_simulator.core.times import NEVER

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.answers import Json
    from azure_simulator.core.operations import LongRunning
    from azure_simulator.core.principals import Known
    from azure_simulator.core.secrets import SecretProtector
    from azure_simulator.core.times import Clock

    Listener = Callable[..., None]


class _Assignments:
    """Role assignments, which another service has."""

    def __init__(self, world: World) -> None:
        self._world = world

    def allow(self, principal_id: str, action: str, scope: str, known: Known | None = None) -> bool:
        answers: list[bool] = []
        asked = {"principal_id": principal_id, "action": action, "scope": scope, "known": known}
        self._world.publish("ask_allowed", **asked, answers=answers)
        return any(answers)

    def reach(self, principal_id: str, scope: str) -> bool:
        answers: list[bool] = []
        self._world.publish("ask_reach", principal_id=principal_id, scope=scope, answers=answers)
        return any(answers)


class World:
    """All state of all planes.

    State is computed when it is read: `settle` performs, in order of their times, the effects
    that have come due, each at its own moment; nothing runs between two requests.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        seed: int,
        profile: str,
        protector: SecretProtector,
        kinds: dict[str, Json],
        listeners: dict[str, list[Listener]],
        states: dict[str, Callable[[], Any]],
    ) -> None:
        self.clock = clock
        self.seed = seed
        self.protector = protector
        self.config: Json = {}
        self.latency = Latency(kinds, profile, {})
        self.resources = Store()
        self.operations: dict[str, LongRunning] = {}
        self.active: dict[str, list[LongRunning]] = {}
        self.principals = Principals(_Assignments(self))
        self.attempts: dict[tuple[str, str], int] = {}
        self.findings: list[Json] = []
        self._kinds = kinds
        self._listeners = listeners
        self._states = {name: make() for name, make in states.items()}
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._now = 0

    @property
    def now_us(self) -> int:
        """Return the moment of the request or effect at hand."""
        return self._now

    def settle(self, at_us: int) -> None:
        """Move to a moment (never back), performing the effects that came due on the way."""
        while self._due and self._due[0][0] <= at_us:
            due_us, _, effect = heapq.heappop(self._due)
            self._now = max(self._now, due_us)
            effect()
        self._now = max(self._now, at_us)

    def at(self, due_us: int, effect: Callable[[], None]) -> None:
        """Perform an effect when its time has come; it reads the time from `now_us`."""
        heapq.heappush(self._due, (due_us, next(self._order), effect))

    @property
    def next_due_us(self) -> int | None:
        """Return the moment of the next effect; `None` when the world is idle."""
        return self._due[0][0] if self._due and self._due[0][0] < NEVER else None

    @property
    def last_due_us(self) -> int | None:
        """Return the moment of the last effect known now; `None` when the world is idle."""
        return max((due_us for due_us, *_ in self._due if due_us < NEVER), default=None)

    def state(self, name: str) -> Any:  # noqa: ANN401 - the service that made it knows its type
        """Return the state that a service keeps for itself (see `Cloud.state`)."""
        return self._states[name]

    def publish(self, event: str, **payload: object) -> None:
        """Call the listeners of an event, in the order of their installation."""
        for listener in self._listeners.get(event, []):
            listener(self, **payload)

    def rng(self, *key: object) -> random.Random:
        """Return a generator that depends on the seed and the key alone."""
        return random.Random(f"{self.seed}|{'|'.join(str(part).lower() for part in key)}")

    def guid(self, *key: object) -> str:
        """Return an id that depends on the seed and the key alone."""
        text = f"{self.seed}|{'|'.join(str(part).lower() for part in key)}"
        return str(uuid.UUID(bytes=hashlib.sha256(text.encode()).digest()[:16], version=4))

    def attempt(self, kind: str, target: str) -> int:
        """Count one more attempt of a kind at a target, from 1; call it when nothing can fail."""
        key = (kind, target.lower())
        self.attempts[key] = self.attempts.get(key, 0) + 1
        return self.attempts[key]

    def duration_us(self, kind: str, target: str, attempt: int = 1) -> int:
        """Draw how long something takes, keyed by (seed, target, kind, attempt)."""
        return self.latency.sample_us(kind, self.rng(target, kind, attempt))

    def configure(self, changes: Json) -> None:
        """Merge settings, objects key by key; `null` removes one."""
        config = merge(self.config, changes)
        profile = config.get("profile", self.latency.profile)
        self.latency = Latency(self._kinds, profile, config.get("latency", {}))
        self.config = config
        self.publish("configured", changes=changes)


def merge(base: Json, changes: Json) -> Json:
    """Merge JSON objects as a JSON merge patch does (RFC 7396)."""
    merged = dict(base)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = value
    return merged
