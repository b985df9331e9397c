"""``loadtest``: licences for many people, a morning's sign-ins and readers, against a service."""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from deskwright import session
from deskwright.client import Client
from deskwright.errors import CommandError, NotFoundError, UsageError
from deskwright.load_runs import LoadTest, Runner, timed
from deskwright.local_run import Cloud, cloud_of_run
from deskwright.session import Session
from deskwright.terminal import say

_LOOK_SECONDS = 2.0
_READY = frozenset({"provisioned", "provisionedWithWarnings"})
_GONE = frozenset({"notProvisioned"})
_LEFT_EXIT = 1
Note = Callable[[float, str], None]


class Reader:
    """A person with the portal open: asks for changes, and reads the pages that are most looked at."""

    kind = "readers"

    def __init__(self, client: Client, graph: str, tenant: str, think: float) -> None:
        self._client, self._think = client, think
        self._pages = (
            f"/tenants/{tenant}/changes",
            f"/tenants/{tenant}/summary",
            f"{graph}/cloudPCs?$top=100",
            f"/tenants/{tenant}/operations?$top=50",
        )

    def set_up(self) -> None:
        """Read each page once: the first is slower, and no load."""
        for page in self._pages:
            self._client.ask("GET", page)

    def act(self, until: float, note: Note) -> None:
        """Read the pages one after the other, with a pause between two rounds."""
        while time.monotonic() < until:
            for page in self._pages:
                timed(lambda page=page: self._client.ask("GET", page), note)  # type: ignore[misc] # bound at once
            time.sleep(self._think)

    def clean_up(self) -> list[str]:
        """Leave nothing: it has made nothing."""
        return []


class SignIn:
    """A person who signs in to a Cloud PC some time in a morning."""

    kind = "signIns"

    def __init__(self, client: Client, graph: str, pc: Mapping[str, Any], delay: float, cloud: Cloud | None) -> None:
        self._client, self._graph, self._pc, self._delay = client, graph, pc, delay
        self._cloud = cloud if cloud and cloud.host_pool else None

    def set_up(self) -> None:
        """Do nothing: the Cloud PC was found."""

    def act(self, until: float, note: Note) -> None:
        """Ask for the way to the desktop, and sign in there where the cloud is simulated."""
        time.sleep(max(0.0, min(self._delay, until - time.monotonic())))
        way = f"{self._graph}/cloudPCs/{self._pc['id']}/retrieveCloudPcLaunchDetail"
        if timed(lambda: self._client.ask("GET", way), note) and self._cloud is not None:
            began = time.monotonic()
            user = {"user": self._pc["userPrincipalName"], "hostPool": self._cloud.host_pool}
            answer = self._cloud.tell("desktops/signins", user)
            outcome = answer["outcome"]
            well = outcome in {"signedIn", "reconnected", "waiting"}
            note(time.monotonic() - began, "" if well else f"{outcome}: {answer.get('reason') or 'no reason'}")

    def clean_up(self) -> list[str]:
        """Sign out where the cloud is simulated."""
        if self._cloud is not None:
            user = {"user": self._pc["userPrincipalName"], "hostPool": self._cloud.host_pool}
            self._cloud.tell("desktops/leave", {**user, "how": "signOut"})
        return []


class Person:
    """A person who gets a licence, and then a Cloud PC; only where the cloud is simulated."""

    kind = "licences"

    def __init__(self, client: Client, graph: str, cloud: Cloud, upn: str, wanted: tuple[str, str, float]) -> None:
        self._client, self._graph, self._cloud, self._upn = client, graph, cloud, upn
        self._licence, self._group, self._ready_within = wanted
        self._made = False

    def set_up(self) -> None:
        """Make a user with a licence."""
        user = {"userPrincipalName": self._upn, "displayName": self._upn.partition("@")[0], "licences": [self._licence]}
        self._cloud.tell("graph/users", user)
        self._made = True

    def act(self, until: float, note: Note) -> None:
        """Join the group, and wait until the Cloud PC is ready: that is the action which is measured."""
        del until
        began = time.monotonic()
        self._cloud.tell("graph/members", {"group": self._group, "add": [self._upn]})
        while (spent := time.monotonic() - began) < self._ready_within:
            status = next((str(pc["status"]) for pc in self._cloud_pcs()), "")
            if status in _READY or status == "failed":
                note(spent, "" if status in _READY else "failed")
                return
            time.sleep(_LOOK_SECONDS)
        note(spent, "notReadyInTime")

    def clean_up(self) -> list[str]:
        """Delete the user, end the grace period, and say which Cloud PC is not removed yet."""
        if self._made:
            self._cloud.tell("graph/members", {"group": self._group, "remove": [self._upn]})
            self._cloud.tell("graph/users", {"user": self._upn, "delete": True})
            self._made = False
        until = time.monotonic() + self._ready_within
        while left := [pc for pc in self._cloud_pcs() if pc["status"] not in _GONE]:
            for pc in left:
                if pc["status"] == "inGracePeriod":
                    self._client.ask("POST", f"{self._graph}/cloudPCs/{pc['id']}/endGracePeriod", body={})
            if time.monotonic() > until:
                return [f"Cloud PC {pc['id']} of {self._upn} is {pc['status']}" for pc in left]
            time.sleep(_LOOK_SECONDS)
        return []

    def _cloud_pcs(self) -> list[dict[str, Any]]:
        query = {"$filter": f"userPrincipalName eq '{self._upn}'"}
        return list(self._client.items(f"{self._graph}/cloudPCs", query))


def _loadtest(**values: Any) -> None:  # noqa: ANN401 - what click gives
    """Measure a service under load: readers, sign-ins of a morning, licences for people.

    Readers and sign-ins work with any service. Licences change the directory, and so need the simulated cloud of a
    demonstration on this machine (make run). Everything is set up first, then all act at once, then all is cleaned
    up. The result is JSON (docs/loadtest.md); the exit code is 1 when an action failed or something is left.
    """
    chosen = {name: values.pop(name) for name in ("readers", "sign_ins", "people", "seconds", "think", "result")}
    named = {name: values.pop(name) for name in ("licence", "group", "host_pool", "ready_within", "seed")}
    use = session.of(values)
    runners = [*_runners(use, chosen, named)]
    if not runners:
        raise UsageError("nobody acts: name --readers, --sign-ins or --people")
    result = LoadTest(runners, seconds=chosen["seconds"], tell=say).run(use.context.address)
    if chosen["result"]:
        Path(chosen["result"]).write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    use.output.item(result)
    failed = any(kind["errors"] for kind in result["kinds"].values())
    click.get_current_context().exit(_LEFT_EXIT if failed or result["left"] else 0)


def _runners(use: Session, chosen: Mapping[str, Any], named: Mapping[str, Any]) -> Iterator[Runner]:
    """Yield the runners. Raises: CommandError where there are too few Cloud PCs, or no simulated cloud for people."""
    graph = f"/tenants/{use.tenant}/beta/deviceManagement/virtualEndpoint"
    cloud = cloud_of_run(str(named["host_pool"] or ""))
    for _ in range(chosen["readers"]):
        yield Reader(use.client, graph, use.tenant, chosen["think"])
    if chosen["sign_ins"]:
        known = use.client.items(f"{graph}/cloudPCs", {"$select": "id,userPrincipalName,status"})
        ready = [pc for pc in known if pc["status"] in _READY][: chosen["sign_ins"]]
        if len(ready) < chosen["sign_ins"]:
            raise NotFoundError(f"{len(ready)} Cloud PCs are ready, and {chosen['sign_ins']} are to be signed in to")
        moments = random.Random(named["seed"])  # noqa: S311 - a morning, the same for a seed
        for pc in ready:
            yield SignIn(use.client, graph, pc, moments.uniform(0, chosen["seconds"] * 0.8), cloud)
    if chosen["people"]:
        if cloud is None:
            raise CommandError("licences are given in the simulated cloud alone", advice="make run starts one.")
        group, run = use.group(named["group"]), f"{int(time.time()):x}"
        for number in range(1, chosen["people"] + 1):
            upn = f"load-{run}-{number:04d}@{cloud.domain}"
            yield Person(use.client, graph, cloud, upn, (named["licence"], group, named["ready_within"]))


_MANY = click.IntRange(0, 500)
_PARAMS: list[click.Parameter] = [
    click.Option(["--readers"], type=_MANY, default=0, help="People with the portal open."),
    click.Option(["--sign-ins"], type=_MANY, default=0, help="Sign-ins, each to another Cloud PC that is ready."),
    click.Option(["--people"], type=_MANY, default=0, help="People who get a licence (simulated cloud)."),
    click.Option(["--seconds"], type=click.FloatRange(1, 3600), default=30.0, help="How long readers read."),
    click.Option(
        ["--think"], type=click.FloatRange(0, 60), default=1.0, help="Seconds between two rounds of a reader."
    ),
    click.Option(["--licence"], default="CPC_E_2C_8GB_128GB", help="Part number of the people's licence."),
    click.Option(["--group"], default="Cloud PC users", help="Group of a policy that the people join."),
    click.Option(["--host-pool"], help="Name of the host pool to sign in to (simulated cloud)."),
    click.Option(["--ready-within"], type=click.FloatRange(1), default=900.0, help="Seconds to wait for a Cloud PC."),
    click.Option(["--seed"], type=int, default=1, help="Of the moments of the sign-ins."),
    click.Option(["--result"], type=click.Path(dir_okay=False), help="File for the result."),
]
loadtest: click.Command = session.options(  # type: ignore[assignment]  # a command with more options
    click.Command("loadtest", params=_PARAMS, callback=_loadtest, help=_loadtest.__doc__)
)
