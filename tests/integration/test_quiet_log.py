"""Log records of storage requests at the worker's root logger: none, though it lets INFO pass."""

import logging
from collections.abc import Iterator

import pytest

from shared.log_records import quiet_libraries
from tests.integration import things
from tests.integration.services import PaperServices


@pytest.fixture(autouse=True)
def loud() -> Iterator[logging.Logger]:
    """The SDK's logger as a new process has it."""
    logger = logging.getLogger("azure")
    before = logger.level
    logger.setLevel(logging.NOTSET)
    yield logger
    logger.setLevel(before)


async def ask(deps: PaperServices) -> None:
    await deps.tenants.get(things.tenant().id)
    await deps.cloud_pcs.insert(things.cloud_pc("ada"))
    assert [stored.value.id async for stored in deps.cloud_pcs.each(things.tenant().id)]


async def test_a_request_to_storage_leaves_no_record(contoso: PaperServices, caplog: pytest.LogCaptureFixture) -> None:
    quiet_libraries()
    with caplog.at_level(logging.INFO):
        await ask(contoso)
    assert [record.getMessage() for record in caplog.records if record.name.startswith("azure")] == []


async def test_without_that_there_are_two_for_each_with_keys_of_rows(
    contoso: PaperServices, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        await ask(contoso)
    told = [record.getMessage() for record in caplog.records if record.name.startswith("azure")]
    assert len(told) >= 6
    assert "contoso" in "".join(told)
