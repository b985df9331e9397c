"""Directories that say no: what they do not tell is read otherwise, and nobody asks them again and again."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.tenants.directory import WATCH, Subscription, Watch, WatchedResource
from shared.errors import RefusedError
from shared.services.policies.reconciling import reconcile_due
from shared.services.tenants.directory_changes import catch_up_due
from shared.services.tenants.directory_subscriptions import subscription_due
from shared.storage.due import EVERYBODY, Due, DueKind, Renewal
from shared.storage.tables import Tables
from tests.integration import things
from tests.integration.services import IdleHost, PaperDirectory, PaperServices, in_place


class SilentDirectory(PaperDirectory):
    """A directory whose administrator has allowed neither delta queries nor subscriptions."""

    async def request(self, method: str, path: str, **_: Any) -> dict[str, Any]:
        del method, path
        raise RefusedError("Authorization_RequestDenied", "no")


class PaperVault:
    """A key vault of one secret, which has one version."""

    async def read_version(self, address: str, version: str | None = None) -> tuple[str, str]:
        return f"the secret at {address}", version or "first"


async def test_a_tenant_without_notifications_reads_everybody_again_within_a_day(tables: Tables) -> None:
    here = PaperServices(tables)
    here.directory = SilentDirectory()
    await here.tenants.insert(things.tenant())
    host: Any = IdleHost()
    with in_place(here):
        await catch_up_due(here, host, Due(DueKind.CATCH_UP, things.NOW, "contoso", "contoso"))
    dues = await here.due.due(DueKind.REREAD, things.NOW + timedelta(days=1))
    assert [due.subject_id for due in dues] == [EVERYBODY]


async def test_what_graph_wants_renewed_is_asked_for_until_it_is_granted(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = PaperServices(tables)
    here.settings = here.settings.model_copy(update={"notification_url": "https://desks.invalid/notifications"})
    here.directory = SilentDirectory()
    monkeypatch.setattr(here, "vault", PaperVault)
    await here.tenants.insert(things.tenant())
    later = things.NOW + timedelta(days=27)
    lasting = [Subscription(id=of, resource=of, expires_at=later, key_version="v1") for of in WatchedResource]
    await here.watches.insert(Watch(tenant_id=things.DIRECTORY, subscriptions=tuple(lasting)))
    host: Any = IdleHost()
    with in_place(here):
        await subscription_due(here, host, Due(DueKind.SUBSCRIBE, things.NOW, "contoso", "contoso", Renewal.REQUESTED))
    (again,) = await here.due.due(DueKind.SUBSCRIBE, things.NOW + timedelta(hours=1))
    assert again.variant is Renewal.REQUESTED
    assert (await here.watches.get(things.DIRECTORY, WATCH)).value.subscriptions == tuple(lasting)


async def test_a_reconcile_that_is_refused_is_tried_ever_more_rarely(tables: Tables) -> None:
    here, waits = PaperServices(tables), []
    await here.requests.add("contoso", things.NOW)
    due = Due(DueKind.RECONCILE, things.NOW + timedelta(minutes=2), "contoso", "contoso")
    here.hand.at = due.at
    host: Any = IdleHost()
    for _ in range(7):
        again_at = await reconcile_due(here, host, due)
        assert again_at is not None
        waits.append((again_at - here.hand.at) // timedelta(minutes=1))
        here.hand.at = again_at
    assert waits == [2, 4, 8, 16, 32, 60, 60]
    assert len(host.started) == 7
