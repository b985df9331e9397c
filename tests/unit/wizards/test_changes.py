"""The sentence of a review on changes has the labels of the form, and no name of a property."""

import re

import pytest
from pydantic.alias_generators import to_camel

from shared.domain.policies.policy import Policy
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.tenants.tenant import TenantSettings
from shared.domain.values import Value
from shared.domain.wizards import WIZARDS
from shared.domain.wizards.changes import changes, labels_of, summary_of
from shared.domain.wizards.edit_image_set import EDIT_IMAGE_SET
from shared.domain.wizards.edit_spot_group import EDIT_SPOT_GROUP
from shared.domain.wizards.edits import EDIT_PROVISIONING_POLICY
from shared.domain.wizards.forms import Wizard
from shared.domain.wizards.places import EDIT_TENANT

CODE = re.compile(r"[a-z]+[A-Z]\w*|\w+_\w+")
"""A name of a property, and nothing that people are shown."""


@pytest.mark.parametrize("wizard", WIZARDS.values(), ids=WIZARDS)
def test_every_field_of_every_form_has_a_label(wizard: Wizard) -> None:
    fields = {step.name: step.accepts.model_fields if step.accepts else {} for step in wizard.steps}
    assert [(step, name) for step, each in fields.items() for name, field in each.items() if not field.title] == []
    assert [label for label in labels_of(wizard).values() if CODE.search(label)] == []


_OF_EVERY_RECORD = frozenset({"tenant_id", "created_date_time", "last_modified_date_time"})
_STAYS = frozenset({"license_type", "site_id", "connection_id", "image_set_id", "image_version", "release_id"})
"""Properties of a Spot Group that its wizard does not edit."""


@pytest.mark.parametrize(
    ("wizard", "record", "stays"),
    [
        (EDIT_PROVISIONING_POLICY, Policy, _OF_EVERY_RECORD),
        (EDIT_TENANT, TenantSettings, frozenset()),
        (EDIT_SPOT_GROUP, SpotGroup, _OF_EVERY_RECORD | _STAYS | {"deleting_since"}),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_whatever_differs_between_records_is_said_by_labels(
    wizard: Wizard, record: type[Value], stays: frozenset[str]
) -> None:
    coded = {name for name in record.model_fields if CODE.search(changes(wizard, [to_camel(name)]))}
    assert coded == stays & {name for name in record.model_fields if "_" in name}


def test_a_change_is_said_once() -> None:
    assert summary_of(EDIT_PROVISIONING_POLICY, ["gracePeriodInHours", "imageDisplayName", "imageId"]) == (
        "Changes: Grace period (hours), Image."
    )
    assert changes(EDIT_PROVISIONING_POLICY, ["domainJoinConfigurations"]) == "Connections"
    assert summary_of(EDIT_IMAGE_SET, ["description", "recipe", "secrets"]) == "Changes: Description, Recipe, Secrets."
    assert summary_of(EDIT_TENANT, []) == "Nothing changes."
