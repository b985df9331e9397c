"""The composition root: makes the host's parts, starts them in order, and stops them."""

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import sys
import uuid
import warnings
from collections.abc import Awaitable, Mapping

from aiohttp import web
from simulation_base.clock import FileClock

from functions_host import run_file
from functions_host.durable.activities import Activities
from functions_host.durable.dispatcher import Dispatcher
from functions_host.durable.entities import Entities
from functions_host.durable.instance_cache import InstanceCache
from functions_host.durable.numbering import Rules
from functions_host.durable.operations import Operations
from functions_host.durable.orchestrator_executor import OrchestratorExecutor
from functions_host.durable.redelivery import Redelivery
from functions_host.errors import ConfigError
from functions_host.functions.indexer import Function, Registry
from functions_host.functions.invoker import Invoker
from functions_host.functions.outputs import QueueOutputs
from functions_host.http.addresses import Addresses
from functions_host.http.admin import Admin
from functions_host.http.builtin_routes import BuiltinRoutes
from functions_host.http.entity_api import EntityApi
from functions_host.http.function_routes import function_routes
from functions_host.http.listening import listen, origin_of, stop_accepting
from functions_host.http.management import Management
from functions_host.http.server import PublicServer, serve
from functions_host.log import log_event
from functions_host.options import Options
from functions_host.pages import Pages
from functions_host.pages.formatting import HOME
from functions_host.run_file import RunFile
from functions_host.scheduling.clock_drivers import FileDriver, SystemDriver
from functions_host.scheduling.clocks import Clock, SystemClock
from functions_host.scheduling.scheduler import Concurrent, Sequential
from functions_host.scheduling.timer_queue import TimerQueue
from functions_host.scheduling.work import Work
from functions_host.settings.config import HostSettings
from functions_host.storage.keys import Keys
from functions_host.storage.store import Store
from functions_host.timestamps import stamp
from functions_host.triggers.queues import Queues
from functions_host.triggers.timers import Timers

_REPORTED_SECONDS = 1.0
_SWITCH_SECONDS = 0.001  # the default of 5 ms is too long for the loop and the writer


class Host:
    """One running host; ``run`` returns when it has been stopped."""

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
        self._timer_queue, self._work = TimerQueue(), Work(Sequential() if options.sequential else Concurrent())
        self._store = Store(options.db, settings.hub, asyncio.get_running_loop())
        self._clock: Clock = self._file_clock or _system_clock(self._store)
        self._listening = options.listening or listen(options.host, options.port)
        secure = options.https
        self._listening_tls = (listen(options.host, secure.port), secure.context()) if secure else None
        self._runners: list[web.ServerRunner] = []
        self._public: list[web.ServerRunner] = []
        self._stopped = asyncio.Event()
        self._driver_error: BaseException | None = None
        self._rules = self._make_rules()
        self._build()

    def _client_json(self) -> str:
        joined = self._options.joins
        return run_file.client_of(joined) if joined else self._addresses.client_json()

    def _make_rules(self) -> Rules:
        registry, settings = self._registry, self._settings
        return Rules(
            activities=frozenset(registry.durable("activityTrigger")),
            entities=frozenset(registry.durable("entityTrigger")),
            orchestrators=_names(registry, "orchestrationTrigger"),
            faults=self._options.faults,
            next_n=self._store.next_n,
            new_execution_id=lambda: secrets.token_hex(16),
            versioning=settings.versioning,
            max_actions=settings.max_actions,
        )

    def _build(self) -> None:
        """Make the parts, inner ones first."""
        settings, registry, store, clock, work = (
            self._settings, self._registry, self._store, self._clock, self._work
        )  # fmt: skip
        self._outputs = QueueOutputs(self._environ, base64_bodies=settings.queues.base64)
        self._invoker = Invoker(
            self._options.app,
            _threads(self._environ),
            settings.function_timeout,
            self._client_json,
            lambda: str(uuid.UUID(bytes=secrets.token_bytes(16), version=4)),
            self._outputs,
        )
        options = self._options
        self._activities = Activities(
            store, clock, work, self._invoker, registry.durable("activityTrigger"), settings.max_activities,
            Redelivery(store, self._timer_queue, clock, options.redeliver, options.redeliver_seed),
        )  # fmt: skip
        self._dispatcher = self._make_dispatcher()
        self._activities.wake = self._dispatcher.wake
        self._entities = Entities(
            store, clock, work, self._dispatcher, registry.durable("entityTrigger"),
            settings.entity_batch, settings.max_entities, faults=self._options.faults,
        )  # fmt: skip
        self._operations = Operations(
            store, clock, self._dispatcher, self._rules, replace_any_state=settings.replace_any_state
        )
        self._timers = Timers(store, clock, self._timer_queue, work, self._invoker, self._options.wake_seconds)
        self._queues = Queues(settings.queues, self._invoker, work, self._options.queue_visibility_seconds)

    def _make_dispatcher(self) -> Dispatcher:
        options = self._options
        executor = OrchestratorExecutor(
            self._registry.durable("orchestrationTrigger"),
            keeps=options.keep > 0,
            debug_oracle=options.debug_oracle,
            app=options.app,
            resumes_all=options.resume_only,
        )
        return Dispatcher(
            self._store,
            self._clock,
            self._timer_queue,
            self._activities,
            executor,
            InstanceCache(options.keep, options.keep_seconds),
            self._rules,
            self._settings.max_orchestrators,
        )

    async def run(self) -> None:
        """Start serving, continue an earlier host's work, serve until a signal, and stop in order."""
        sys.setswitchinterval(_SWITCH_SECONDS)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled)
        driver = (
            FileDriver(self._file_clock, self._timer_queue, self._work, self._options.watchdog_seconds)
            if self._file_clock
            else SystemDriver(self._clock, self._timer_queue)
        )
        # Starting counts as work: simulated time begins to run when everything has been recovered.
        self._work.begin("start")
        driving = asyncio.create_task(driver.run())
        driving.add_done_callback(self._driver_ended)
        await self._open()
        self._work.end("start")
        with run_file.written(self._options.db, self._run_file(), self._client_json()):
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
            EntityApi(self._store, self._entities, _names(registry, "entityTrigger"), faults=options.faults),
            frozenset(self._rules.orchestrators),
            self._addresses,
            faults=options.faults,
        )
        admin = Admin(
            registry, keys, self._store, self._clock, self._work, self._run_now,
            auth=options.checks_keys, prefix=self._settings.route_prefix,
        )  # fmt: skip
        pages = Pages(
            self._store, keys, self._clock, self._settings.hub, list(self._rules.orchestrators.values()),
            auth=options.checks_keys, payloads=options.show_payloads,
        )  # fmt: skip
        builtin = BuiltinRoutes(keys, self._management, admin, pages, auth=options.checks_keys)
        public = PublicServer(
            function_routes(registry, self._settings.route_prefix, faults=options.faults),
            self._settings, self._invoker, keys, builtin, self._work,
            auth=options.checks_keys, concurrency=options.http_concurrency,
        )  # fmt: skip
        self._addresses.rpc_port = await self._open_rpc()
        self._public.append(await serve(public, self._listening, options.grace_seconds))
        if self._listening_tls is not None:
            socket, tls = self._listening_tls
            self._public.append(await serve(public, socket, options.grace_seconds, tls))
        self._addresses.origin = origin_of(options.host, int(self._listening.getsockname()[1]))
        # Instances last: what their turns commit would be recovered a second time.
        self._activities.recover()
        self._entities.recover()
        self._dispatcher.recover()
        if options.joins is None:  # else the host that is joined listens for them
            await self._timers.start(registry.of("timerTrigger"), self._environ)
            self._queues.start(registry.of("queueTrigger"), self._environ)
        self._log_ready()

    def _log_ready(self) -> None:
        registry, origin = self._registry, self._addresses.origin
        kinds = {one.trigger.type for one in registry.functions.values()}
        counts = {kind.removesuffix("Trigger"): len(registry.of(kind)) for kind in sorted(kinds)}
        log_event("host", "functions", **counts)
        auth = "keys are checked" if self._options.checks_keys else "keys are not checked"
        log_event("host", f"ready at {origin} ({auth})", port=self._listening.getsockname()[1], pid=os.getpid())
        if self._listening_tls is not None:
            port = int(self._listening_tls[0].getsockname()[1])
            log_event("host", f"also at {origin_of(self._options.host, port, 'https')}", port=port)
        if self._rules.orchestrators:
            log_event("host", f"the page of the orchestrations is {origin}{HOME}")

    def _run_file(self) -> RunFile:
        since = stamp(self._clock.now_us())
        return RunFile(self._addresses.origin, os.getpid(), str(self._options.app), since)

    async def _open_rpc(self) -> int:
        """Listen for the SDK's client, on another port if the configured one is taken."""
        try:
            listening = listen("127.0.0.1", self._options.rpc_port)
        except ConfigError:
            log_event("host", f"RPC port {self._options.rpc_port} is taken: using another one")
            listening = listen("127.0.0.1", 0)
        self._runners.append(await serve(self._management, listening, 1.0))
        return int(listening.getsockname()[1])

    async def _run_now(self, function: Function, value: str | None) -> None:
        """Run a timer or a queue function; a queue function does not run without a value."""
        if function.trigger.type == "timerTrigger":
            await self._timers.run_now(function, value)
        elif value is not None:
            await self._queues.run_now(function, value)

    def _driver_ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled():
            self._driver_error = task.exception()
            log_event("clock", f"the driver of the clock has failed: {self._driver_error}", logging.ERROR)
            self._stopped.set()

    def _signalled(self) -> None:
        if self._stopped.is_set():
            log_event("host", "stopping at once", logging.WARNING)
            os._exit(130)
        self.stop()

    def stop(self) -> None:
        """Begin to stop in order; ``run`` returns when that is done."""
        if self._stopped.is_set():
            return
        log_event("host", f"stopping, waiting up to {self._options.grace_seconds:g} s for running work")
        self._stopped.set()

    async def _close(self, driving: "asyncio.Task[None]") -> None:
        """Accept nothing new, wait for running work, close the store."""
        for part in (self._queues, self._timers, self._dispatcher, self._entities):
            part.stop()
        self._activities.stop()
        sockets = [self._listening, *(self._listening_tls or ())[:1]]
        await asyncio.gather(*(stop_accepting(each) for each in sockets))
        await asyncio.gather(*(each.cleanup() for each in self._public), self._drain())
        driving.cancel()
        await asyncio.gather(driving, return_exceptions=True)
        self._timers.close()
        await _close_sdk_session()
        for runner in self._runners:
            await runner.cleanup()
        self._dispatcher.close()
        self._invoker.close()
        closing: list[Awaitable[None]] = [self._queues.close(), self._outputs.close()]
        await asyncio.gather(*closing, return_exceptions=True)
        await asyncio.to_thread(self._store.close)
        log_event("host", "stopped")
        # Apps have no hook in which to close their clients: asyncio would log that they are not closed.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)

    async def _drain(self) -> None:
        """Wait for running invocations; queued turns and activities stay in the file."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._options.grace_seconds):
                ended = self._work.something_ended
                while self._activities.running or any(
                    self._work.running.get(kind) for kind in ("http", "queue", "timer", "entity")
                ):
                    ended.clear()
                    await ended.wait()


def _system_clock(store: Store) -> SystemClock:
    """Make a clock of real time that does not go back before the last moment in the state file."""
    clock = SystemClock()
    ahead = clock.continue_from(store.reads.newest_us())
    if ahead > _REPORTED_SECONDS:
        log_event(
            "clock",
            f"the machine's clock is {ahead:.0f} s behind the state file: time continues from there",
            logging.WARNING,
        )
    return clock


def _names(registry: Registry, trigger: str) -> dict[str, str]:
    return {folded: registry.durable_name(one) for folded, one in registry.durable(trigger).items()}


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
    """Hide the SDK's warning about a late result: the result of a closed task is no error."""
    warnings.filterwarnings("ignore", message="Potential duplicate Task completion")
