"""The whole service as processes. Tests reach it over HTTP only; its logs follow a failure."""

import os
import re
import tempfile
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
from azure_simulator.certificates import Certificates

from local.azurite import Azurite
from local.options import HostKind, StackOptions
from local.portal import Portal
from local.stack import Stack
from packages.azure_simulator.tests.answers import SPECIFICATION
from tests.e2e import hurried
from tests.e2e.office import CALM, Office

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""Beginning of every run; a Monday."""

HOST: HostKind = "func" if os.environ.get("DESKWRIGHT_E2E_HOST") == "func" else "embedded"
"""The host that every stack here has: ``make test HOST=func`` chooses Core Tools'."""

SEED = int(os.environ.get("DESKWRIGHT_E2E_SEED", "7"))
"""Random seed of the simulated cloud: tests hold with any."""

_FAST = 1_000.0
"""Simulated seconds per real second of a stack that one test has for itself."""
_CROWDED = 4 if HOST == "embedded" else 1_000
"""Tenants of the shared stack after which the next file starts another: each tenant costs every later simulated hour
0.1 s of CPU, also when it is paused, and a stack costs four. Core Tools' host, which follows real time, goes on."""
_LOG_LINES = 60
_TICK = re.compile(r"  timer +\w+ +ok ")
"""A timer that found nothing wrong: there are thousands."""
_REAL_TIMEOUT_SECONDS = 7_200
_running: list[Stack] = []
_shared: list[Stack] = []  # the shared one, while it runs
_until = ExitStack()  # closed, it stops the shared one
_storage: list[tuple[Azurite, Certificates]] = []  # accounts of the session's Azurite that no stack has had

StartStack = Callable[..., Stack]


@pytest.fixture(scope="session", autouse=HOST == "embedded")
def shared_storage(azurite_server: Azurite, certificates: Certificates, accounts: list[str]) -> Iterator[None]:
    """One Azurite for all stacks of the session: its start costs a second of CPU, and the first requests another."""
    _storage.extend((replace(azurite_server, account=name), certificates) for name in accounts)
    accounts.clear()
    yield
    _storage.clear()


def options_of(**more: Any) -> StackOptions:
    """Return the options of most tests, with *more*."""
    common: dict[str, Any] = {"storage": _storage.pop()} if _storage else {}
    common |= {"begins": MORNING, "speed": _FAST, "host": HOST, "seed": SEED, "specification": SPECIFICATION}
    if HOST == "func":  # its time is real: so that no test waits for minutes, the app's waits are seconds
        common["app"] = _hurried_app()
        more = {**more, "settings": {**hurried.settings(), **more.get("settings", {})}}
    return StackOptions(**{**common, **more})


@cache
def _hurried_app() -> Path:
    """Write the app with waits of seconds, once a session, where nothing else is written."""
    return hurried.app_in(Path(tempfile.mkdtemp(prefix="deskwright-")) / "app")


def _keep(stack: Stack, until: ExitStack) -> Stack:
    until.enter_context(stack)
    _running.append(stack)
    until.callback(_running.remove, stack)
    until.callback(_check_answers, stack)
    return stack


def _check_answers(stack: Stack) -> None:
    """Fail when an answer of the simulated cloud did not fit Microsoft's specifications."""
    try:
        findings = stack.ask_cloud("invariants")["findings"]
    except URLError:  # a test left it stopped
        return
    assert [each for each in findings if each["invariant"] == "specification"] == []


@pytest.fixture(scope="session")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Stack]]:
    """Return the shared stack, which is started when it does not run."""

    def stack() -> Stack:
        if not _shared:
            _shared.append(_keep(Stack(tmp_path_factory.mktemp("stack"), options_of(speed=CALM)), _until))
            _until.callback(_shared.clear)
        return _shared[0]

    yield stack
    _until.close()


@pytest.fixture(scope="module")
def stack(stacks: Callable[[], Stack]) -> Stack:
    """The stack that tests share which neither break nor restart it; each uses a tenant of its own."""
    return stacks()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """Stop the shared stack after a file that leaves it crowded, and where tests of other folders follow."""
    torn_down = yield
    if _shared and nextitem is not None and nextitem.path != item.path:
        elsewhere = not nextitem.path.is_relative_to(Path(__file__).parent)
        if elsewhere or sum(1 for _ in _shared[0].portal().pages("/tenants")) > _CROWDED:
            _until.close()
    return torn_down


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let the shared stack's time stand still while nobody uses it: it would keep everything up for no one.

    While somebody does, it leaps only where he waits (``Office.until``): what a slow machine needs to send three
    requests must not be an hour in which a grace period ends or a machine that hangs is given up.
    """
    if "stack" in getattr(item, "fixturenames", ()):
        _run_at(CALM)
    try:
        return (yield)
    finally:
        _run_at(0.0)


def _run_at(speed: float) -> None:
    for stack in _shared:
        if stack.moves_time:
            stack.clock.set_speed(speed)


@pytest.fixture(scope="module")
def portal(stack: Stack) -> Portal:
    """A caller with every role, of the shared stack."""
    return stack.portal()


@pytest.fixture
def start_stack(tmp_path: Path) -> Iterator[StartStack]:
    """Start a stack for one test: ``start_stack(users=3, profile="fast", ...)``; see ``local.options.StackOptions``."""
    with ExitStack() as until:
        count = iter(range(1_000))

        def start(**options: Any) -> Stack:
            return _keep(Stack(tmp_path / f"stack{next(count)}", options_of(**options)), until)

        yield start


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of another host their time, and skip what only the embedded one does."""
    if HOST != "embedded":  # that host follows real time
        for item in items:
            if item.path.is_relative_to(Path(__file__).parent):
                item.add_marker(pytest.mark.timeout(_REAL_TIMEOUT_SECONDS), append=False)
                for mark in item.iter_markers("embedded_only"):
                    item.add_marker(pytest.mark.skip(reason=mark.args[0]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the last lines of every log below a test that failed."""
    report = yield
    if report.failed:
        for stack in _running:
            for log in sorted((stack.folder / "logs").glob("*.log")):
                lines = [line for line in log.read_text(errors="replace").splitlines() if not _TICK.search(line)]
                told = "\n".join(lines[-_LOG_LINES:])
                report.sections.append((f"last lines of {log.name} ({stack.folder})", told))
    return report


@pytest.fixture(scope="module")
def shared_office(stack: Stack, portal: Portal, request: pytest.FixtureRequest) -> Iterator[Office]:
    """A tenant that tests of a file share: they leave it as it was. One of its own costs each some seconds of CPU."""
    name = f"f{zlib.crc32(request.node.nodeid.encode()):08x}"
    yield Office(stack, portal, name).open()
    portal.send("POST", f"/tenants/{name}/pause", {"reason": "its tests are over"})


@pytest.fixture
def open_office(stack: Stack, portal: Portal, request: pytest.FixtureRequest) -> Iterator[Callable[..., Office]]:
    """Open a tenant of the test's own: ``open_office(settings={...}, zones=[...])``.

    Afterwards it is paused: tenants that go on reading their directory would slow the tests that follow.
    """
    names: list[str] = []

    def opened(settings: Mapping[str, Any] | None = None, **site: Any) -> Office:
        name = f"t{zlib.crc32(request.node.nodeid.encode()):08x}"
        names.append(name)
        return Office(stack, portal, name).open(settings, **site)

    yield opened
    for name in names:
        portal.send("POST", f"/tenants/{name}/pause", {"reason": "its test is over"})
