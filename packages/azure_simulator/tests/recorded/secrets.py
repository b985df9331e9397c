"""Requests to a vault of Key Vault, sent to the simulated one."""

from packages.azure_simulator.tests.in_process import InProcessCloud
from packages.azure_simulator.tests.recorded.findings import Findings, answer_of
from packages.azure_simulator.tests.recorded.names import Names
from packages.azure_simulator.tests.recorded.recordings import Exchange

_VERSION = "7.6"
_MUCH_LATER = 600


class SecretReplay:
    """The requests of one recording about secrets; keys, certificates and backups are not simulated."""

    def __init__(self, cloud: InProcessCloud, names: Names, findings: Findings) -> None:
        self._cloud, self._names, self._findings = cloud, names, findings
        self._set: set[str] = set()

    def send(self, recorded: Exchange) -> None:
        """Send a request if it can be compared."""
        exchange = self._names.ours(recorded)
        route, _, _ = self._cloud.cloud.router.find(exchange.method, exchange.path)
        if route is None or route.plane != "vault":
            self._findings.left_out["not simulated"] += 1
            if exchange.method == "POST":
                self._set.clear()  # what a backup restores is not what was set here
            return
        if exchange.status < 400 and not self._is_about_a_secret_that_was_set(exchange):
            self._findings.left_out["vault: a secret that a certificate or a backup made"] += 1
            return
        page = self._names.next_page(recorded)
        if "$skiptoken" in recorded.query and page is None:
            self._findings.left_out["a page that is not one here"] += 1
            return
        self._cloud.token("vault", "https://vault.azure.net")
        unsigned = {"authorization": ""} if exchange.status == 401 else {}
        address = page or f"{exchange.path}?api-version={_VERSION}&{_without_version(exchange.query)}"
        reply = self._cloud.send(exchange.method, address, exchange.body, caller="vault", **unsigned)
        self._cloud.advance(0 if exchange.method == "GET" else _MUCH_LATER)
        if self._findings.compare(exchange, kind_of(exchange.path), reply):
            self._names.learn(recorded.answer, answer_of(reply))

    def _is_about_a_secret_that_was_set(self, exchange: Exchange) -> bool:
        name = exchange.path.split("/")[2:3]
        if name and exchange.method == "PUT":
            self._set.add(name[0])
        return not name or name[0] in self._set


def kind_of(path: str) -> str:
    """Return the path without names and versions: `vault secrets/versions`."""
    parts = path.strip("/").split("/")
    verb = parts[2] if len(parts) > 2 and parts[2].isalpha() else ""
    return f"vault {parts[0]}{'/' + verb if verb else '/name' if len(parts) > 1 else ''}"


def _without_version(query: str) -> str:
    return "&".join(each for each in query.split("&") if each and not each.startswith("api-version="))
