"""*What is kept, and for how long* has each table, queue and container of the service, and no other."""

import re

from deployment.parameters import schemas, variable
from shared.clients.notice_queue import QUEUE as NOTICES
from shared.config import Settings
from shared.domain.exporting import CONTAINER, EXPORTED, LEFT_OUT
from shared.services.maintenance.purges import PURGES
from shared.services.tenants.directory_changes import POISON, QUEUE
from tests.house.tree import ROOT, text

PAGE = text(ROOT / "docs" / "operations.md").partition("## What is kept, and for how long")[2].partition("###")[0]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")][
    1:
]
TIMED = "a timer, every night"
BESIDE = {"bulkitems": "bulkactions"}
"""Tables that are purged with another one."""


def named(cell: str) -> list[str]:
    return re.findall(r"`([a-z-]+)`", cell)


def test_each_table_queue_and_container_has_one_row() -> None:
    queues = {QUEUE, POISON, NOTICES, f"{NOTICES}-poison"}
    assert sorted(each for row in ROWS for each in named(row[1])) == sorted([*EXPORTED, *LEFT_OUT, *queues, CONTAINER])
    assert [row for row in ROWS if len(row) != 4] == []


def test_what_a_timer_of_the_night_ends_is_what_has_a_purge() -> None:
    timed = {each for row in ROWS if row[3] == TIMED or "the same" in row[3] for each in named(row[1])}
    assert {BESIDE.get(each, each) for each in timed} - {"roledefinitions"} == set(PURGES)


def test_each_end_that_can_be_set_is_named_with_its_default() -> None:
    settings = {name: field for name, field in Settings.model_fields.items() if "_kept_in_" in name}
    for name, field in settings.items():
        (row,) = [row for row in ROWS if f"`DESKWRIGHT_{name.upper()}`" in " ".join(row)]
        assert field.default is None or re.search(rf"\b{field.default} ", " ".join(row)), row


def test_each_end_that_can_be_set_is_a_parameter_of_the_template() -> None:
    """A deployment writes all settings of ours: a change in the app alone would last until the next deployment."""
    wanted = {f"DESKWRIGHT_{name.upper()}" for name in Settings.model_fields if "_kept_in_" in name}
    assert wanted - set(map(variable, schemas())) == set()
