"""The composition root: builds the host's parts, starts them in order, and stops them."""

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import socket
import sys
import warnings
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from simulation_base.clock import FileClock

from functions_host import doorplate
from functions_host.activity import Activities
from functions_host.addresses import Addresses
from functions_host.admin import Admin
from functions_host.agenda import Agenda
from functions_host.asking import Asker
from functions_host.config import KEEP, KEEP_SECONDS, HostSettings
from functions_host.dispatch import Dispatcher
from functions_host.driving import WATCHDOG_SECONDS, Clock, FileDriver, SystemClock, SystemDriver
from functions_host.entities import Entities
from functions_host.entity_api import EntityApi
from functions_host.errors import ConfigError
from functions_host.events import stamp
from functions_host.http import PublicServer, serve
from functions_host.indexer import Function, Registry
from functions_host.invoke import Invoker
from functions_host.keys import Keys
from functions_host.lane import Single, Wide
from functions_host.listening import listen, origin_of, stop_accepting
from functions_host.log import say
from functions_host.manage import Management
from functions_host.memory import Memory
from functions_host.numbering import Rules
from functions_host.operations import Operations
from functions_host.outputs import QueueOutputs
from functions_host.pages import Pages
from functions_host.pages.words import HOME
from functions_host.queues import VISIBILITY_SECONDS, Queues
from functions_host.rooms import Rooms
from functions_host.store import Store
from functions_host.timers import Timers
from functions_host.work import Work

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_NOTICED_SECONDS = 1.0
_SWITCH_SECONDS = 0.001  # the loop and the writer need their turn sooner than in 5 ms


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    app: Path
    db: Path
    host: str = "127.0.0.1"
    port: int = 7071
    rpc_port: int = 17071
    listening: socket.socket | None = None
    show_payloads: bool = False
    auth: bool | None = None
    clock: Path | None = None
    grace_seconds: float = 30.0
    debug_oracle: bool = False
    watchdog_seconds: float = WATCHDOG_SECONDS
    queue_visibility_seconds: int = VISIBILITY_SECONDS
    keep: int = KEEP
    keep_seconds: float = KEEP_SECONDS
    one_at_a_time: bool = False

    @property
    def checks_keys(self) -> bool:
        """Check keys when asked, and by default wherever others can reach the host."""
        return self.host not in _LOOPBACK if self.auth is None else self.auth


class Host:
    """One running host; ``run`` returns when it has been told to stop."""

    def __init__(
        self,
        options: Options,
        settings: HostSettings,
        registry: Registry,
        environ: Mapping[str, str],
    ) -> None:
        self._options, self._settings = options, settings
        self._registry, self._environ = registry, environ
        self._file_clock = FileClock.open(options.clock) if options.clock else None
        self._agenda, self._work = Agenda(), Work(Single() if options.one_at_a_time else Wide())
        self._store = Store(options.db, settings.hub, asyncio.get_running_loop())
        self._clock: Clock = self._file_clock or _system_clock(self._store)
        self._listening = options.listening or listen(options.host, options.port)
        self._runners: list[web.ServerRunner] = []
        self._stopped = asyncio.Event()
        self._driver_error: BaseException | None = None
        self._rules = self._make_rules()
        self._build()

    def _client_json(self) -> str:
        return self._addresses.client_json()

    def _make_rules(self) -> Rules:
        registry, settings = self._registry, self._settings
        orchestrators = registry.durable("orchestrationTrigger")
        return Rules(
            activities=frozenset(registry.durable("activityTrigger")),
            orchestrators={folded: registry.durable_name(one) for folded, one in orchestrators.items()},
            next_n=self._store.next_n,
            new_execution_id=lambda: secrets.token_hex(16),
            versioning=settings.versioning,
            max_actions=settings.max_actions,
        )

    def _build(self) -> None:
        """Make the parts, inner ones first."""
        settings, registry, store, clock = (
            self._settings, self._registry, self._store, self._clock
        )  # fmt: skip
        self._outputs = QueueOutputs(self._environ, base64_bodies=settings.queues.base64)
        self._invoker = Invoker(
            self._options.app,
            _threads(self._environ),
            settings.function_timeout,
            self._client_json,
            lambda: secrets.token_hex(16),
            self._outputs,
        )
        self._activities = Activities(
            store, clock, self._work, self._invoker, registry.durable("activityTrigger"),
            settings.max_activities,
        )  # fmt: skip
        options = self._options
        asker = Asker(
            registry.durable("orchestrationTrigger"),
            keeps=options.keep > 0,
            debug_oracle=options.debug_oracle,
            app=options.app,
        )
        memory = Memory(options.keep, options.keep_seconds)
        self._dispatcher = Dispatcher(
            store, clock, self._agenda, self._activities, asker, memory, self._rules, settings.max_orchestrators
        )
        self._activities.wake = self._dispatcher.wake
        self._entities = Entities(
            store, clock, self._work, self._dispatcher, registry.durable("entityTrigger"),
            settings.entity_batch, settings.max_entities,
        )  # fmt: skip
        self._operations = Operations(
            store, clock, self._dispatcher, self._rules,
            replace_any_state=settings.replace_any_state,
        )  # fmt: skip
        self._timers = Timers(store, clock, self._agenda, self._work, self._invoker)
        self._queues = Queues(settings.queues, self._invoker, self._work, self._options.queue_visibility_seconds)

    async def run(self) -> None:
        """Open the doors, take up what was left, serve until a signal, and leave in order."""
        sys.setswitchinterval(_SWITCH_SECONDS)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled)
        driver = (
            FileDriver(self._file_clock, self._agenda, self._work, self._options.watchdog_seconds)
            if self._file_clock
            else SystemDriver(self._clock, self._agenda)
        )
        # Starting counts as work: simulated time begins to run once all is taken up.
        self._work.begin("start")
        driving = asyncio.create_task(driver.run())
        driving.add_done_callback(self._driver_ended)
        await self._open()
        self._work.end("start")
        with doorplate.shown(self._options.db, self._plate()):
            await self._stopped.wait()
            await self._close(driving)
        if self._driver_error is not None:
            raise self._driver_error

    async def _open(self) -> None:
        options, registry = self._options, self._registry
        keys = await Keys.load(self._store)
        self._addresses = Addresses(self._settings.hub, lambda: keys.durable, secrets.token_hex(16))
        self._management = Management(
            self._store,
            self._operations,
            EntityApi(self._store, self._entities, registry.durable("entityTrigger")),
            frozenset(self._rules.orchestrators),
            self._addresses,
        )
        admin = Admin(
            registry, keys, self._store, self._clock, self._work, self._fire,
            auth=options.checks_keys,
        )  # fmt: skip
        pages = Pages(
            self._store, keys, self._clock, self._settings.hub, list(self._rules.orchestrators.values()),
            auth=options.checks_keys, payloads=options.show_payloads,
        )  # fmt: skip
        rooms = Rooms(keys, self._management, admin, pages)
        public = PublicServer(
            registry, self._settings, self._invoker, keys, rooms, self._work, auth=options.checks_keys
        )
        self._addresses.rpc_port = await self._open_rpc()
        self._runners.append(await serve(public, self._listening, options.grace_seconds))
        self._addresses.origin = origin_of(options.host, int(self._listening.getsockname()[1]))
        # Turns last: what they commit at once would be found, and taken up, a second time.
        self._activities.recover()
        self._entities.recover()
        self._dispatcher.recover()
        await self._timers.start(registry.of("timerTrigger"), self._environ)
        self._queues.start(registry.of("queueTrigger"), self._environ)
        self._say_ready()

    def _say_ready(self) -> None:
        registry, origin = self._registry, self._addresses.origin
        kinds = {one.trigger.type for one in registry.functions.values()}
        counts = {kind.removesuffix("Trigger"): len(registry.of(kind)) for kind in sorted(kinds)}
        say("host", "functions", **counts)
        auth = "keys are checked" if self._options.checks_keys else "keys are not checked"
        say("host", f"ready at {origin} ({auth})", port=self._listening.getsockname()[1], pid=os.getpid())
        if self._rules.orchestrators:
            say("host", f"orchestrations are shown at {origin}{HOME}")

    def _plate(self) -> doorplate.Doorplate:
        since = stamp(self._clock.now_us())
        return doorplate.Doorplate(self._addresses.origin, os.getpid(), str(self._options.app), since)

    async def _open_rpc(self) -> int:
        """Listen for the SDK's client; another port if the usual one is taken."""
        try:
            listening = listen("127.0.0.1", self._options.rpc_port)
        except ConfigError:
            say("host", f"RPC port {self._options.rpc_port} is taken: another one is used")
            listening = listen("127.0.0.1", 0)
        self._runners.append(await serve(self._management, listening, 1.0))
        return int(listening.getsockname()[1])

    async def _fire(self, function: Function, value: str) -> None:
        if function.trigger.type == "timerTrigger":
            await self._timers.fire_by_hand(function)
        else:
            await self._queues.fire_by_hand(function, value)

    def _driver_ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled():
            self._driver_error = task.exception()
            say("clock", f"the clock is not driven any more: {self._driver_error}", logging.ERROR)
            self._stopped.set()

    def _signalled(self) -> None:
        if self._stopped.is_set():
            say("host", "stopping at once", logging.WARNING)
            os._exit(130)
        self.stop()

    def stop(self) -> None:
        """Begin to leave in order; ``run`` returns when that is done."""
        if self._stopped.is_set():
            return
        say("host", f"stopping, up to {self._options.grace_seconds:g} s for what runs")
        self._stopped.set()

    async def _close(self, driving: "asyncio.Task[None]") -> None:
        """Take nothing new, wait for what runs, fold the log into the file."""
        for part in (self._queues, self._timers, self._dispatcher, self._entities):
            part.stop()
        self._activities.stop()
        public = self._runners.pop()
        await stop_accepting(self._listening)
        await asyncio.gather(public.cleanup(), self._drain())
        driving.cancel()
        await asyncio.gather(driving, return_exceptions=True)
        await _close_sdk_session()
        for runner in self._runners:
            await runner.cleanup()
        self._dispatcher.close()
        self._invoker.close()
        closing: list[Awaitable[None]] = [self._queues.close(), self._outputs.close()]
        await asyncio.gather(*closing, return_exceptions=True)
        await asyncio.to_thread(self._store.close)
        say("host", "stopped")
        # Functions have no hook to close their clients in: asyncio's complaint would be about us.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)

    async def _drain(self) -> None:
        """Wait for invocations that run; queued turns and activities stay in the file."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._options.grace_seconds):
                ended = self._work.something_ended
                while self._activities.running or any(
                    self._work.running.get(kind) for kind in ("http", "queue", "timer", "entity")
                ):
                    ended.clear()
                    await ended.wait()


def _system_clock(store: Store) -> SystemClock:
    """Follow real time, but not back behind what the state file has seen."""
    clock = SystemClock()
    ahead = clock.go_on_from(store.reads.newest_us())
    if ahead > _NOTICED_SECONDS:
        say(
            "clock",
            f"the machine's clock is {ahead:.0f} s behind the state file: time goes on from there",
            logging.WARNING,
        )
    return clock


def _threads(environ: Mapping[str, str]) -> int:
    chosen = environ.get("PYTHON_THREADPOOL_THREAD_COUNT")
    return int(chosen) if chosen and chosen.isdigit() else min(32, (os.cpu_count() or 1) + 4)


async def _close_sdk_session() -> None:
    """Close the HTTP session that the SDK's client opened; the SDK has no public way."""
    from azure.durable_functions.models.utils import http_utils

    close = getattr(http_utils, "_close_session", None)
    if close is not None:
        await close()


def quiet_sdk_warnings() -> None:
    """Hide what the SDK says about a late answer: an answer to a closed task is no fault."""
    warnings.filterwarnings("ignore", message="Potential duplicate Task completion")
