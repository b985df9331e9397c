"""Everything that can be set is on a page of the portal: derived of the document, shown whole, or named by the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from local.portal_bundle import fields
from shared.domain.cloud_pcs.user_setting import UserSettingForm
from shared.domain.wizards import WIZARDS
from tests.unit.openapi.test_document import DOCUMENT

FEATURES = Path(__file__).parents[3] / "portal" / "src" / "features"
WHOLE = {"spot-groups": {"sessions", "hosts", "capacity"}, "tenants": {"settings"}}
"""The parts of which a page shows every member, whatever there is."""
ELSEWHERE = {
    "spot-groups": {
        "groupIds": "as groups, by their names",
        "sharedDrive": "as sharedData: another path than that of profiles",
    },
    "connections": {
        "joinType": "as connectionType",
        "network": "as virtualNetworkId and subnetIds",
        "domain": "as adDomainName, adDomainUsername and organizationalUnit; the password is never shown",
    },
    "policies": {
        "connectionIds": "as domainJoinConfigurations",
        "imageType": "with imageDisplayName",
        "imageId": "with imageDisplayName",
        "groupIds": "as assignments",
    },
}
PAGES = {
    "policies": "create-provisioning-policy",
    "connections": "create-connection",
    "spot-groups": "create-spot-group",
    "tenants": "edit-tenant",
}


def source(folder: str) -> str:
    """Return the code of a feature's pages."""
    return "\n".join(path.read_text("utf-8") for path in (FEATURES / folder).rglob("*.ts*"))


def settable(wizard: str) -> Iterator[tuple[str, str]]:
    """Yield the fields of a wizard with their steps; of a step that is one part, the part."""
    for step in WIZARDS[wizard].steps:
        accepts: type[BaseModel] | None = step.accepts
        for name, field in accepts.model_fields.items() if accepts else ():
            yield step.name, field.alias or name


def missing(folder: str, names: set[str]) -> set[str]:
    """Return the names that no page of a feature has."""
    code = source(folder)
    return {name for name in names if not re.search(rf"\b{name}\b", code)}


@pytest.mark.parametrize("folder", PAGES)
def test_what_a_wizard_sets_is_on_a_page(folder: str) -> None:
    derived = re.findall(r'fieldFacts\(FIELDS\.\w+, "(\w+)"', source(folder))
    whole = WHOLE.get(folder, set())
    named = {name for step, name in settable(PAGES[folder]) if step not in {*derived, *whole} and name not in whole}
    assert missing(folder, named - ELSEWHERE.get(folder, {}).keys()) == set()
    assert [part for part in whole if not re.search(rf"<Facts facts=[^>]*\.{part}\b", source(folder))] == []


def test_what_a_user_setting_says_is_on_its_page() -> None:
    said = {field.alias or name for name, field in UserSettingForm.model_fields.items()}
    assert missing("user-settings", said) == set()


def test_the_module_of_the_portal_has_every_property_that_the_document_names() -> None:
    module = fields(DOCUMENT)
    for name, each in DOCUMENT["components"]["schemas"]["Policy"]["properties"].items():
        assert (f'"{name}": {{' in module) == ("x-deskwright-field" in each), name
