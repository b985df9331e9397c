"""A property of a policy is a field and a row: everything else is derived (CONTRIBUTING.md, "Add a field ...")."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import Field, TypeAdapter

from shared.domain.filtering import Kind
from shared.domain.graph_property import Property
from shared.domain.planning import drift
from shared.domain.policies import graph
from shared.domain.policies.configuration import ConfigurationStep, DecidedConfiguration
from shared.domain.tenants.tenant import TenantSettings
from shared.domain.values import FlatValue, Inlined
from shared.domain.wizards.edits import EDIT_PROVISIONING_POLICY
from shared.errors import InvalidError
from tests.cloud_pcs import edited
from tests.unit.explain.test_drift import POLICY, built
from tests.unit.openapi.test_document import DOCUMENT
from tests.unit.wizards import office
from triggers.http.bodies.declared import read_declared
from triggers.http.bodies.policies import PolicyBody, PolicyEdit
from triggers.http.properties import Properties, typed
from triggers.http.views.policies import PROPERTIES

SCHEMAS = DOCUMENT["components"]["schemas"]
NEW = Property("wallpaperEnabled", "configuration", "wallpaper_enabled", absent=False, rebuilt=True)


class NewStep(ConfigurationStep):
    """The first step of the recipe: a field."""

    wallpaper_enabled: bool = Field(True, title="Wallpaper", description="Whether the desktop has one.")


class NewPolicy(FlatValue):
    """A policy with that field."""

    id: str
    configuration: Annotated[NewStep, Inlined({"namingTemplate": "cloudPcNamingTemplate"})] = Field(
        default_factory=NewStep
    )


ROWS = Properties((*graph.PROPERTIES, NEW), {**PROPERTIES.steps, "configuration": NewStep})
BODY = typed("Body", ROWS.body_types(new=False))


def test_each_field_of_the_wizard_has_a_row_and_each_row_a_field() -> None:
    for step in EDIT_PROVISIONING_POLICY.steps:
        if step.accepts and step.name not in {"policy", "connection"}:
            rows = {row.field for row in graph.PROPERTIES if row.step == step.name}
            assert rows == set(step.accepts.model_fields), step.name
            assert PROPERTIES.steps[step.name] is step.accepts


@pytest.mark.parametrize("schema", ["Policy", "PolicyBody", "PolicyEdit"])
def test_the_document_says_of_each_what_the_portal_and_the_command_line_derive_from_it(schema: str) -> None:
    found = {
        name: each["x-deskwright-field"]["form"]
        for name, each in SCHEMAS[schema]["properties"].items()
        if "x-deskwright-field" in each
    }
    assert found == {row.name: f"{row.step}/{row.member}" for row in graph.PROPERTIES}


def test_a_new_field_is_in_the_bodies_the_form_and_the_view() -> None:
    (schema,) = [TypeAdapter(BODY).json_schema()["properties"][NEW.name]]
    assert (schema["type"], schema["x-deskwright-field"]["title"]) == ("boolean", "Wallpaper")
    assert ROWS.form({})["configuration"]["wallpaperEnabled"] is False
    form: dict[str, Any] = {"configuration": {"wallpaperEnabled": True}}
    ROWS.change(form, {"wallpaperEnabled": False})
    assert form["configuration"] == {"wallpaperEnabled": False}
    policy = NewPolicy(id="p", configuration=NewStep(wallpaper_enabled=False))
    rows = Properties((NEW,), ROWS.steps)
    assert rows.view(policy, policy.configuration) == {"wallpaperEnabled": False}
    assert "wallpaperEnabled" in typed("View", ROWS.view_types()).__annotations__


def test_a_new_field_is_filtered_by_and_its_errors_point_to_it() -> None:
    assert ROWS.kinds["wallpaperEnabled"] is Kind.FLAG
    assert ROWS.pointers()["/configuration/wallpaperEnabled"] == "/wallpaperEnabled"
    (problem,) = read_declared(BODY, {"wallpaperEnabled": "yes"}).problems
    assert (problem.pointer, problem.message) == ("/wallpaperEnabled", "write true or false")


def test_a_new_field_is_stored_beside_the_others_and_old_rows_have_its_default() -> None:
    stored = NewPolicy(id="p", configuration=NewStep(wallpaper_enabled=False)).to_json()
    assert stored["wallpaperEnabled"] is False
    del stored["wallpaperEnabled"]
    assert NewPolicy.model_validate(stored).configuration.wallpaper_enabled is True


def test_a_row_that_a_rebuild_brings_to_a_machine_is_drift(monkeypatch: pytest.MonkeyPatch) -> None:
    pc = built()
    assert pc.current.snapshot is not None
    pc = edited(pc, snapshot=pc.current.snapshot.but(grace_period_in_hours=1))
    before = office.today(POLICY).drift(pc)
    rebuilt = Property("gracePeriodInHours", "configuration", "grace_period_in_hours", rebuilt=True)
    monkeypatch.setattr(drift, "PROPERTIES", (rebuilt,))
    after = office.today(POLICY).drift(pc)
    assert before is not None
    assert after is not None
    assert (before.differs, after.differs) == ((), ("gracePeriodInHours",))


def test_a_configuration_of_one_cloud_pc_leaves_nothing_to_the_tenant() -> None:
    settings = TenantSettings(naming_template="PC-%RAND:6%", grace_period_in_hours=24)
    own = ConfigurationStep(grace_period_in_hours=5).decided(settings)
    assert (own.naming_template, own.grace_period_in_hours) == ("PC-%RAND:6%", 5)
    assert {name for name, value in own if value is None} & TenantSettings.model_fields.keys() == set()
    assert set(DecidedConfiguration.model_fields) == set(ConfigurationStep.model_fields)


@pytest.mark.parametrize("declared", [PolicyBody, PolicyEdit])
def test_what_is_not_supported_is_refused_by_its_type(declared: type[Any]) -> None:
    body = read_declared(declared, {"managedBy": "rpaBox", "scopeIds": ["0"], "autopatch": {"autopatchGroupId": None}})
    with pytest.raises(InvalidError, match="managedBy: is not supported; leave it out, or write windows365 or null"):
        body.settle()
    assert not {"/scopeIds", "/autopatch"} & {problem.pointer for problem in body.problems}
