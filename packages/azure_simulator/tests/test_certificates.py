import ssl
import stat
from pathlib import Path

import pytest
from azure_simulator.certificates import Certificates, issue


@pytest.fixture
def issued(tmp_path: Path) -> Certificates:
    return issue(tmp_path)


def test_the_same_folder_has_the_same_authority(issued: Certificates) -> None:
    before = issued.authority.read_bytes()
    assert issue(issued.folder).authority.read_bytes() == before


def test_private_keys_are_for_their_owner_only(issued: Certificates) -> None:
    modes = {stat.S_IMODE(p.stat().st_mode) for p in (issued.authority_key, issued.server_key)}
    assert modes == {0o600}


def test_the_server_key_fits_its_certificate(issued: Certificates) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.server, issued.server_key)


def test_the_bundle_trusts_the_world_and_our_authority(issued: Certificates) -> None:
    everybody = ssl.create_default_context(cafile=issued.bundle).get_ca_certs()
    ours = issued.client_context().get_ca_certs()
    assert len(ours) == 1
    assert ours[0] in everybody
    assert len(everybody) > 50


def test_both_http_stacks_of_the_azure_sdk_are_configured(issued: Certificates) -> None:
    variables = issued.environment()
    assert variables["SSL_CERT_FILE"] == variables["REQUESTS_CA_BUNDLE"] == str(issued.bundle)
