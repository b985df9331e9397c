"""Graph's clients name the types of objects at any depth: an annotation is nowhere an unknown field."""

import json
from typing import Any

import pytest

from tests.integration.asking import ask, told
from tests.integration.bodies import BODIES
from tests.integration.callers import Office
from tests.integration.desks import with_a_host
from tests.integration.scenes import SETTING, WORKS

GRAPH = sorted(which for which, (name, _, _) in BODIES.items() if "…" in name)


def annotated(value: Any) -> Any:
    """Return a body with an annotation in each of its objects."""
    if isinstance(value, dict):
        return {"@odata.type": "#microsoft.graph.x", **{name: annotated(each) for name, each in value.items()}}
    return [annotated(each) for each in value] if isinstance(value, list) else value


@pytest.fixture
async def furnished(office: Office) -> Office:
    await office.cloud_pcs.insert(WORKS)
    await with_a_host(office)
    await office.user_settings.insert(SETTING)
    return office


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize("which", GRAPH)
async def test_an_annotation_is_no_field(routes: dict[str, Any], which: str) -> None:
    name, body, where = BODIES[which]
    answer = await ask(routes[name], name, body=json.dumps(annotated(body)).encode(), at={"id": WORKS.id, **where})
    assert [told for told in told(answer) if "@odata" in told[0]] == []
