"""Answers of Microsoft Graph: batches, and objects as values of the domain.

Source: https://learn.microsoft.com/graph/json-batching
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

from shared.clients.pipeline import decide, read_error
from shared.contracts.outcomes import MissingError
from shared.domain.tenants.directory import Device, DirectoryUser, Group, ManagedDevice, SubscribedSku
from shared.errors import UnavailableError

_CLOUD_PC_PLANS = ("CPC_", "WINDOWS_365_")  # how the names of the service plans of Windows 365 begin


def read_group(body: dict[str, Any]) -> Group:
    """Return a group of an answer."""
    return Group(
        id=body["id"],
        display_name=body.get("displayName") or "",
        security_enabled=bool(body.get("securityEnabled")),
        mail_enabled=bool(body.get("mailEnabled")),
        group_types=tuple(body.get("groupTypes") or ()),
    )


def read_whole_user(body: dict[str, Any]) -> DirectoryUser:
    """Return a user that was asked for by id. Raises: UnavailableError for half an answer."""
    if "id" not in body or not isinstance(body.get("assignedLicenses"), list):
        raise UnavailableError("Graph answered about a user without their licences")
    return read_user(body)


def read_user(body: dict[str, Any]) -> DirectoryUser:
    """Return a user of a list."""
    licences = body.get("assignedLicenses") or ()
    return DirectoryUser(
        id=body["id"],
        user_principal_name=body.get("userPrincipalName") or "",
        display_name=body.get("displayName") or "",
        account_enabled=body.get("accountEnabled") is not False,
        on_premises_user_principal_name=body.get("onPremisesUserPrincipalName"),
        sku_ids=tuple(licence["skuId"] for licence in licences),
        disabled={each["skuId"]: frozenset(each["disabledPlans"]) for each in licences if each.get("disabledPlans")},
    )


def read_sku(body: dict[str, Any]) -> SubscribedSku:
    """Return a product with how many were bought and which of its plans are Cloud PCs."""
    return SubscribedSku(
        sku_id=body["skuId"],
        sku_part_number=body["skuPartNumber"],
        enabled=(body.get("prepaidUnits") or {}).get("enabled", 0),
        consumed=body.get("consumedUnits", 0),
        cloud_pc_plan_ids=frozenset(
            plan["servicePlanId"]
            for plan in body.get("servicePlans") or ()
            if str(plan.get("servicePlanName")).startswith(_CLOUD_PC_PLANS)
        ),
    )


def read_device(body: dict[str, Any]) -> Device:
    """Return a device of the directory."""
    return Device(
        object_id=body["id"],
        device_id=body.get("deviceId") or "",
        display_name=body.get("displayName") or "",
        trust_type=body.get("trustType"),
        registered_at=body.get("registrationDateTime"),
    )


def read_managed_device(body: dict[str, Any]) -> ManagedDevice:
    """Return a device of Intune."""
    return ManagedDevice(
        id=body["id"],
        device_name=body.get("deviceName") or "",
        device_id=body.get("azureADDeviceId"),
        enrolled_at=body.get("enrolledDateTime"),
        user_id=body.get("userId") or None,
    )


MOST = 20
"""Most requests of one batch."""

_ERROR = 400


class BatchClient(Protocol):
    """A client of Microsoft Graph, as far as a batch needs it."""

    async def request(self, method: str, path: str, *, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a request and return the object of the response."""


async def in_batches(graph: BatchClient, requests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | None]:
    """Send *requests* (method, url below the version, body), and return their answers in the same order.

    None: there is no such object (404). Raises: what the first other error means, as a single call would.
    """
    found: list[dict[str, Any] | None] = []
    for at in range(0, len(requests), MOST):
        found += await _one_batch(graph, requests[at : at + MOST])
    return found


async def _one_batch(graph: BatchClient, requests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | None]:
    headers = {"Content-Type": "application/json"}
    steps = [{"id": str(number), "headers": headers, **each} for number, each in enumerate(requests)]
    answer = await graph.request("POST", "/v1.0/$batch", body={"requests": steps})
    listed = answer.get("responses")
    answers = {each.get("id"): each for each in listed if isinstance(each, dict)} if isinstance(listed, list) else {}
    return [_body(answers.get(step["id"])) for step in steps]


def _body(answer: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the body of one answer of a batch, None for a missing object; raise for other errors."""
    status, body = (answer.get("status"), answer.get("body")) if answer else (None, None)
    if not isinstance(status, int):
        raise UnavailableError("Graph answered a batch without one of its requests")
    if status < _ERROR:
        if not isinstance(body, dict):
            raise UnavailableError("Graph answered a request of a batch with something that is not an object")
        return body
    code, message = read_error(json.dumps(body))
    error = decide(status, code, message, after=_retry_after(answer))
    if isinstance(error, MissingError):
        return None
    raise error


def _retry_after(answer: Mapping[str, Any] | None) -> timedelta | None:
    headers = answer.get("headers") if answer else None
    given = {str(name).lower(): value for name, value in headers.items()} if isinstance(headers, dict) else {}
    seconds = str(given.get("retry-after", ""))
    return timedelta(seconds=int(seconds)) if seconds.isdigit() else None
