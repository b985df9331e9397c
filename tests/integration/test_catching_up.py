"""A directory that does not say what has changed is read whole again within a day; on real tables."""

from datetime import timedelta
from typing import Any

from shared.errors import RefusedError
from shared.storage.due import EVERYBODY, Due, DueKind
from shared.storage.tables import Tables
from tests.integration import things
from tests.integration.services import PaperDirectory, PaperServices, in_place
from tests.integration.test_by_hand import IdleHost
from triggers.sweeps import _catch_up


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
