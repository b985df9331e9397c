"""The whole service on one machine: Azurite, the simulated cloud and the Functions host.

Each is a process of its own that ends with this one, with its log in ``<run>/logs``. The demo and the end-to-end tests
start the same stack; the app runs as on Azure, with other addresses in its environment.
"""

import json
import os
import shutil
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self, TypeVar

from azure_simulator import certificates
from azure_simulator.certificates import Certificates
from azure_simulator.graph.directory.records import derived_id
from azure_simulator.seeds import DOMAIN, TENANT_ID, api_client_id, customers_app, demo_seed, sign_in_client_id
from simulation_base.clock import FileClock, is_alive

from local import azurite, own_folder
from local.azurite import Azurite
from local.options import APP, StackOptions, on_real_time
from local.portal import Credentials, Portal
from local.processes import Part, answers, first_json, free_port, write_privately

T = TypeVar("T")

_READY_WITHIN_SECONDS = 90.0
# The managed identity's endpoint requires this secret; on Azure the platform sets it.
_IDENTITY_HEADER = "local-run"
# The name under which tokens for the API are requested; their audience is its client id, as Entra's of version 2.0.
_API = "api://deskwright"
# The roles of a provider administrator who also administers one tenant.
PORTAL_ROLES = ("Provider.Administrator", "CloudPC.Administrator")
PORTAL_SECRET = "demo-portal-secret"  # noqa: S105 - opens nothing real


class StackError(Exception):
    """The stack cannot run; the message is one line with the reason."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of the parts of a running stack. ``secure`` is the API over TLS; empty with Core Tools' host."""

    api: str
    secure: str
    cloud: str
    identity: str
    tables: str
    queues: str
    blobs: str


class Stack:
    """Starts the parts in order and stops them in reverse order; single parts can be restarted.

    Use it as a context manager, from the main thread (see ``local/tether.py``). A restarted part keeps its port.
    """

    def __init__(self, folder: Path, options: StackOptions) -> None:
        self.folder = folder.resolve()
        self.options = on_real_time(options) if options.host != "embedded" else options
        self._certificates: Certificates | None = None
        self._clock: FileClock | None = None
        self._azurite: Azurite | None = None
        self._cloud: Part | None = None
        self._host: Part | None = None
        self._addresses: Addresses | None = None

    def __enter__(self) -> Self:
        """Start everything; on failure nothing is left running."""
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything."""
        self.stop()

    @property
    def clock(self) -> FileClock:
        """The clock that all parts share."""
        return _started(self._clock)

    @property
    def certificates(self) -> Certificates:
        """The certificate authority that all parts trust."""
        return _started(self._certificates)

    @property
    def addresses(self) -> Addresses:
        """The addresses of the parts."""
        return _started(self._addresses)

    @property
    def cloud(self) -> Part:
        """The process of the simulated cloud."""
        return _started(self._cloud)

    @property
    def host(self) -> Part:
        """The process of the Functions host."""
        return _started(self._host)

    def start(self) -> None:
        """Start all parts, each when the one before is ready; write ``stack.json``."""
        _refuse_a_running(self.folder)
        if self.options.host == "func":
            _core_tools()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        clock_file = self.folder / "clock"
        self._clock = FileClock.create(clock_file, self.options.begins, self.options.speed)
        self._azurite, self._certificates = self.options.storage or self._own_storage()
        cloud, identity = self._start_cloud()
        self._addresses = Addresses(
            api=f"http://127.0.0.1:{self.options.api_port or free_port()}",
            secure=f"https://127.0.0.1:{free_port()}" if self.options.host == "embedded" else "",
            cloud=cloud,
            identity=identity,
            tables=self._azurite.tables_url,
            queues=self._azurite.queues_url,
            blobs=self._azurite.blobs_url,
        )
        if self.options.notifications:  # Graph sends notifications over TLS only
            self.tell_cloud("config", {"graph": {"insecureNotificationUrls": True}})
        if self.options.host != "none":
            self._host = self._host_part()
            self.start_host()
        self._write_stack_json()

    def stop(self) -> None:
        """Stop all parts in reverse order; kill a part that does not end in time, or at once after an interrupt."""
        own = self._azurite if self.options.storage is None else None
        parts = [self._host, self._cloud, own.part if own else None]
        running = [part for part in parts if part is not None]
        try:
            for part in running:
                part.stop()
        finally:
            for part in running:
                part.kill()
        if self._clock is not None:  # else another stack runs in the folder
            self._clock.close()
            self._clock = None
            (self.folder / "stack.json").unlink(missing_ok=True)

    def start_host(self) -> None:
        """Start or restart the host and wait until it answers."""
        self.host.start()
        ping = f"{self.addresses.api}/admin/host/ping"
        self.host.wait_until(lambda: answers(ping), _READY_WITHIN_SECONDS)

    def change_app(self, app: Path) -> None:
        """Stop the host in order, and start it with another app on the same state, as a deployment does."""
        self.host.stop()
        self.options = replace(self.options, app=app)
        self._host = self._host_part()
        self.start_host()

    def restart_cloud(self) -> None:
        """Stop the simulated cloud and start it again."""
        self.cloud.stop()
        self.start_cloud()

    def start_cloud(self) -> None:
        """Start the simulated cloud again on its ports; it replays its journal."""
        self.cloud.start()
        self.cloud.wait_until(lambda: first_json(self.cloud.output()), _READY_WITHIN_SECONDS)

    @property
    def moves_time(self) -> bool:
        """Whether time can jump or run at another speed: only the embedded host follows the shared clock."""
        return self.options.host == "embedded"

    @contextmanager
    def at_speed(self, speed: float) -> Iterator[None]:
        """Run time at another speed inside the ``with`` block, if that is possible."""
        before = self.clock.read().speed
        if self.moves_time:
            self.clock.set_speed(speed)
        try:
            yield
        finally:
            if self.moves_time:
                self.clock.set_speed(before)

    def portal(self) -> Portal:
        """Return a client of the API: the demo tenant's portal application, with ``PORTAL_ROLES``."""
        return _portal(self.addresses.api, self.addresses.cloud, self.certificates.client_context())

    def ask_cloud(self, path: str) -> Any:  # noqa: ANN401 - JSON is anything
        """Read one of the simulated cloud's ``/_sim`` views."""
        url = f"{self.addresses.cloud}/_sim/{path}"
        with urllib.request.urlopen(url, timeout=60, context=self.certificates.client_context()) as answer:  # noqa: S310
            return json.load(answer)

    def tell_cloud(self, path: str, body: object, *, method: str = "POST") -> Any:  # noqa: ANN401 - JSON is anything
        """Change the simulated cloud: POST to one of its ``/_sim`` addresses, or DELETE there."""
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{self.addresses.cloud}/_sim/{path}", data=json.dumps(body).encode(), method=method
        )
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=60, context=self.certificates.client_context()) as answer:  # noqa: S310
            content = answer.read()
        return json.loads(content) if content else None

    def failed_part(self) -> str | None:
        """Return the name of a part that has ended by itself, None if all run."""
        hosts = [] if self.options.host == "none" else [self.host]
        parts = (*hosts, self.cloud, _started(self._azurite).part)
        return next((part.name for part in parts if not part.is_running), None)

    def expect_alive(self) -> None:
        """Raise StackError if a part has ended by itself."""
        if dead := self.failed_part():
            raise StackError(f"{dead} has ended; its log is in {self.folder / 'logs'}")

    def environment(self) -> dict[str, str]:
        """Return the environment of the app's process: ours, and ``app_settings``."""
        return {**os.environ, **self.app_settings()}

    def app_settings(self) -> dict[str, str]:
        """Return the variables that the app and its host need here: settings, identity and trusted certificates."""
        at = self.addresses
        return {
            **self.certificates.environment(),
            "FUNCTIONS_WORKER_RUNTIME": "python",
            "IDENTITY_ENDPOINT": f"{at.identity}/msi/token",
            "IDENTITY_HEADER": _IDENTITY_HEADER,
            "AzureWebJobsStorage__blobServiceUri": at.blobs,
            "AzureWebJobsStorage__queueServiceUri": at.queues,
            "AzureWebJobsStorage__tableServiceUri": at.tables,
            "AzureWebJobsStorage__credential": "managedidentity",
            "DESKWRIGHT_TABLES_URL": at.tables,
            "DESKWRIGHT_QUEUES_URL": at.queues,
            "DESKWRIGHT_BLOBS_URL": at.blobs,
            "DESKWRIGHT_ARM_URL": at.cloud,
            "DESKWRIGHT_GRAPH_URL": at.cloud,
            "DESKWRIGHT_KEY_VAULT_URL": at.cloud,
            "DESKWRIGHT_AUTHORITY_URL": at.cloud,
            "DESKWRIGHT_PRICES_URL": at.cloud,
            "DESKWRIGHT_METRICS_URL": f"{at.cloud}/metrics/{{region}}",
            "DESKWRIGHT_PROVIDER_TENANT_ID": TENANT_ID,
            "DESKWRIGHT_API_AUDIENCE": api_client_id(),
            "DESKWRIGHT_SIGN_IN_CLIENT_ID": sign_in_client_id(),
            "DESKWRIGHT_SIGN_IN_SCOPE": f"{_API}/access_as_user",
            "DESKWRIGHT_APP_CLIENT_ID": customers_app(),
            "DESKWRIGHT_CLOCK_FILE": str(self.clock.path),
            "DESKWRIGHT_PORTAL_FOLDER": str(self.options.app / "portal" / "dist-local"),
            **(
                {"DESKWRIGHT_NOTIFICATION_URL": f"{at.api}/api/graph/notifications"}
                if self.options.notifications
                else {}
            ),
            **self.options.settings,
        }

    def _own_storage(self) -> tuple[Azurite, Certificates]:
        made = certificates.issue(self.folder / "certificates")
        return azurite.start(self.folder, made, log_requests=self.options.log_storage), made

    def _start_cloud(self) -> tuple[str, str]:
        options = self.options
        data = options.seed_data or demo_seed(options.users, portal_roles=PORTAL_ROLES, portal_secret=PORTAL_SECRET)
        seed_file = self.folder / "seed.json"
        write_privately(seed_file, json.dumps(data))  # it has the demo's secret
        ports = {"--port": free_port(), "--msi-port": free_port()}
        command = [sys.executable, "-m", "azure_simulator", "--profile", options.profile]
        command += ["--ca-dir", str(self.certificates.folder), "--clock", str(self.clock.path)]
        command += ["--seed", str(options.seed), "--seed-file", str(seed_file)]
        command += ["--journal", str(self.folder / "cloud.jsonl")]
        command += [word for name, port in ports.items() for word in (name, str(port))]
        command += ["--specification", str(options.specification)] if options.specification else []
        self._cloud = self._part("Simulated cloud", "cloud", command, dict(os.environ))
        self._cloud.start()
        said = self._cloud.wait_until(lambda: first_json(self.cloud.output()), _READY_WITHIN_SECONDS)
        return said["url"], said["msi"]

    def _host_part(self) -> Part:
        port = self.addresses.api.rpartition(":")[2]
        if self.options.host == "func":
            command = [_core_tools(), "start", "--port", port]
            python = {"languageWorkers__python__defaultExecutablePath": sys.executable}
            app = self.options.app
            if app == APP:  # nobody writes into a folder that it watches
                app = own_folder.copied(app, self.folder / "app")
            return self._part("Host (func)", "host", command, self.environment() | python, app)
        command = [sys.executable, "-m", "functions_host", "start", "--app", str(self.options.app), "--port", port]
        command += ["--rpc-port", str(free_port()), "--db", str(self.folder / "host.db")]
        command += ["--https-port", self.addresses.secure.rpartition(":")[2]]
        command += ["--https-cert", str(self.certificates.server), "--https-key", str(self.certificates.server_key)]
        command += ["--clock", str(self.clock.path), *(["--sequential"] if self.options.sequential else [])]
        command += ["--scale-to-zero", str(self.options.wakes_after)]
        command += ["--http-concurrency", str(self.options.http_concurrency)]
        command += ["--queue-visibility", str(self.options.queue_visibility)]
        command += ["--redeliver", str(self.options.redeliver), "--redeliver-seed", str(self.options.seed)]
        return self._part("Host", "host", command, self.environment())

    def _part(self, name: str, log: str, command: list[str], environment: dict[str, str], folder: Path = APP) -> Part:
        return Part(name, command, environment, self.folder / "logs" / f"{log}.log", folder)

    def _write_stack_json(self) -> None:
        """Write the addresses for other programs of this machine."""
        facts = {
            "pid": os.getpid(),
            **asdict(self.addresses),
            "clock": str(self.clock.path),
            "bundle": str(self.certificates.bundle),
            "logs": str(self.folder / "logs"),
            "tenantId": TENANT_ID,
            "domain": DOMAIN,
        }
        write_privately(self.folder / "stack.json", json.dumps(facts, indent=2) + "\n")


def portal_of(folder: Path) -> Portal:
    """Return a client of the API of a stack that another process runs in a folder. Raises: StackError if none does."""
    facts = _running_in(folder)
    if facts is None:
        raise StackError(f"nothing runs in {folder}: start it with make run")
    return _portal(facts["api"], facts["cloud"], ssl.create_default_context(cafile=facts["bundle"]))


def _portal(api: str, cloud: str, trust: ssl.SSLContext) -> Portal:
    credentials = Credentials(
        token_url=f"{cloud}/{TENANT_ID}/oauth2/v2.0/token",
        client_id=derived_id(TENANT_ID, "app", "portal"),
        secret=PORTAL_SECRET,
        scope=f"{_API}/.default",
    )
    return Portal(api, credentials, trust)


def _core_tools() -> str:
    func = shutil.which("func")
    if func is None:
        raise StackError(
            "HOST=func needs Azure Functions Core Tools 4 ('func' on the PATH); without HOST the embedded host is used"
        )
    return func


def _started(part: T | None) -> T:
    if part is None:
        raise StackError("the stack has not been started")
    return part


def _refuse_a_running(folder: Path) -> None:
    facts = _running_in(folder)
    if facts is not None:
        raise StackError(f"a stack runs in {folder} already (process {facts['pid']}): stop it with Ctrl-C")


def _running_in(folder: Path) -> dict[str, Any] | None:
    """Read the addresses that a running stack has written into its folder."""
    try:
        facts: dict[str, Any] = json.loads((folder / "stack.json").read_text())
        return facts if is_alive(int(facts["pid"])) else None
    except (OSError, ValueError, KeyError):
        return None
