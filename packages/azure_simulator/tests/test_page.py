"""`/_sim` in a browser: the contents of the page, its escaping, and secrets that it never shows."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from azure_simulator.core.requests import Reply, Request
from simulation_base.pages.markup import Html, brief, tag

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, VMS, InProcessCloud, open_cloud

EVIL = "<script>alert('x')</script>\"'&"
SECRET = "Vm-Secret-1"
VOID = {"input", "meta", "rect"}


class Reader(HTMLParser):
    """Read a page: every element closed in its order, its text, its elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def browse(app: InProcessCloud, query: str = "") -> Reply:
    accept = "text/html,application/xhtml+xml,*/*;q=0.8"
    return app.cloud.handle(Request("GET", "/_sim", query, {"host": "cloud", "accept": accept}))


def read(app: InProcessCloud, query: str = "") -> str:
    """Return the words of the page, with single blanks."""
    return re.sub(r"\s+", " ", " ".join(Reader(browse(app, query).body.decode()).text))


@pytest.fixture(scope="module")
def used() -> InProcessCloud:
    """A cloud in which something of everything happened."""
    app = open_cloud("real")
    subnet = app.create_network()
    fault = {"id": "zone-full", "match": {"name": "cpc-2"}, "do": {"kind": "lro_fail", "code": "AllocationFailed"}}
    app.sim("POST", "faults", fault)
    for name in ("cpc-1", "cpc-2"):
        app.create_machine(name, subnet, password=SECRET)
    app.advance(400)
    app.create_machine("cpc-3", subnet, tags={"who": EVIL}, password=SECRET)
    for _ in range(20):
        app.send("POST", f"{VMS}/cpc-1/restart")
    app.send("GET", f"/{EVIL}")
    app.sim("POST", "snapshot", {"name": EVIL})
    return app


@pytest.mark.parametrize(
    "words",
    [
        "cpc-1 Updating running vm.restart: working Standard_D2s_v5",
        "vm.create cpc-2 Failed AllocationFailed",
        "vm.create cpc-3 InProgress",
        "zone-full lro_fail",
        "429 vm.restart POST /desks/Microsoft.Compute/virtualMachines/cpc-1/restart UpdateVM",
        "orphans 1 broken",
        "twins holds",
        "UpdateVM",
        "capacity cores 22222222…/westeurope/standarddsv5family",
    ],
)
def test_a_person_is_shown(used: InProcessCloud, words: str) -> None:
    assert words in read(used)


def test_the_tree_goes_from_subscription_to_child(used: InProcessCloud) -> None:
    page = Reader(browse(used).body.decode())
    text = "|".join(part.strip() for part in page.text if part.strip())
    for name in ("22222222-2222", "|desks|", "|Microsoft.Network/virtualNetworks|", "|vnet|", "|subnets|", "|cpc|"):
        at = text.index(name)
        text = text[at:]


def test_no_name_becomes_markup(used: InProcessCloud) -> None:
    body = browse(used, f"filter={EVIL}").body.decode()
    assert "<script>alert" not in body + browse(used).body.decode()
    assert EVIL in " ".join(Reader(browse(used).body.decode()).text)


def test_it_loads_nothing_and_works_without_scripts(used: InProcessCloud) -> None:
    page = Reader(browse(used).body.decode())
    assert not [
        tag for tag, facts in page.elements if {"src", "style", "onclick"} & set(facts) or tag in {"link", "img"}
    ]
    assert [tag for tag, _ in page.elements].count("script") == 1
    assert {tag for tag, _ in page.elements} >= {"details", "summary", "form"}


def test_only_its_own_style_and_script_are_allowed(used: InProcessCloud) -> None:
    policy = browse(used).headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_secrets_are_neither_on_the_page_nor_in_the_index(used: InProcessCloud) -> None:
    token = used.token()
    pages = browse(used).body + browse(used, "filter=cpc-*").body + json.dumps(used.sim("GET", "")).encode()
    assert not [secret for secret in (SECRET, token, "hashed:") if secret.encode() in pages]


def test_the_filter_narrows_the_tree(used: InProcessCloud) -> None:
    tree = browse(used, "filter=cpc-2*").body.decode().partition('id="resources"')[2].partition("</section>")[0]
    assert ("cpc-2-nic" in tree, "cpc-1-nic" in tree) == (True, False)
    assert "Nothing matches." in read(used, "filter=nobody")


def test_a_machine_gets_the_index_as_json(used: InProcessCloud) -> None:
    index: Any = used.sim("GET", "")
    paths = {(each["method"], each["path"]) for each in index["operations"]}
    assert {("GET", "/_sim/state"), ("PATCH", "/_sim/config"), ("POST", "/_sim/restore")} <= paths
    assert all(each["about"] for each in index["operations"])


def test_many_resources_are_counted_not_listed() -> None:
    app = open_cloud()
    app.request("PUT", GROUP, {"location": REGION})
    app.sim("POST", "config", {"throttling": {"enabled": False}})
    for n in range(130):
        app.request("PUT", f"{NETWORK}/networkSecurityGroups/nsg-{n:03}", {"location": REGION, "properties": {}})
    text = read(app)
    assert "networkSecurityGroups 130" in text
    assert "and 30 more" in text
    assert "nsg-129" in read(app, "filter=nsg-129")


def test_a_finding_about_many_is_shortened() -> None:
    app = open_cloud()
    subnet = app.create_network()
    for n in range(12):
        app.create_machine(f"cpc-{n}", subnet, tags={"deskwright:cloudpc": "the-same"})
    (shown,) = re.findall(r'{"cloudpc": "the-same".*?(?=twins|$|…)', read(app))
    assert len(shown) == 600


def test_an_empty_cloud_has_a_page() -> None:
    app = open_cloud()
    app.sim("POST", "reset", {"begin": False})
    assert "There is nothing yet." in read(app)


@pytest.mark.parametrize("evil", [EVIL, "a&b", "</td>"])
def test_text_and_attributes_are_escaped(evil: str) -> None:
    page = Reader(tag("td", evil, title=evil))
    assert ("".join(page.text), page.elements[0][1]["title"]) == (evil, evil)


def test_markup_is_sent_as_it_is() -> None:
    assert tag("p", Html("<b>x</b>"), None, 5, ["<"]) == "<p><b>x</b>5&lt;</p>"


def test_long_ids_are_shortened_and_whole_when_pointed_at() -> None:
    page = Reader(brief(f"{VMS}/cpc-1"))
    assert "".join(page.text) == "/desks/Microsoft.Compute/virtualMachines/cpc-1"
    assert page.elements[0][1]["title"] == f"{VMS}/cpc-1"
