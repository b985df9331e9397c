"""Directories that say no: what they do not tell is read otherwise, and nobody asks them again and again."""

from datetime import timedelta
from typing import Any

from shared.errors import RefusedError
from shared.storage.due import EVERYBODY, Due, DueKind
from shared.storage.tables import Tables
from tests.integration import things
from tests.integration.services import IdleHost, PaperDirectory, PaperServices, in_place
from triggers.sweeps import _catch_up, _start_reconcile


class SilentDirectory(PaperDirectory):
    """A directory whose administrator has not allowed delta queries."""

    async def ask(self, method: str, path: str) -> dict[str, Any]:
        del method, path
        raise RefusedError("Authorization_RequestDenied", "no")


async def test_who_is_told_nothing_reads_everybody_again_within_a_day(tables: Tables) -> None:
    here = PaperServices(tables)
    here.directory = SilentDirectory()
    await here.tenants.insert(things.tenant())
    host: Any = IdleHost()
    with in_place(here):
        await _catch_up(here, host, Due(DueKind.CATCH_UP, things.NOW, "contoso", "contoso"))
    dues = await here.due.due(DueKind.REREAD, things.NOW + timedelta(days=1))
    assert [due.subject_id for due in dues] == [EVERYBODY]


async def test_a_reconcile_that_is_refused_is_tried_ever_more_rarely(tables: Tables) -> None:
    here, waits = PaperServices(tables), []
    await here.requests.ask("contoso", things.NOW)
    due = Due(DueKind.RECONCILE, things.NOW + timedelta(minutes=2), "contoso", "contoso")
    here.hand.at = due.at
    host: Any = IdleHost()
    for _ in range(7):
        again_at = await _start_reconcile(here, host, due)
        assert again_at is not None
        waits.append((again_at - here.hand.at) // timedelta(minutes=1))
        here.hand.at = again_at
    assert waits == [2, 4, 8, 16, 32, 60, 60]
    assert len(host.started) == 7
