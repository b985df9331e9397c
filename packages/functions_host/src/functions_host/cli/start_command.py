"""``start``: load the app, check all of it, and serve it."""

import argparse
import asyncio
import logging
import os
import socket
import sys

from functions_host.checks import check
from functions_host.cli import read_commands
from functions_host.cli.watcher_link import WatcherLink
from functions_host.errors import ConfigError
from functions_host.functions.indexer import Registry, index
from functions_host.host import Host, quiet_sdk_warnings
from functions_host.log import log_event, open_log
from functions_host.options import Https, Options
from functions_host.settings.config import HostSettings, environment, load_settings, read_host_json


def start(args: argparse.Namespace) -> int:
    """Serve until a signal."""
    app = args.app.resolve()
    if load_settings(app) and args.is_process:
        # Python and libraries read some variables only when they begin (SSL_CERT_FILE, PYTHONPATH). Core Tools begin
        # their worker with all of them; so does this process, once more and as itself.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - our own command line
    # First of all: no other process may inherit what the watcher has opened for this one.
    link = WatcherLink.inherited(args.inherit) if args.inherit else None
    settings = read_host_json(app, environment())
    open_log(sys.stderr, _levels(args, settings), as_json=args.json)
    quiet_sdk_warnings()
    options = _options(args, settings, link.listening if link else None)
    os.chdir(app)
    registry = index(app, environment(), settings.only_functions, tolerant=options.faults)
    check(registry, settings, environment(), faults=options.faults)
    for warning in settings.warnings:
        log_event("config", warning, logging.WARNING)
    if link is not None:
        link.report_loaded()
    asyncio.run(_serve(options, settings, registry, link))
    return 0


async def _serve(options: Options, settings: HostSettings, registry: Registry, link: WatcherLink | None) -> None:
    host = Host(options, settings, registry, environment())
    if link is not None:
        link.when_closed(host.stop)
    await host.run()


def _levels(args: argparse.Namespace, settings: HostSettings) -> dict[str, str]:
    return dict(settings.log_levels) | ({"Host": "Debug"} if args.verbose else {})


def _options(args: argparse.Namespace, settings: HostSettings, listening: socket.socket | None) -> Options:
    clock = args.clock or read_commands.clock_file(environment())
    return Options(
        app=args.app.resolve(),
        db=read_commands.database(args, settings).resolve(),
        host=args.host,
        port=read_commands.port(args),
        rpc_port=args.rpc_port,
        joins=args.joins.resolve() if args.joins else None,
        listening=listening,
        https=_https(args),
        auth=None if args.auth is None else args.auth == "on",
        show_payloads=args.show_payloads,
        clock=clock.resolve() if clock else None,
        grace_seconds=args.grace,
        debug_oracle=args.debug_oracle,
        watchdog_seconds=args.watchdog,
        queue_visibility_seconds=args.queue_visibility,
        keep=args.keep,
        keep_seconds=args.keep_idle,
        resume_only=args.resume_only,
        sequential=args.sequential,
        wake_seconds=args.scale_to_zero,
        http_concurrency=args.http_concurrency,
        faults=args.faults == "azure",
        redeliver=args.redeliver,
        redeliver_seed=args.redeliver_seed,
    )


def _https(args: argparse.Namespace) -> Https | None:
    """Return where to answer over TLS too. Raises: ConfigError when something for it is missing."""
    if args.https_port is None:
        return None
    if args.https_cert is None or args.https_key is None:
        raise ConfigError("--https-port needs --https-cert and --https-key: PEM files of a certificate and its key")
    if args.inherit:
        raise ConfigError("--https-port and --watch exclude each other: two processes would need the port at once")
    return Https(args.https_port, args.https_cert.resolve(), args.https_key.resolve())
