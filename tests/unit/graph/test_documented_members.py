"""Every property that Graph documents can be selected: what we have not is null, what nobody has is refused."""

import json
from pathlib import Path

import pytest

from shared.errors import InvalidError
from triggers.http.odata import Collection, read_query, refuse_unselectable, selected
from triggers.http.openapi import routes
from triggers.http.openapi_metadata import Page, properties_of

DOCUMENTED: dict[str, str] = json.loads(Path(__file__).with_name("documented_members.json").read_text())["members"]
LISTS = {
    route.metadata.query.name: (route.metadata.query, properties_of(page))
    for route in routes()
    if route.metadata is not None
    and route.metadata.graph
    and isinstance(route.metadata.query, Collection)
    and isinstance(page := route.metadata.returns.get(200), Page)
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_what_graph_documents_is_shown_or_null(name: str) -> None:
    collection, shown = LISTS[name]
    documented = frozenset(DOCUMENTED[name].split())
    lacking = frozenset(collection.lacks.split())
    assert documented - shown == lacking
    query = read_query({"$select": ",".join(sorted(documented))}, collection)
    refuse_unselectable(query, collection, shown)
    assert selected({"id": "1"}, query, collection) == {"id": "1", **dict.fromkeys(lacking)}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_what_nobody_has_is_refused(name: str) -> None:
    collection, shown = LISTS[name]
    with pytest.raises(InvalidError, match="colour"):
        refuse_unselectable(read_query({"$select": "colour"}, collection), collection, shown)
