"""Ten thousand change notifications for twenty users: how fast they are handled, and with how many plans.

The whole stack runs. None of the users is entitled to a Cloud PC, so that only notifications and plans are measured.
``python -m bench messages:10000`` is the default; the messages are in the queue before the host starts.
"""

from __future__ import annotations

import base64
import json
import re
import tempfile
import time
import urllib.parse
import urllib.request
from contextlib import suppress
from pathlib import Path

from azure.core.credentials import AccessToken
from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueClient
from azure_simulator.seeds import TENANT_ID

from bench.figures import Figure
from bench.makespan import BEGINS, MEMORY, say
from local.journey import TENANT, Journey
from local.options import StackOptions
from local.stack import Stack

_QUEUE, _USERS = "directory-changes", 20
_POLL_SECONDS = 1.0
_LONGEST_SECONDS = 1800.0
_PLANNED = re.compile(r"\bplan_tenant tenant_id=\S+ done")


def main(messages: str = "10000") -> list[Figure]:
    """Measure the processing of *messages* messages."""
    return _run(int(messages))


def _run(messages: int) -> list[Figure]:
    with (
        tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder,
        Stack(Path(folder), StackOptions(begins=BEGINS, users=_USERS, speed=1.0)) as stack,
    ):
        Journey(stack.portal(), say).create_tenant()
        stack.host.stop()
        ids = [str(user["id"]) for user in stack.ask_cloud("state?view=directory&kind=user")[TENANT_ID]][:_USERS]
        queue = _queue(stack)
        for number in range(messages):
            queue.send_message(_message(ids[number % len(ids)]))
        plans = _plans(stack)
        began = time.monotonic()
        stack.start_host()
        seconds = _until_empty(stack, queue) - began
        made = _plans(stack) - plans
    name = f"{messages} messages for {_USERS} users"
    return [
        Figure(f"messages taken / real seconds, {name}", messages, seconds, "messages/s", 1),
        Figure(f"reconciles / messages, {name}", made, messages, "reconciles", 1, 1.0),
    ]


class _Minted:
    """A credential of the SDKs: tokens of the managed identity."""

    def __init__(self, stack: Stack) -> None:
        self._known = stack.environment()

    def get_token(self, *_: str, **__: object) -> AccessToken:
        query = urllib.parse.urlencode({"api-version": "2019-08-01", "resource": "https://storage.azure.com"})
        request = urllib.request.Request(  # noqa: S310 - an address of this run
            f"{self._known['IDENTITY_ENDPOINT']}?{query}", headers={"X-IDENTITY-HEADER": self._known["IDENTITY_HEADER"]}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
            given = json.load(answer)
        return AccessToken(str(given["access_token"]), int(given["expires_on"]))


def _queue(stack: Stack) -> QueueClient:
    bundle = str(stack.certificates.bundle)
    queue = QueueClient(stack.addresses.queues, _QUEUE, credential=_Minted(stack), connection_verify=bundle)
    with suppress(ResourceExistsError):
        queue.create_queue()
    return queue


def _message(user_id: str) -> str:
    said = {"tenantId": TENANT, "type": "user", "userIds": [user_id], "at": BEGINS.isoformat()}
    return base64.b64encode(json.dumps(said).encode()).decode()


def _plans(stack: Stack) -> int:
    return len(_PLANNED.findall(stack.host.output()))


def _until_empty(stack: Stack, queue: QueueClient) -> float:
    """Wait until no message is left and no plan follows; return when the last message was gone."""
    deadline, gone, plans = time.monotonic() + _LONGEST_SECONDS, 0.0, -1
    while time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)  # noqa: TID251 - a benchmark looks from outside
        if queue.get_queue_properties().approximate_message_count:
            continue
        gone = gone or time.monotonic()
        if plans == (plans := _plans(stack)):
            return gone
    raise SystemExit("messages are left")
