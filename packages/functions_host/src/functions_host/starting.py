"""What ``start`` does: load the app, check all of it, and serve it."""

import argparse
import asyncio
import logging
import os
import socket
import sys

from functions_host import commands
from functions_host.checks import check
from functions_host.config import HostSettings, environment, load_settings, read_host_json
from functions_host.host import Host, Options, quiet_sdk_warnings
from functions_host.indexer import Registry, index
from functions_host.log import open_log, say
from functions_host.tie import Tie


def start(asked: argparse.Namespace) -> int:
    """Serve until a signal."""
    # First of all: what the process that watches opened for us must reach nobody else.
    tie = Tie.inherited(asked.inherit) if asked.inherit else None
    app = asked.app.resolve()
    load_settings(app)
    settings = read_host_json(app, environment())
    open_log(sys.stderr, _levels(asked, settings), as_json=asked.json)
    quiet_sdk_warnings()
    options = _options(asked, settings, tie.listening if tie else None)
    os.chdir(app)
    registry = index(app, environment(), settings.only_functions)
    check(registry, settings, environment())
    for warning in settings.warnings:
        say("config", warning, logging.WARNING)
    if tie is not None:
        tie.loaded()
    asyncio.run(_serve(options, settings, registry, tie))
    return 0


async def _serve(options: Options, settings: HostSettings, registry: Registry, tie: Tie | None) -> None:
    host = Host(options, settings, registry, environment())
    if tie is not None:
        tie.when_gone(host.stop)
    await host.run()


def _levels(asked: argparse.Namespace, settings: HostSettings) -> dict[str, str]:
    return dict(settings.log_levels) | ({"Host": "Debug"} if asked.verbose else {})


def _options(asked: argparse.Namespace, settings: HostSettings, listening: socket.socket | None) -> Options:
    clock = asked.clock or commands.clock_file(environment())
    return Options(
        app=asked.app.resolve(),
        db=commands.database(asked, settings).resolve(),
        host=asked.host,
        port=commands.port(asked),
        rpc_port=asked.rpc_port,
        listening=listening,
        auth=None if asked.auth is None else asked.auth == "on",
        show_payloads=asked.show_payloads,
        clock=clock.resolve() if clock else None,
        grace_seconds=asked.grace,
        debug_oracle=asked.debug_oracle,
        watchdog_seconds=asked.watchdog,
        queue_visibility_seconds=asked.queue_visibility,
        keep=asked.keep,
        keep_seconds=asked.keep_idle,
        one_at_a_time=asked.one_at_a_time,
    )
