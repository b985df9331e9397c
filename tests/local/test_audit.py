"""``make audit`` against a feed that knows one advisory: https://osv.dev/vulnerability/PYSEC-2023-74, shortened."""

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ADVISORY = json.loads(Path(__file__).with_name("advisory.json").read_text())
LOCKS = [ROOT / "requirements.txt", *sorted((ROOT / "requirements").glob("*.txt"))]
PIN = "{}=={} \\\n    --hash=sha256:" + "0" * 64 + "\n"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not (ROOT / ".tools/audit/installed").exists(), reason="make long installs pip-audit"),
]


@dataclass
class Feed:
    """Requests, and the address of the feed."""

    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def feed() -> Iterator[Feed]:
    made = Feed()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name, version = query["package"]["name"], query["version"]
            made.asked.append((name, version))
            (affected,) = ADVISORY["vulns"][0]["affected"]
            hit = name == affected["package"]["name"] and version in affected["versions"]
            body = json.dumps(ADVISORY if hit else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}/v1/query"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield made
        server.shutdown()


def audit(feed: Feed, *locks: Path) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", "audit", f"AUDIT=--osv-url {feed.url}"]
    command += [f"LOCKS={' '.join(map(str, locks))}"] if locks else []
    environment = {**os.environ, "NO_PROXY": "127.0.0.1"}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)


def test_a_pin_with_an_advisory_fails(feed: Feed, tmp_path: Path) -> None:
    known, other = tmp_path / "known.txt", tmp_path / "other.txt"
    known.write_text(PIN.format("idna", "3.7") + PIN.format("requests", "2.30.0"))
    other.write_text(PIN.format("idna", "3.7"))
    said = audit(feed, known, other)
    assert said.returncode != 0
    assert re.search(r"requests\s+2\.30\.0\s+PYSEC-2023-74\s+2\.31\.0", said.stdout)
    assert f"make audit: {known} (above)" in said.stderr
    assert str(other) not in said.stderr


def test_the_pin_that_cures_it_passes(feed: Feed, tmp_path: Path) -> None:
    lock = tmp_path / "cured.txt"
    lock.write_text(PIN.format("requests", "2.31.0"))
    said = audit(feed, lock)
    assert (said.returncode, feed.asked) == (0, [("requests", "2.31.0")]), said.stderr


def test_every_lock_is_asked_about(feed: Feed) -> None:
    said = audit(feed)
    assert said.returncode == 0, said.stderr
    asked = set(feed.asked)
    for lock in LOCKS:
        pins = re.findall(r"(?m)^([A-Za-z0-9._-]+)==(\S+) \\$", lock.read_text())
        assert pins
        assert {(re.sub(r"[-_.]+", "-", name).lower(), version) for name, version in pins} <= asked, lock.name


def test_a_feed_that_does_not_answer_is_no_pass(feed: Feed, tmp_path: Path) -> None:
    lock = tmp_path / "cured.txt"
    lock.write_text(PIN.format("requests", "2.31.0"))
    said = audit(Feed(url=feed.url.replace("/v1/query", "").rpartition(":")[0] + ":9/v1/query"), lock)
    assert said.returncode != 0
