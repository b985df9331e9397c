"""A policy and a snapshot share a nested part, and their rows are as they were when each had the fields itself.

The JSON is what the commit before wrote: it is read, and what is written is the same, so that a release before this one
reads it after a rollback.
"""

from typing import Any

import pytest

from shared.domain.policies.configuration import ConfigurationStep, DecidedConfiguration, SecurityDefaults
from shared.domain.policies.policy import Policy, Snapshot
from shared.domain.values import FlatValue, Value
from shared.storage.codec import Codec, joined, newer_of, parts, seen
from shared.storage.tables import Row
from tests.integration import things

SECURITY = {
    "clipboard": True,
    "drives": False,
    "printers": False,
    "usbDevices": False,
    "virtualizationBasedSecurity": True,
}
POLICY: dict[str, Any] = {
    "id": "p1",
    "tenantId": "contoso",
    "displayName": "Everybody",
    "description": "",
    "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "onPremisesConnectionId": "c1"}],
    "imageType": "gallery",
    "imageId": "windows_desktop_win11-ent",
    "imageDisplayName": "",
    "locale": "de-DE",
    "localAdminEnabled": True,
    "enableSingleSignOn": False,
    "securityDefaults": SECURITY,
    "cloudPcNamingTemplate": "PC-%RAND:6%",
    "gracePeriodInHours": 24,
    "assignments": [{"id": "a1", "groupId": "g1", "assignedAt": "2026-11-21T09:00:00Z"}],
    "createdDateTime": "2026-11-21T09:00:00Z",
    "lastModifiedDateTime": "2026-11-21T09:00:00Z",
}
SNAPSHOT: dict[str, Any] = {
    "policyId": "p1",
    "policyName": "Everybody",
    "connectionId": "c1",
    "connectionName": "Hosted",
    "joinType": "azureADJoin",
    "image": {
        "marketplace": {"publisher": "Windows", "offer": "desktop", "sku": "win11-ent", "version": "latest"},
    },
    "imageDisplayName": "Windows 11",
    "locale": "en-US",
    "localAdminEnabled": False,
    "enableSingleSignOn": True,
    "securityDefaults": {**SECURITY, "clipboard": False},
    "namingTemplate": "CPC-%USERNAME:4%-%RAND:5%",
    "gracePeriodInHours": 168,
}
CHOSEN = ConfigurationStep(
    locale="de-DE",
    local_admin_enabled=True,
    enable_single_sign_on=False,
    security_defaults=SecurityDefaults(clipboard=True),
    naming_template="PC-%RAND:6%",
    grace_period_in_hours=24,
)
LATER: set[str] = set()
"""Fields that came after that commit: it keeps what it does not know (``test_newer_releases.py``)."""
LEFT_OUT = {name: each for name, each in POLICY.items() if name not in {"cloudPcNamingTemplate", "gracePeriodInHours"}}


def row_of(body: Any) -> Row:
    return {"PartitionKey": "contoso", "RowKey": "p1", "schema": 1, **parts(body)}


@pytest.mark.parametrize(("model", "body"), [(Policy, POLICY), (Policy, LEFT_OUT), (Snapshot, SNAPSHOT)])
def test_a_row_of_the_release_before_is_read_and_written_as_it_was(
    model: type[FlatValue], body: dict[str, Any]
) -> None:
    written = joined(Codec(model).row(Codec(model).value(row_of(body)), "contoso", "p1"))
    assert {name: each for name, each in written.items() if name in body} == body
    assert written.keys() - body.keys() == LATER


def test_the_parts_are_nested_in_python() -> None:
    assert Policy.model_validate(POLICY) == things.policy(configuration=CHOSEN)
    assert Snapshot.model_validate(SNAPSHOT) == things.snapshot()
    assert type(things.snapshot().configuration) is DecidedConfiguration


def test_a_change_may_name_a_field_of_a_part_and_leaves_the_others() -> None:
    policy = things.policy(configuration=CHOSEN)
    assert policy.but(locale="fr-FR").configuration == CHOSEN.but(locale="fr-FR")
    assert policy.but(cloud_pc_naming_template=None).configuration == CHOSEN.but(naming_template=None)


def test_fields_of_a_newer_release_survive_a_change_by_this_one() -> None:
    value, newer = Codec(Policy).read(row_of({**POLICY, "colour": "blue", "securityDefaults": {**SECURITY, "usb": 4}}))
    row = Codec(Policy).row(value.but(locale="fr-FR"), "contoso", "p1", newer=newer_of(seen("W/1", newer)))
    changed = {"locale": "fr-FR", "colour": "blue", "securityDefaults": {**SECURITY, "usb": 4}}
    assert {name: each for name, each in joined(row).items() if name not in LATER} == {**POLICY, **changed}


def test_a_stored_record_stays_readable_when_a_rule_for_forms_becomes_stricter() -> None:
    assert Policy.model_validate({**POLICY, "locale": "xx-XX"}).configuration.locale == "xx-XX"


class Part(Value):
    first_name: str = "a"


class Whole(FlatValue):
    id: str
    part: Part


def test_a_part_without_another_name_is_flat_only_where_it_is_marked() -> None:
    assert Whole(id="w", part=Part()).to_json() == {"id": "w", "part": {"firstName": "a"}}
