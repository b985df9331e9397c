"""The options of ``start``."""

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from functions_host.errors import ConfigError
from functions_host.scheduling.clock_drivers import WATCHDOG_SECONDS
from functions_host.settings.config import KEEP, KEEP_SECONDS
from functions_host.triggers.queues import VISIBILITY_SECONDS

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Https:
    """TLS endpoint of the functions: a port (0: any free one), and PEM files of the certificate chain."""

    port: int
    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Return the server's side of TLS. Raises: ConfigError."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"cannot use {self.certificate} with {self.key} for TLS: {error}") from error
        return context


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a host: addresses, files and limits.

    ``wake_seconds``: nobody listens for a timer until so long after it is due (0: all the time).
    ``joins``: the state file of the host whose task hub this one is another instance of, for requests only.
    ``http_concurrency``: how many requests a function may be answering, the next ones wait (0: any number).
    ``redeliver``: one activity in so many is delivered again after it has reported (0: none), chosen by the seed.
    ``resume_only``: no turn of an orchestration that is in memory is replayed.
    ``faults``: what Azure's host gets wrong goes wrong here too.
    """

    app: Path
    db: Path
    host: str = "127.0.0.1"
    port: int = 7071
    rpc_port: int = 17071
    joins: Path | None = None
    listening: socket.socket | None = None
    https: Https | None = None
    show_payloads: bool = False
    auth: bool | None = None
    clock: Path | None = None
    grace_seconds: float = 30.0
    debug_oracle: bool = False
    watchdog_seconds: float = WATCHDOG_SECONDS
    queue_visibility_seconds: int = VISIBILITY_SECONDS
    keep: int = KEEP
    keep_seconds: float = KEEP_SECONDS
    resume_only: bool = False
    sequential: bool = False
    wake_seconds: float = 0.0
    http_concurrency: int = 0
    faults: bool = False
    redeliver: int = 0
    redeliver_seed: int = 0

    @property
    def checks_keys(self) -> bool:
        """Return whether keys are checked: as ``auth`` says, by default unless the host listens on loopback only."""
        return self.host not in _LOOPBACK if self.auth is None else self.auth
