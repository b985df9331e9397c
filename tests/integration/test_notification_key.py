"""A new version of the notification key: both count while subscriptions of the older one are there, then it alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.contracts.outcomes import DeclinedError, MissingError, Refused
from shared.domain.tenants.directory import WATCH, Subscription, WatchedResource, client_state
from shared.services.tenants import directory_subscriptions
from shared.services.tenants.directory_subscriptions import is_from_graph, subscription_due
from shared.storage.due import Due, DueKind, Renewal
from tests.integration import things
from tests.integration.services import IdleHost, PaperServices

URL = "https://app.example/api/graph/notifications"
USERS, GROUPS = WatchedResource.USERS, WatchedResource.GROUPS


class VersionedVault:
    """A vault with one secret and its versions, oldest first; *disabled* ones are refused."""

    def __init__(self) -> None:
        self.versions = ["first"]
        self.disabled: set[str] = set()

    async def read_version(self, address: str, version: str | None = None) -> tuple[str, str]:
        assert address == "https://vault.invalid/secrets/graph-notifications"
        id_ = version or self.versions[-1]
        if id_ in self.disabled:
            raise DeclinedError(Refused(code="Forbidden", message="the secret is disabled"))
        return f"key {id_}", id_


class PaperSubscriptions:
    """Graph's subscriptions, as it has them: one for each resource, with a clientState that nothing changes."""

    def __init__(self) -> None:
        self.there: dict[str, tuple[Subscription, str]] = {}
        self.calls: list[str] = []
        self.cut_at: str | None = None

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if self.cut_at == name:
            self.cut_at = None
            raise KeyboardInterrupt

    def of(self, resource: WatchedResource) -> tuple[Subscription, str] | None:
        return next((each for each in self.there.values() if each[0].resource is resource), None)

    async def subscribe(self, _: Any, resource: WatchedResource, url: str, until: datetime, state: str) -> Subscription:
        assert url == URL
        assert self.of(resource) is None, "409: it exists already"
        made = Subscription(id=f"{resource.value}-{len(self.calls)}", resource=resource, expires_at=until)
        self.there[made.id] = made, state
        self._call(f"subscribe {resource.value}")
        return made

    async def renew(self, _: Any, known: Subscription, until: datetime) -> Subscription:
        if known.id not in self.there:
            raise MissingError(Refused(code="ResourceNotFound", message=known.id))
        self._call(f"renew {known.resource.value}")
        return Subscription(id=known.id, resource=known.resource, expires_at=until)

    async def unsubscribe(self, _: Any, known: Subscription) -> None:
        self.there.pop(known.id, None)
        self._call(f"unsubscribe {known.resource.value}")

    async def subscriptions_of(self, _: Any, url: str) -> dict[WatchedResource, Subscription]:
        assert url == URL
        return {each.resource: each for each, _ in self.there.values()}


@pytest.fixture
def graph(contoso: PaperServices, monkeypatch: pytest.MonkeyPatch) -> PaperSubscriptions:
    paper, vault = PaperSubscriptions(), VersionedVault()
    for name in ("subscribe", "renew", "unsubscribe", "subscriptions_of"):
        monkeypatch.setattr(directory_subscriptions, name, getattr(paper, name))
    monkeypatch.setattr(contoso, "vault", lambda: vault)
    contoso.settings = contoso.settings.model_copy(update={"notification_url": URL})
    return paper


async def renewal(services: PaperServices, variant: Renewal = Renewal.REGULAR) -> None:
    due = Due(DueKind.SUBSCRIBE, services.hand.at, things.TENANT_ID, things.TENANT_ID, variant)
    await subscription_due(services, IdleHost(), due)


async def counts(services: PaperServices, *versions: str) -> list[bool]:
    services.hand.advance(timedelta(hours=2))  # caches end
    states = [client_state(f"key {version}", things.DIRECTORY) for version in versions]
    return [await is_from_graph(services, things.DIRECTORY, state) for state in states]


async def test_a_subscription_of_an_older_key_is_replaced_and_the_directory_is_read(
    contoso: PaperServices, graph: PaperSubscriptions
) -> None:
    vault: Any = contoso.vault()
    await renewal(contoso)
    vault.versions.append("second")
    assert await counts(contoso, "first", "second", "third") == [True, True, False]
    graph.calls.clear()
    await renewal(contoso)
    assert graph.calls == ["unsubscribe users", "unsubscribe groups", "subscribe users", "subscribe groups"]
    state = client_state("key second", things.DIRECTORY)
    assert [state for _, state in graph.there.values()] == [state, state]
    soon = await contoso.due.due(DueKind.CATCH_UP, contoso.hand.at + timedelta(minutes=2))
    assert [each.tenant_id for each in soon] == [things.TENANT_ID]
    assert await counts(contoso, "first", "second") == [False, True]
    graph.calls.clear()
    await renewal(contoso, Renewal.REQUESTED)
    assert graph.calls == ["renew users", "renew groups"]


async def test_a_disabled_version_counts_no_longer_at_all(contoso: PaperServices, graph: PaperSubscriptions) -> None:
    vault: Any = contoso.vault()
    await renewal(contoso)
    vault.versions.append("second")
    vault.disabled.add("first")
    assert await counts(contoso, "first", "second") == [False, True]
    await renewal(contoso)
    assert len(graph.there) == 2


@pytest.mark.parametrize("cut", ["unsubscribe users", "unsubscribe groups", "subscribe users", "subscribe groups"])
async def test_a_replacement_that_is_cut_off_is_carried_out_by_the_next_renewal(
    contoso: PaperServices, graph: PaperSubscriptions, cut: str
) -> None:
    vault: Any = contoso.vault()
    await renewal(contoso)
    vault.versions.append("second")
    graph.cut_at = cut
    with pytest.raises(KeyboardInterrupt):
        await renewal(contoso)
    await renewal(contoso)
    state = client_state("key second", things.DIRECTORY)
    assert {each.resource: state for each, state in graph.there.values()} == {USERS: state, GROUPS: state}
    watch = (await contoso.watches.get(things.DIRECTORY, WATCH)).value
    assert {each.key_version for each in watch.subscriptions} == {"second"}
    assert {each.id for each in watch.subscriptions} == set(graph.there)
