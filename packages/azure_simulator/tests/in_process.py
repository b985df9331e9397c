"""A simulated cloud in the test's own process, without sockets; its clock is moved by hand."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, wraps
from pathlib import Path
from typing import Any

from azure_simulator.assembly import build
from azure_simulator.core.cloud import Cloud, Options
from azure_simulator.core.keys import Keys
from azure_simulator.core.requests import Reply, Request
from azure_simulator.core.times import SECOND, OwnClock

from packages.azure_simulator.tests.bodies import REGION, nic_body, version_for, vm_body

START_US = 1_795_000_000 * SECOND
SUB = "/subscriptions/22222222-2222-4222-8222-222222222222"
GROUP = f"{SUB}/resourceGroups/desks"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
VMS = f"{GROUP}/providers/Microsoft.Compute/virtualMachines"
ARM = "https://management.azure.com"
SEED: dict[str, Any] = {"tenants": [{"tenantId": "0f7c1111-1111-4111-8111-111111111111", "domain": "a.example"}]}


@cache
def keys() -> Keys:
    """Make the signing keys once, because RSA keys take long to generate."""
    return Keys()


@dataclass
class InProcessCloud:
    """A cloud, and requests to it with tokens of any caller."""

    cloud: Cloud
    clock: OwnClock
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, name: str = "app", audience: str = ARM) -> str:
        """Return a token of a caller; every name is another principal."""
        if name not in self.tokens:
            body = {"name": name, "audience": audience}
            self.tokens[name] = str(self.sim("POST", "tokens", body)["access_token"])
        return self.tokens[name]

    def send(self, method: str, path: str, body: Any = None, *, caller: str = "app", **headers: str) -> Reply:
        bare, _, query = path.removeprefix("https://cloud").partition("?")
        if "api-version=" not in query:
            query = f"{query}&api-version={version_for(bare)}".lstrip("&")
        data = b"" if body is None else json.dumps(body).encode()
        sent = {"host": "cloud", "authorization": f"Bearer {self.token(caller)}", **headers}
        return self.cloud.handle(Request(method, bare, query, sent, data))

    def request(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Send a request that must succeed and return its JSON."""
        reply = self.send(method, path, body, **options)
        assert reply.status < 400, reply.body
        return json.loads(reply.body) if reply.body else None

    def error(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, str]:
        """Send a request that must fail and return its status and error code."""
        reply = self.send(method, path, body, **options)
        assert reply.status >= 400, reply.body
        return reply.status, str(json.loads(reply.body)["error"]["code"])

    def sim(self, method: str, path: str, body: Any = None) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        bare, _, query = path.partition("?")
        reply = self.cloud.handle(Request(method, f"/_sim/{bare}", query, {"host": "cloud"}, data))
        assert reply.status < 400, reply.body
        return json.loads(reply.body)

    def advance(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def create_network(self) -> str:
        """Create a resource group and a network, and return the id of its subnet."""
        self.request("PUT", GROUP, {"location": REGION})
        subnet = {"name": "cpc", "properties": {"addressPrefix": "10.20.0.0/22"}}
        space = {"addressSpace": {"addressPrefixes": ["10.20.0.0/16"]}, "subnets": [subnet]}
        self.request("PUT", f"{NETWORK}/virtualNetworks/vnet", {"location": REGION, "properties": space})
        return f"{NETWORK}/virtualNetworks/vnet/subnets/cpc"

    def create_machine(self, name: str, subnet: str, **changes: Any) -> Reply:
        """Create a network interface, and send the request for a machine."""
        tags = changes.setdefault("tags", {"deskwright:cloudpc": name})
        nic = self.request("PUT", f"{NETWORK}/networkInterfaces/{name}-nic", nic_body(subnet, tags))
        return self.send("PUT", f"{VMS}/{name}", vm_body(nic["id"], **changes))


def open_cloud(
    profile: str = "instant", journal: Path | None = None, seed: int = 7, start_us: int = START_US
) -> InProcessCloud:
    """Open a cloud whose clock stands still."""
    clock = OwnClock(start_us, 0)
    return InProcessCloud(build(clock, keys(), Options(seed, profile, SEED), journal), clock)


def prepared_once(prepare: Callable[[], InProcessCloud]) -> Callable[[], InProcessCloud]:
    """Prepare a cloud at the first call, and go back to that at each, whatever tests did to it meanwhile."""

    @cache
    def prepared() -> InProcessCloud:
        app = prepare()
        app.sim("POST", "snapshot", {"name": "prepared"})
        return app

    @wraps(prepare)
    def restored() -> InProcessCloud:
        prepared().sim("POST", "restore", {"name": "prepared"})
        return prepared()

    return restored
