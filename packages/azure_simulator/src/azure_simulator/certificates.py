"""A throw-away certificate authority in a run folder, with the variables by which clients trust it.

``requests`` and MSAL read ``REQUESTS_CA_BUNDLE``, aiohttp reads ``SSL_CERT_FILE``, Node reads
``NODE_EXTRA_CA_CERTS``. The bundle holds certifi's roots as well, so that nothing else breaks.
"""

import os
import ssl
from dataclasses import dataclass
from pathlib import Path

import certifi
import trustme

_NAMES = ("localhost", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Certificates:
    """The files of one run folder; ``issue`` makes them."""

    folder: Path

    @property
    def authority(self) -> Path:
        """The certificate of our authority."""
        return self.folder / "ca.pem"

    @property
    def authority_key(self) -> Path:
        """Its private key: only this run trusts it."""
        return self.folder / "ca.key"

    @property
    def server(self) -> Path:
        """The certificate chain of every local server (localhost and 127.0.0.1)."""
        return self.folder / "server.pem"

    @property
    def server_key(self) -> Path:
        """The private key of every local server."""
        return self.folder / "server.key"

    @property
    def bundle(self) -> Path:
        """Certificates that a client trusts: certifi's roots and our authority."""
        return self.folder / "bundle.pem"

    def environment(self) -> dict[str, str]:
        """Return the variables that make a process trust the local servers."""
        return {
            "SSL_CERT_FILE": str(self.bundle),
            "REQUESTS_CA_BUNDLE": str(self.bundle),
            "NODE_EXTRA_CA_CERTS": str(self.authority),
        }

    def client_context(self) -> ssl.SSLContext:
        """Make a TLS context that trusts the local servers only."""
        return ssl.create_default_context(cafile=str(self.authority))


def issue(folder: Path) -> Certificates:
    """Make the certificates of a run folder, or find those it has.

    The authority stays the same across restarts, so that processes still running keep trusting
    the ones that start anew.
    """
    certificates = Certificates(folder.resolve())
    folder.mkdir(parents=True, exist_ok=True)
    if certificates.bundle.exists():  # written last: the others are complete
        return certificates
    authority = trustme.CA(organization_name="Deskwright local run")
    server = authority.issue_cert(*_NAMES)
    _write(certificates.authority_key, authority.private_key_pem.bytes())
    _write(certificates.authority, authority.cert_pem.bytes())
    _write(certificates.server_key, server.private_key_pem.bytes())
    _write(certificates.server, b"".join(pem.bytes() for pem in server.cert_chain_pems))
    roots = Path(certifi.where()).read_bytes()
    _write(certificates.bundle, roots + b"\n" + authority.cert_pem.bytes())
    return certificates


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, complete or not at all."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    fresh.replace(path)
