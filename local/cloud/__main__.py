"""`python -m local.cloud`: run the simulated cloud until interrupted."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from local import certificates
from local.clock import FileClock
from local.cloud.assembly import build
from local.cloud.core.cloud import Options
from local.cloud.core.latency import FACTORS
from local.cloud.core.times import OwnClock, system_now_us
from local.cloud.entra.keys import Keys
from local.cloud.server import Addresses, CloudServer

if TYPE_CHECKING:
    from local.cloud.core.answers import Json
    from local.cloud.core.times import Clock

EXAMPLE = """
It prints one line of JSON once it listens: {"url", "msi", "bundle"}.
Point the SDKs at it (docs/cloud.md):
  SSL_CERT_FILE=<bundle> REQUESTS_CA_BUNDLE=<bundle> IDENTITY_ENDPOINT=<msi>/msi/token IDENTITY_HEADER=x
  ComputeManagementClient(DefaultAzureCredential(), SUBSCRIPTION, base_url=<url>)
Look into it: curl --cacert <ca-dir>/ca.pem <url>/_sim/state
"""


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m local.cloud",
        description="A simulated Azure for the real SDK clients.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    add("--port", type=int, default=0, help="TLS port of every plane (default: a free one)")
    add("--msi-port", type=int, default=0, help="plain port of the managed identity")
    add(
        "--ca-dir",
        type=Path,
        default=Path(".run/cloud"),
        help="folder of the throw-away CA, the bundle and the token keys (default %(default)s)",
    )
    add("--clock", type=Path, help="shared clock file; without it a clock of its own")
    add(
        "--rate",
        type=float,
        default=1.0,
        help="own clock: simulated seconds per real second, 0 = only moved by hand (default 1)",
    )
    add("--seed", type=int, default=0, help="seed of every random choice (default 0)")
    add(
        "--profile",
        choices=sorted(FACTORS),
        default="fast",
        help="latencies: none, real/100, as measured, a day with long tails (default fast)",
    )
    add("--journal", type=Path, help="keep accepted requests here; replayed when it exists")
    add("--seed-file", type=Path, help="YAML or JSON to begin with (formats: docs/cloud.md)")
    return parser


def main() -> int:
    """Run until SIGINT or SIGTERM."""
    given = arguments().parse_args()
    try:
        begin_with: Json | None = (
            yaml.safe_load(given.seed_file.read_text(encoding="utf-8")) if given.seed_file else None
        )
    except (OSError, yaml.YAMLError) as problem:
        print(f"--seed-file: {problem}", file=sys.stderr)
        return 2
    clock: Clock = FileClock.open(given.clock) if given.clock else OwnClock(system_now_us(), given.rate)
    issued = certificates.issue(given.ca_dir)
    keys, options = Keys(given.ca_dir / "tokens.pem"), Options(given.seed, given.profile, begin_with)
    try:
        cloud = build(clock, keys, options, given.journal)
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    addresses = Addresses(given.host, given.port, given.msi_port)
    asyncio.run(_serve(CloudServer(cloud, issued), addresses, issued.bundle))
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
