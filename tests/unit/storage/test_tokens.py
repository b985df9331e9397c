"""Beginning of the next page of a table: as Table Storage has said it, and in no other table."""

from __future__ import annotations

import pytest

from shared.errors import InvalidError
from shared.storage.tables import _continuation, _token


@pytest.mark.parametrize("key", ["000-é", None], ids=["a row", "only a partition, as Azure may say"])
def test_a_page_begins_where_table_storage_said(key: str | None) -> None:
    place = {"PartitionKey": "contoso", "RowKey": key}
    assert _continuation("sites", _token("sites", place)) == place
    assert _token("sites", None) is None
    with pytest.raises(InvalidError):
        _continuation("orphans", _token("sites", place))
