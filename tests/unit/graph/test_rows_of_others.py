"""Properties of connections, user settings and Spot Groups: a field and a row each, everything else is derived."""

from __future__ import annotations

from typing import Any, NotRequired, Required, get_origin

import pytest
from pydantic import Field, TypeAdapter

from shared.domain.cloud_pcs.user_setting import UserSettingEdit, UserSettingForm
from shared.domain.filtering import Kind
from shared.domain.graph_property import Property, changed, edit_of
from shared.domain.networks import graph
from shared.domain.networks.connection import Connection, Domain
from shared.domain.values import Value
from shared.domain.wizards.create_connection import DomainStep
from shared.domain.wizards.edits import EditDomainStep
from tests.unit.wizards import office
from triggers.http.properties import Properties
from triggers.http.views import connections, spot_groups, users

NEW = Property("dnsSuffix", "credentials/domain", "dns_suffix")
RESOURCES = {"connection": connections.PROPERTIES, "userSetting": users.PROPERTIES, "spotGroup": spot_groups.PROPERTIES}


class NewDomainStep(DomainStep):
    """The domain of a hybrid join, with one more field."""

    dns_suffix: str = Field(title="DNS suffix", max_length=50)


class NewDomain(Domain):
    """A saved domain, with that field."""

    dns_suffix: str = ""


class NewConnection(Connection):
    """A connection with such a domain."""

    domain: NewDomain | None = None


ROWS = Properties((*graph.PROPERTIES, NEW), {**connections.PROPERTIES.steps, "credentials/domain": NewDomainStep})


@pytest.mark.parametrize("resource", RESOURCES)
def test_each_row_names_a_field_of_its_step(resource: str) -> None:
    properties = RESOURCES[resource]
    assert [row.name for row in properties.rows if row.field not in properties.steps[row.step].model_fields] == []


def test_each_field_of_a_domain_has_a_row_and_can_be_edited_and_stored() -> None:
    rows = {row.field for row in graph.PROPERTIES if row.step == "credentials/domain"}
    assert rows == set(DomainStep.model_fields) == set(EditDomainStep.model_fields)
    assert rows - set(Domain.model_fields) == {"ad_domain_password"}


def test_a_new_field_is_in_the_bodies_the_form_the_view_and_the_filters() -> None:
    types = ROWS.body_types(new=True)
    assert get_origin(types["dnsSuffix"]) is NotRequired  # the domain itself may be left out
    assert get_origin(types["displayName"]) is Required
    assert ROWS.form({"dnsSuffix": "corp"})["credentials"]["domain"] == {"dnsSuffix": "corp"}
    assert "domain" not in ROWS.form({})["credentials"]
    assert ROWS.named({"dnsSuffix": "corp"}) == {"credentials": {"domain": {"dnsSuffix": "corp"}}}
    assert ROWS.pointers()["/credentials/domain/dnsSuffix"] == "/dnsSuffix"
    assert ROWS.kinds["dnsSuffix"] is Kind.TEXT


def test_a_record_without_the_object_shows_null() -> None:
    plain = NewConnection(**dict(office.connection()))
    assert ROWS.view(plain, plain)["dnsSuffix"] is None
    named: dict[str, Any] = {
        "ad_domain_name": "corp.example",
        "ad_domain_username": "corp\\j",
        "password_secret_url": "x",
    }
    hybrid = plain.but(domain=NewDomain(**named, dns_suffix="corp"))
    assert ROWS.view(hybrid, hybrid)["dnsSuffix"] == "corp"
    assert TypeAdapter(ROWS.view_types()["dnsSuffix"]).validate_python(None) is None


def test_a_password_is_written_and_never_shown_or_searched() -> None:
    rows = connections.PROPERTIES
    assert "adDomainPassword" in rows.body_types(new=True)
    assert not {"adDomainPassword"} & {*rows.view_types(), *rows.kinds, *rows.searched}


def test_a_change_of_user_settings_has_every_field_of_the_form() -> None:
    assert set(UserSettingEdit.model_fields) == set(UserSettingForm.model_fields)


def test_what_an_object_of_a_change_leaves_out_stays() -> None:
    class Inner(Value):
        first: int = 1
        second: int = 2

    class Outer(Value):
        name: str = "a"
        inner: Inner = Field(default_factory=Inner)

    edit = edit_of(Outer, "OuterEdit", "A change.")
    before = Outer(inner=Inner(first=5, second=6))
    assert changed(before, edit.model_validate({"inner": {"second": 7}})) == Outer(inner=Inner(first=5, second=7))
    assert changed(before, edit.model_validate({})) == before
    assert changed(before, edit.model_validate({"name": "b"})).name == "b"
