"""Outgoing notifications: the outbox, and the only part of the cloud with a scheduler.

Unsent notifications are part of the world (`Outbox`): a replay of the journal brings them back. What a
receiver answered comes back as a journalled request to ourselves, so that a restarted cloud goes on
with what was not accepted yet: every notification is delivered at least once. The sender looks
at the clock a few times a second, so that a clock that jumps needs no alarm.

Receivers answer in real time, retries wait in simulated time. `config.webhooks`: `timeoutSeconds`
(3), `slowSeconds` (2.9), `handshakeSeconds` (10, all three real), `batchSize` (20), `parallel` (1
POST at a time to one address), `retrySeconds` (10, doubled up to an hour).
Source: learn.microsoft.com/graph/change-notifications-delivery-webhooks (throttling: docs/notes.md 2).
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Json
from azure_simulator.core.routing import Routes
from azure_simulator.core.times import SECOND, iso_z

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.settings import Shape
    from azure_simulator.core.world import World

STATE = "webhooks"
GIVE_UP_US = 4 * 3600 * SECOND
WINDOW_US = 600 * SECOND
_MEASURED_FROM = 100
_SLOW_SHARE, _DROP_SHARE = 0.10, 0.15
_LONGEST_PAUSE_S = 3600
_REMEMBERED = 1000
DEFAULTS: dict[str, float] = {
    "timeoutSeconds": 3,
    "slowSeconds": 2.9,
    "handshakeSeconds": 10,
    "batchSize": 20,
    "parallel": 1,
    "retrySeconds": 10,
}


@dataclass(slots=True)
class Post:
    """One notification to be sent to an address; `encrypted` fields are decrypted when it leaves."""

    id: str
    url: str
    body: Json
    encrypted: dict[str, bytes]
    made_us: int
    due_us: int
    attempts: int = 0

    def view(self) -> Json:
        """Describe it without its secrets."""
        times = {"made": iso_z(self.made_us), "due": iso_z(self.due_us)}
        return {"id": self.id, "url": self.url, **times, "attempts": self.attempts, "body": self.body}


@dataclass(slots=True)
class Receiver:
    """Answers of an address since the counts were last flushed."""

    since_us: int
    answered: int = 0
    slow: int = 0

    def state(self, now_us: int) -> str:
        """Say whether notifications are sent to it (empty), `delayed` or `dropped`."""
        if now_us - self.since_us >= WINDOW_US:
            self.since_us, self.answered, self.slow = now_us, 0, 0
        if self.answered < _MEASURED_FROM:
            return ""
        share = self.slow / self.answered
        return "dropped" if share >= _DROP_SHARE else "delayed" if share >= _SLOW_SHARE else ""


@dataclass
class Outbox:
    """Everything to be sent, and how receivers behave. `watched`: changes may add more by themselves."""

    pending: dict[str, Post] = field(default_factory=dict)
    receivers: dict[str, Receiver] = field(default_factory=dict)
    recent: deque[Json] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    watched: bool = False
    _heap: list[tuple[int, int, str]] = field(default_factory=list)
    _order: itertools.count[int] = field(default_factory=itertools.count)

    def add(self, post: Post, now_us: int) -> None:
        """Add a notification, unless its receiver is too slow to get any."""
        state = self._receiver(post.url, now_us).state(now_us)
        if state == "dropped":
            self._close(post, "dropped", now_us)
            return
        post.due_us += WINDOW_US if state == "delayed" else 0
        self.pending[post.id] = post
        self._schedule(post)

    def take(self, now_us: int) -> list[Post]:
        """Return the posts that have come due since the last call, in the order of their time."""
        found = []
        while self._heap and self._heap[0][0] <= now_us:
            due_us, _, key = heapq.heappop(self._heap)
            post = self.pending.get(key)
            if post is not None and post.due_us == due_us:
                found.append(post)
        return found

    def answered(self, ids: list[str], status: int, *, slow: bool, retry_s: float, now_us: int) -> None:
        """Note the answer to some notifications: 2xx ends them, anything else repeats them."""
        for post in [self.pending[key] for key in ids if key in self.pending]:
            receiver = self._receiver(post.url, now_us)
            receiver.answered += 1
            receiver.slow += slow
            if 200 <= status < 300:  # noqa: PLR2004 - the range of success
                self._close(post, "delivered", now_us)
            else:
                self._retry(post, receiver.state(now_us), retry_s, now_us)

    def _retry(self, post: Post, state: str, retry_s: float, now_us: int) -> None:
        pause_us = int(min(retry_s * 2**post.attempts, _LONGEST_PAUSE_S) * SECOND)
        post.attempts += 1
        post.due_us = now_us + (max(pause_us, WINDOW_US) if state else pause_us)
        if state == "dropped" or post.due_us - post.made_us > GIVE_UP_US:
            self._close(post, "dropped" if state == "dropped" else "given up", now_us)
        else:
            self._schedule(post)

    def _schedule(self, post: Post) -> None:
        heapq.heappush(self._heap, (post.due_us, next(self._order), post.id))

    def _receiver(self, url: str, now_us: int) -> Receiver:
        return self.receivers.setdefault(url, Receiver(now_us))

    def _close(self, post: Post, end: str, now_us: int) -> None:
        self.pending.pop(post.id, None)
        self.recent.append({**post.view(), "end": end, "at": iso_z(now_us)})

    def view(self, now_us: int) -> Json:
        """Describe it for `GET /_sim/webhooks`."""
        receivers = [
            {"url": url, "answered": each.answered, "slow": each.slow, "state": each.state(now_us)}
            for url, each in self.receivers.items()
        ]
        pending = [each.view() for each in self.pending.values()]
        return {"pending": pending, "receivers": receivers, "recent": list(self.recent)}


def outbox(world: World) -> Outbox:
    """Return the outbox of a world."""
    found: Outbox = world.state(STATE)
    return found


def setting(world: World, name: str) -> float:
    """Return a number of `config.webhooks`."""
    return float(world.config.get("webhooks", {}).get(name, DEFAULTS[name]))


def install(cloud: Cloud) -> None:
    """Keep an outbox, show it, and take the answers of receivers."""
    cloud.state(STATE, Outbox)
    shape: Shape = dict.fromkeys(DEFAULTS, (int, float))
    cloud.setting("webhooks", shape, f"how outgoing notifications are sent: {', '.join(DEFAULTS)}")
    routes = Routes("sim")

    @routes.operation("sim.webhooks", "GET", "/_sim/webhooks", anonymous=True)
    def show(call: Call) -> Answer:
        """Show pending notifications, the behaviour of receivers, and the last notifications sent."""
        return Answer(outbox(call.world).view(call.now_us))

    @routes.operation("sim.webhooks.answered", "POST", "/_sim/webhooks/answered", anonymous=True)
    def answered(call: Call) -> Answer:
        """Take {ids, status, seconds} from the sender; journalled, so that no restart repeats it."""
        body, world = call.object(), call.world
        slow = float(body["seconds"]) > setting(world, "slowSeconds")
        retry_s = setting(world, "retrySeconds")
        outbox(world).answered(body["ids"], int(body["status"]), slow=slow, retry_s=retry_s, now_us=call.now_us)
        return Answer({"pending": len(outbox(world).pending)})

    cloud.add(routes)
