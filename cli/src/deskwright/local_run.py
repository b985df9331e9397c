"""A demonstration that runs on this machine: its address, and a token of one of its people without any ceremony.

``make run`` writes ``.run/demo/people.json``. It is looked for in the present folder and those above it. Only addresses
of this machine are believed: a file in somebody else's folder must not send anybody elsewhere.
"""

import json
import os
import urllib.parse
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deskwright.errors import CommandError, NotFoundError, RefusedError, SignInError

PEOPLE = ("provider", "administrator", "operator", "reader", "user01", "user02")
FIRST = PEOPLE[0]
_FILE = "people.json"
_OK = 200
_ERRORS_BEGIN = 400
_RUNS = (Path(".run", "demo"), Path(".run", "development"))
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


@dataclass(frozen=True, slots=True)
class Demo:
    """The addresses of a demonstration: its service, and the page on which one chooses who to be."""

    api: str
    people: str


def found() -> Demo | None:
    """Return the demonstration that runs here, None without one. ``DESKWRIGHT_RUN`` names the folder of another."""
    if os.name != "posix":  # a demonstration runs nowhere else, and there a signal 0 is Ctrl-C
        return None
    named = os.environ.get("DESKWRIGHT_RUN")
    folders = [Path(named)] if named else [above / run for above in above() for run in _RUNS]
    for folder in folders:
        with suppress(OSError, ValueError, KeyError, TypeError):
            facts = json.loads((folder / _FILE).read_text("utf-8"))
            os.kill(int(facts["pid"]), 0)
            demo = Demo(str(facts["api"]), str(facts["people"]))
            if all(urllib.parse.urlsplit(each).hostname in _LOOPBACK for each in (demo.api, demo.people)):
                return demo
    return None


@dataclass(frozen=True, slots=True)
class Cloud:
    """The simulated cloud of a run on this machine. *host_pool*: the pool that people sign in to, or ""."""

    address: str
    bundle: str
    domain: str
    host_pool: str = ""

    def tell(self, path: str, body: object) -> dict[str, object]:
        """Change something in the simulated cloud. Raises: CommandError."""
        import ssl

        from deskwright import transport

        url, trust = f"{self.address}/_sim/{path}", ssl.create_default_context(cafile=self.bundle)
        try:
            status, _, content = transport.send(
                "POST", url, {"Content-Type": "application/json"}, json.dumps(body).encode(), trust=trust
            )
        except OSError as error:
            raise CommandError(f"the simulated cloud does not answer: {error}") from error
        if status >= _ERRORS_BEGIN:
            raise RefusedError(status, {"title": content.decode(errors="replace")[:200]}, {})
        return dict(json.loads(content)) if content else {}


def cloud_of_run(host_pool: str = "") -> Cloud | None:
    """Return the simulated cloud of the demonstration that runs here, None without one."""
    named = os.environ.get("DESKWRIGHT_RUN")
    folders = [Path(named)] if named else [above / run for above in above() for run in _RUNS]
    for folder in folders:
        with suppress(OSError, ValueError, KeyError, TypeError):
            facts = json.loads((folder / "stack.json").read_text("utf-8"))
            os.kill(int(facts["pid"]), 0)
            if urllib.parse.urlsplit(str(facts["cloud"])).hostname in _LOOPBACK:
                return Cloud(str(facts["cloud"]), str(facts["bundle"]), str(facts["domain"]), host_pool)
    return None


def above() -> tuple[Path, ...]:
    """Return the present folder and those above it; none where it is gone."""
    try:
        here = Path.cwd()
    except OSError:
        return ()
    return (here, *here.parents)


def token(person: str) -> str:
    """Return an access token of one of the people of the demonstration. Raises: CommandError."""
    from deskwright import transport

    demo = found()
    if demo is None:
        raise NotFoundError("the demonstration has ended", advice="make run starts one.")
    address = f"{demo.people.rstrip('/')}/{urllib.parse.quote(person, safe='')}/token"
    try:
        status, _, content = transport.send("POST", address, {}, b"")
        if status == _OK:
            return str(json.loads(content)["access_token"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SignInError(f"the demonstration gives no token: {error}") from error
    raise SignInError(f"the demonstration has nobody called {person}", advice=f"Try {', '.join(PEOPLE)}.")
