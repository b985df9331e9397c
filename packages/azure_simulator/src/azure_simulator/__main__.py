"""`python -m azure_simulator`: run the simulated cloud until interrupted."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from simulation_base.clock import ClockError, FileClock

from azure_simulator import certificates
from azure_simulator.assembly import build
from azure_simulator.conformity import Conformity
from azure_simulator.core.cloud import Options
from azure_simulator.core.keys import Keys
from azure_simulator.core.latency import FACTORS
from azure_simulator.core.times import OwnClock, system_now_us
from azure_simulator.server import Addresses, CloudServer

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.times import Clock

EXAMPLE = """
examples:
  python -m azure_simulator                                  # in memory, latencies a hundredth, real time
  python -m azure_simulator --profile real --rate 60         # an hour a minute
  python -m azure_simulator --rate 0                         # time stands still until POST /_sim/clock/advance
  python -m azure_simulator --journal .run/journal --seed-file tenant.yaml   # survives kill -9

It prints one line of JSON once it listens: {"url", "msi", "bundle"}. Point the SDKs at it:
  SSL_CERT_FILE=<bundle> REQUESTS_CA_BUNDLE=<bundle> IDENTITY_ENDPOINT=<msi>/msi/token IDENTITY_HEADER=x
  ComputeManagementClient(DefaultAzureCredential(), SUBSCRIPTION, base_url=<url>)

Look inside: <url>/_sim in a browser (trust <ca-dir>/ca.pem), or
  curl --cacert <ca-dir>/ca.pem <url>/_sim

Ctrl-C ends it. Exit codes: 0 ended, 2 the options, the seed data or the journal are not valid.
Everything else: docs/reference.md
"""
_HIGHEST_PORT = 65_535


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m azure_simulator",
        description="A simulated Azure for the real SDK clients: Resource Manager, Graph, Entra, Key Vault, Virtual "
        "Desktop. Nothing is executed and nothing leaves the machine.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _addresses(parser.add_argument_group("addresses"))
    _time(parser.add_argument_group("time and chance"))
    _data(parser.add_argument_group("data"))
    return parser


def _addresses(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--host", metavar="ADDRESS", default="127.0.0.1", help="address to listen on (default %(default)s)")
    add("--port", metavar="N", type=_port, default=0, help="TLS port of every service (default: a free one)")
    add(
        "--msi-port",
        metavar="N",
        type=_port,
        default=0,
        help="plain port of the managed identity (default: a free one)",
    )
    add(
        "--ca-dir",
        metavar="FOLDER",
        type=Path,
        default=Path(".run/cloud"),
        help="where the throw-away CA, the bundle and the token keys are, made when missing (default %(default)s)",
    )


def _time(group: argparse._ArgumentGroup) -> None:
    clock = group.add_mutually_exclusive_group()
    clock.add_argument(
        "--clock",
        metavar="FILE",
        type=Path,
        help="a clock that others share (simulation_base.clock)",
    )
    clock.add_argument(
        "--rate",
        metavar="X",
        type=_rate,
        default=1.0,
        help="a clock of its own: simulated seconds per real second; 0 = moved by requests only (default 1)",
    )
    group.add_argument(
        "--profile",
        choices=sorted(FACTORS),
        default="fast",
        help="latencies: a hundredth of the real ones, none, the real ones, the real ones on a slow day (default fast)",
    )
    group.add_argument("--seed", metavar="N", type=int, default=0, help="seed of every random choice (default 0)")


def _data(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--journal",
        metavar="FILE",
        type=Path,
        help="keep what was accepted there, replay it at the next start with the same --seed and --profile",
    )
    group.add_argument(
        "--seed-file",
        metavar="FILE",
        type=_data_file,
        dest="begin_with",
        help="YAML or JSON to begin with: docs/reference.md",
    )
    group.add_argument(
        "--specification",
        metavar="FOLDER",
        type=_specification,
        help="compare every answer with arm.json and graph.json there; what does not fit is an invariant",
    )


def _specification(text: str) -> Conformity:
    try:
        return Conformity(Path(text))
    except (OSError, ValueError, KeyError) as problem:
        raise argparse.ArgumentTypeError(f"{text} holds no specification: {problem}") from problem


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {_HIGHEST_PORT}, not {text!r}")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate < math.inf:
        raise argparse.ArgumentTypeError(f"a rate is a number from 0 on, not {text!r}")
    return rate


def _data_file(text: str) -> Json:
    try:
        found = yaml.safe_load(Path(text).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise argparse.ArgumentTypeError(f"{text} cannot be read: {problem}") from problem
    except yaml.YAMLError as problem:
        raise argparse.ArgumentTypeError(f"{text} is neither YAML nor JSON: {problem}") from problem
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError(f"{text} must hold an object, such as config: and tenants:")
    return found


def main() -> int:
    """Run until SIGINT or SIGTERM."""
    parser = arguments()
    given = parser.parse_args()
    try:
        clock: Clock = FileClock.open(given.clock) if given.clock else OwnClock(system_now_us(), given.rate)
        issued = certificates.issue(given.ca_dir)
        keys, options = Keys(given.ca_dir / "tokens.pem"), Options(given.seed, given.profile, given.begin_with)
        cloud = build(clock, keys, options, given.journal)
        if given.specification:
            given.specification.watch(cloud)
        addresses = Addresses(given.host, given.port, given.msi_port)
        asyncio.run(_serve(CloudServer(cloud, issued), addresses, issued.bundle))
    except (ClockError, ValueError, OSError) as problem:
        print(f"{parser.prog}: {problem}", file=sys.stderr)
        return 2
    return 0


async def _serve(server: CloudServer, wanted: Addresses, bundle: Path) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    taken = await server.start(wanted)
    ready = {
        "url": f"https://{taken.host}:{taken.port}",
        "msi": f"http://{taken.host}:{taken.msi_port}",
        "bundle": str(bundle),
    }
    print(json.dumps(ready), flush=True)
    await stop.wait()
    await server.stop()


if __name__ == "__main__":
    sys.exit(main())
