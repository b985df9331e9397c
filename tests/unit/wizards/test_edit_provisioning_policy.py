"""A PATCH changes what it names, by the wizard's rules; what it repeats is no change."""

from typing import Any

import pytest

from shared.domain.images.image import DeviceImageStatus, ImageType
from shared.domain.policies.configuration import SecurityDefaults
from shared.domain.policies.graph import SECURITY_DEFAULTS
from shared.domain.policies.policy import Policy
from shared.domain.tenants.tenant import TenantSettings
from shared.domain.wizards.create_provisioning_policy import PolicyFacts
from shared.domain.wizards.edits import PolicyForm as Form
from shared.domain.wizards.edits import changed_steps, fields_of, form_of, read_edit
from shared.errors import InvalidError
from tests.unit.wizards import office
from triggers.http.bodies.connections import Reachable
from triggers.http.bodies.declared import renamed
from triggers.http.bodies.policies import POINTERS, policy_edit_form
from triggers.http.views.policies import policy_view

SECURE = SecurityDefaults(clipboard=True)
POLICY = office.policy("p1", "staff", name="Office").but(
    description="Everybody",
    image_display_name="Windows 11",
    cloud_pc_naming_template="PC-%RAND:6%",
    security_defaults=SECURE,
)
CONNECTIONS = (office.connection(), office.connection("c2", site_id="far"))
FACTS = PolicyFacts(
    sites=(office.SITE, office.SITE.but(id="far", region="eastus")),
    connections=CONNECTIONS,
    images=(office.image(), office.image("building", DeviceImageStatus.PENDING)),
    policies=(POLICY, office.policy("p2", name="Taken")),
    gallery_images=(office.OFFERED,),
)
VIEW = policy_view(POLICY, TenantSettings())


def form(body: dict[str, Any], policy: Any = POLICY) -> Form:
    return policy_edit_form(body, policy, policy_view(policy, TenantSettings()), Reachable(CONNECTIONS, (office.SITE,)))


def edited(body: dict[str, Any], policy: Any = POLICY) -> dict[str, Any]:
    """Return the fields that a body changes. Raises: InvalidError."""
    reading = read_edit(form(body, policy), policy, FACTS)
    if reading.problems:
        raise renamed(InvalidError(*reading.problems), POINTERS)
    before, after = fields(policy), fields(policy.but(**fields_of(reading, FACTS)))
    return {name: value for name, value in after.items() if value != before[name]}


def fields(policy: Policy) -> dict[str, Any]:
    """Return the fields of a policy and of its configuration."""
    return {name: value for name, value in (*policy, *policy.configuration) if name != "configuration"}


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        ({"displayName": "New name"}, {"display_name": "New name"}),
        ({"displayName": "OFFICE"}, {"display_name": "OFFICE"}),
        ({"description": None}, {"description": ""}),
        ({"windowsSetting": {"locale": "de-DE"}}, {"locale": "de-DE"}),
        ({"localAdminEnabled": True}, {"local_admin_enabled": True}),
        ({"enableSingleSignOn": False}, {"enable_single_sign_on": False}),
        ({SECURITY_DEFAULTS: {"printers": True}}, {"security_defaults": SECURE.but(printers=True)}),
        ({SECURITY_DEFAULTS: {"clipboard": False, "drives": False}},
         {"security_defaults": SECURE.but(clipboard=False)}),
        ({"cloudPcNamingTemplate": None}, {"naming_template": None}),
        ({"gracePeriodInHours": 24, "imageDisplayName": "x"}, {"grace_period_in_hours": 24}),
        ({"id": "p9", "createdDateTime": "2020-01-01T00:00:00Z"}, {}),  # only the service sets these (decision 121)
        ({"imageType": "custom", "imageId": "i1"},
         {"image_type": ImageType.CUSTOM, "image_id": "i1", "image_display_name": "Desktop 1.0.0"}),
    ],
)  # fmt: skip
def test_what_is_named_is_changed_and_nothing_else(body: dict[str, Any], changes: dict[str, Any]) -> None:
    assert edited({"@odata.type": "#microsoft.graph.cloudPcProvisioningPolicy", **body}) == changes


def test_what_was_read_and_is_sent_back_changes_nothing() -> None:
    sent = {**VIEW, "createdDateTime": POLICY.created_date_time.isoformat(), "@odata.etag": "x"}
    assert changed_steps(form(sent), POLICY) == frozenset()
    assert form(sent) == form_of(POLICY)


@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [
        ({"displayName": "Taken"}, "/displayName", "exists"),
        ({"displayName": "a<b"}, "/displayName", '"<" may not be used'),
        ({"displayName": 'a"b'}, "/displayName", "'\"' may not be used"),
        ({"displayName": " a"}, "/displayName", "begin or end"),
        ({"displayName": "x" * 121}, "/displayName", "120"),
        ({"displayName": None}, "/displayName", "a text"),
        ({"description": "x" * 1501}, "/description", "1500"),
        ({"description": []}, "/description", "a text"),
        ({"description": False}, "/description", "a text"),
        ({"imageType": "custom", "imageId": "building"}, "/imageId", "pending"),
        ({"imageId": "none_at_all"}, "/imageId", "no such image"),
        ({"localAdminEnabled": None}, "/localAdminEnabled", "true or false"),
        ({"windowsSetting": {"locale": "xx"}}, "/windowsSetting/locale", "unknown"),
        ({"gracePeriodInHours": 0}, "/gracePeriodInHours", "1"),
        (
            {"domainJoinConfigurations": [{"onPremisesConnectionId": "gone"}]},
            "/domainJoinConfigurations/0/onPremisesConnectionId",
            "no such",
        ),
        ({"domainJoinConfigurations": []}, "/domainJoinConfigurations", "at least one"),
        ({"provisioningType": "sharedByUser"}, "/provisioningType", "Frontline"),
        ({"assignments": []}, "/assignments", "assign"),
        ({"@deskwright.colour": "red"}, "/@deskwright.colour", "unknown"),
    ],
)
def test_a_wrong_edit_is_refused_by_the_wizard_s_rules(body: dict[str, Any], pointer: str, words: str) -> None:
    with pytest.raises(InvalidError) as refused:
        edited(body)
    assert words in {problem.pointer: problem.message for problem in refused.value.problems}[pointer]


def test_what_is_not_changed_is_not_checked_again() -> None:
    stale = POLICY.but(image_id="publisher_offer_withdrawn")
    assert edited({"displayName": "New name"}, stale) == {"display_name": "New name"}


def test_another_connection_is_checked_together_with_the_image() -> None:
    custom = POLICY.but(image_type=ImageType.CUSTOM, image_id="i1")
    with pytest.raises(InvalidError, match="not in eastus"):
        edited({"domainJoinConfigurations": [{"onPremisesConnectionId": "c2"}]}, custom)
