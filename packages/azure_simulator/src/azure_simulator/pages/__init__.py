"""The index of `/_sim`: JSON for machines, a page for a browser.

The page is rendered on the server, from the world's state only; it contains no secrets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulation_base.pages import live, page
from simulation_base.pages.markup import Html, pill, tag

from azure_simulator.core.answers import Answer, Json
from azure_simulator.core.control_plane import check_invariants
from azure_simulator.core.routing import Routes
from azure_simulator.core.times import OwnClock, iso
from azure_simulator.pages import sections, tree

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.cloud import Cloud

_NAV = ("resources", "operations", "requests", "invariants", "faults", "buckets", "services")


def install(cloud: Cloud) -> None:
    """Serve the index."""
    routes = Routes("sim")

    @routes.operation("sim.index", "GET", "/_sim", anonymous=True)
    def index(call: Call) -> Answer:
        """This list; a page for a browser."""
        if "text/html" not in call.headers.get("accept", ""):
            return Answer(_index(cloud, call))
        glob = call.query.get("filter", "")
        content, headers = page("Simulated cloud", _header(glob), _main(cloud, glob))
        return Answer(content, headers=headers, content_type="text/html; charset=utf-8")

    cloud.add(routes)


def _index(cloud: Cloud, call: Call) -> Json:
    found = sorted((each for each in cloud.routes if each.plane == "sim"), key=lambda each: each.template)
    operations = [
        {"method": each.method, "path": each.template, "about": _first_line(each.handler) or each.name}
        for each in found
    ]
    return {"now": iso(call.now_us), "seed": cloud.options.seed, "profile": _profile(cloud), "operations": operations}


def _first_line(handler: object) -> str:
    return (handler.__doc__ or "").partition("\n")[0].rstrip(".")


def _profile(cloud: Cloud) -> str:
    return cloud.world.latency.profile


def _main(cloud: Cloud, glob: str) -> Html:
    judgement = check_invariants(cloud)
    root = tree.build(cloud.world, glob)
    about = f"{root.count:,} of {len(cloud.world.resources):,}" if glob else f"{root.count:,}"
    nothing = tag("p", "Nothing matches." if glob else "There is nothing yet.", class_="note")
    content = tree.render(cloud.world, root) or [nothing]
    return tag(
        "main",
        _tiles(cloud, judgement),
        sections.section("resources", "Resources", about, *content, link="state"),
        sections.operations(cloud),
        sections.requests(cloud),
        sections.invariants(judgement, list(cloud.invariants)),
        sections.faults(cloud),
        sections.buckets(cloud),
        sections.services(cloud),
    )


def _header(glob: str) -> Html:
    links = [tag("a", name.title() if name != "services" else "More", href=f"#{name}") for name in _NAV]
    search = tag(
        "input", type="search", name="filter", value=glob, placeholder="resources: cpc-*", aria_label="Find resources"
    )
    form = tag("form", search, live(), action="/_sim", method="get")
    return tag("header", tag("h1", "Simulated cloud"), tag("nav", links), form)


def _tiles(cloud: Cloud, judgement: Json) -> Html:
    world, log = cloud.world, cloud.log
    due = world.next_due_us
    running = sum(not each.ended for each in world.operations.values())
    clock = f"own clock, rate {cloud.clock.rate:g}" if isinstance(cloud.clock, OwnClock) else "shared clock"
    day, _, now = sections.clock_time(world.now_us).partition(" ")
    broken = len(judgement["findings"])
    tiles = [
        (now, f"{day} UTC, {clock}"),
        ("idle" if due is None else sections.clock_time(due)[11:], "next event"),
        (_profile(cloud), f"latencies, seed {cloud.options.seed}"),
        (f"{len(world.resources):,}", "resources"),
        (f"{running:,}", "operations under way"),
        (f"{log.sequence:,}", f"requests, at most {log.peak_in_flight} at once"),
        (f"{log.by_status[429]:,}", "answered 429"),
        (pill(f"{broken} broken", "bad") if broken else pill("clean", "good"), "invariants"),
    ]
    return tag(
        "div", [tag("div", tag("b", value), tag("span", name), class_="tile") for value, name in tiles], class_="tiles"
    )
