"""Azurite and the simulated cloud, in the foreground, for an app that you start beside them.

They write ``local.settings.json`` with everything that the app needs, for ``func start``, for F5 in Visual Studio Code
and for the embedded host; it is removed when they end. Time is real, and the simulated Azure fast.
"""

import json
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.journey import GROUP, Journey
from local.options import APP, StackOptions
from local.people import offered as people_page
from local.processes import write_privately
from local.stack import Stack, StackError, portal_of

RUN = APP / ".run" / "development"
PORT = 7071
USERS = 5

_SETTINGS = "local.settings.json"
_OURS = "Deskwright: written by make services, which removes it when it ends"
_LOOK_EVERY_SECONDS = 0.5


def run(*, users: int, port: int, folder: Path, app: Path) -> int:
    """Start both, and stay until Ctrl-C or SIGTERM. Raises: StackError if a part ends by itself."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    settings = app / _SETTINGS
    _refuse_somebody_elses(settings)
    stack = Stack(folder, StackOptions(begins=datetime.now(UTC), host="none", users=users, api_port=port))
    try:
        print("Starting Azurite and the simulated cloud ...")
        with stack, people_page(stack) as people:
            write_privately(settings, json.dumps(_content(stack, port), indent=2) + "\n")
            try:
                _tell(stack, settings, people)
                _stay(stack)
            finally:
                _remove(settings)
    except KeyboardInterrupt:
        print("\nStopped.")
    return 0


def first_day(*, folder: Path) -> int:
    """Make the demo tenant with one site and a policy in the app beside them. Raises: StackError, PortalError.

    It builds no image: in real time that takes most of an hour.
    """
    journey = Journey(portal_of(folder), print)
    journey.create_tenant()
    journey.create_site("amsterdam")
    journey.create_policy(journey.create_connection("amsterdam"), None, GROUP)
    print("The Cloud PCs are being made: .venv/bin/deskwright pc list")
    return 0


def _content(stack: Stack, port: int) -> Mapping[str, Any]:
    """Return local.settings.json as Core Tools and the embedded host read it."""
    return {
        "IsEncrypted": False,
        "Comment": _OURS,
        "Values": stack.app_settings() | {"DESKWRIGHT_CLOCK_FILE": ""},
        "Host": {"LocalHttpPort": port},
    }


def _tell(stack: Stack, settings: Path, people: str) -> None:
    """Print the addresses of the started services, and the next steps."""
    at, bundle = stack.addresses, stack.certificates.bundle
    print(f"Azurite:         {at.blobs}, {at.queues}, {at.tables}")
    print(f"Simulated cloud: {at.cloud}/_sim")
    print(f"Settings:        {settings}")
    print(f"Portal:          {people} (choose who you are, once the app runs)")
    print("\nStart the app by F5 in Visual Studio Code, or in another terminal:")
    print(f"  export SSL_CERT_FILE={bundle} REQUESTS_CA_BUNDLE={bundle}")
    print("  source .venv/bin/activate && func start")
    print("or")
    print(f"  .venv/bin/python -m functions_host start --watch --db {stack.folder / 'host.db'}")
    print("Then .venv/bin/python -m local first-day makes the demo tenant. Ctrl-C ends this.", flush=True)


def _stay(stack: Stack) -> None:
    while not (ended := stack.failed_part()):
        time.sleep(_LOOK_EVERY_SECONDS)
    raise StackError(f"{ended} has ended; its log is in {stack.folder / 'logs'}")


def _is_ours(settings: Path) -> bool:
    with suppress(OSError, ValueError, AttributeError):
        return bool(json.loads(settings.read_text("utf-8")).get("Comment") == _OURS)
    return False


def _refuse_somebody_elses(settings: Path) -> None:
    if settings.exists() and not _is_ours(settings):
        raise StackError(f"{settings} is not ours: move it away, because it would be written over")


def _remove(settings: Path) -> None:
    if _is_ours(settings):
        settings.unlink(missing_ok=True)
