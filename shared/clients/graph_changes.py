"""Changes in Microsoft Graph: delta queries, and subscriptions to change notifications (docs/notes/azure.md 2)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shared.contracts.refusals import DeclinedError, MissingError
from shared.domain.azure_errors import DELTA_LINK_EXPIRED
from shared.domain.tenants.directory_subscriptions import DirectoryChanges, Resource, Subscription
from shared.errors import UnavailableError

if TYPE_CHECKING:  # azure-core's pipeline is loaded when first used: cold start
    from shared.clients.graph import Graph

_DELTAS = {
    Resource.USERS: "/v1.0/users/delta?$select=accountEnabled,assignedLicenses",
    Resource.GROUPS: "/v1.0/groups/delta?$select=members",
}
_FROM_NOW = "&$deltatoken=latest"
_USER = "#microsoft.graph.user"


class LinkExpiredError(Exception):
    """A delta link has expired: everything has to be read again."""


async def changes_since(graph: Graph, resource: Resource, link: str | None) -> DirectoryChanges:
    """Return the changes since *link*; None: start now, with no changes. Pages may be empty or repeat a change.

    Raises: LinkExpiredError if Graph no longer accepts the link, UnavailableError if any page fails.
    """
    following: str | None = link or _DELTAS[resource] + _FROM_NOW
    items: list[dict[str, Any]] = []
    while following:
        try:
            page = await graph.request("GET", following)
        except (DeclinedError, MissingError) as declined:
            if declined.code.lower() in DELTA_LINK_EXPIRED:
                raise LinkExpiredError(declined.code) from declined
            raise
        items += page.get("value") or []
        following, end = page.get("@odata.nextLink"), page.get("@odata.deltaLink")
        if not following and not end:
            raise UnavailableError("Graph ended a delta query without a delta link")
        for address in (following, end):
            graph.refuse_foreign(address)
    return _changes(resource, items, str(end))


def _changes(resource: Resource, items: list[dict[str, Any]], link: str) -> DirectoryChanges:
    if resource is Resource.USERS:
        return DirectoryChanges(user_ids=frozenset(str(item["id"]) for item in items), link=link)
    members = [member for item in items for member in item.get("members@delta") or ()]
    users = frozenset(str(member["id"]) for member in members if member.get("@odata.type", _USER) == _USER)
    nested = any(member.get("@odata.type", _USER) != _USER for member in members)
    return DirectoryChanges(user_ids=users, structure=nested or any("@removed" in item for item in items), link=link)


async def subscribe(graph: Graph, resource: Resource, url: str, until: datetime, client_state: str) -> Subscription:
    """Subscribe *url* to change notifications; Graph validates *url* before it answers."""
    body = {
        "changeType": "updated,deleted",
        "notificationUrl": url,
        "lifecycleNotificationUrl": url,
        "resource": f"/{resource.value}",
        "expirationDateTime": _written(until),
        "clientState": client_state,
    }
    return _subscription(resource, await graph.request("POST", "/v1.0/subscriptions", body=body))


async def subscriptions_of(graph: Graph, url: str) -> dict[Resource, Subscription]:
    """Return the subscriptions of our app in the directory that notify *url*."""
    found: dict[Resource, Subscription] = {}
    following: str | None = "/v1.0/subscriptions"
    while following:
        page = await graph.request("GET", following)
        for each in page.get("value") or ():
            watched = str(each.get("resource", "")).strip("/")
            if each.get("notificationUrl") == url and watched in set(Resource):
                found[Resource(watched)] = _subscription(Resource(watched), each)
        following = page.get("@odata.nextLink")
        graph.refuse_foreign(following)
    return found


async def renew(graph: Graph, subscription: Subscription, until: datetime) -> Subscription:
    """Extend a subscription to *until*. Raises: MissingError if Graph has no such subscription."""
    body = {"expirationDateTime": _written(until)}
    answer = await graph.request("PATCH", f"/v1.0/subscriptions/{subscription.id}", body=body)
    return _subscription(subscription.resource, answer)


async def unsubscribe(graph: Graph, subscription: Subscription) -> None:
    """Delete a subscription, if it exists."""
    try:
        await graph.request("DELETE", f"/v1.0/subscriptions/{subscription.id}")
    except MissingError:
        return


def _subscription(resource: Resource, answer: dict[str, Any]) -> Subscription:
    ends = datetime.fromisoformat(str(answer["expirationDateTime"]))
    return Subscription(id=str(answer["id"]), resource=resource, expires_at=ends.astimezone(UTC))


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
