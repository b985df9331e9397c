"""Laws of editing a policy: what is sent back as it was read is no change, and a change is made once."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.policies.policy import Policy
from shared.domain.tenants.tenant import TenantSettings
from shared.domain.wizards.create_provisioning_policy import PolicyFacts
from shared.domain.wizards.edits import changed_steps, fields_of, form_of, read_edit
from tests.unit.wizards import office
from triggers.http.bodies.connections import Reachable
from triggers.http.bodies.policies import policy_edit_form
from triggers.http.views.policies import policy_view

POLICY = office.policy("p1", "staff", name="Office").but(image_display_name="Windows 11")
CONNECTIONS = (office.connection(), office.connection("c2"))
REACHABLE = Reachable(CONNECTIONS, (office.SITE,))
FACTS = PolicyFacts(
    sites=(office.SITE,), connections=CONNECTIONS, images=(), policies=(POLICY,), gallery_images=(office.OFFERED,)
)
EDITS = st.fixed_dictionaries(
    {},
    optional={
        "displayName": st.sampled_from(("Office", "New name", "Ä")),
        "description": st.text(
            st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\r\t"), max_size=20
        ),
        "localAdminEnabled": st.booleans(),
        "enableSingleSignOn": st.booleans(),
        "@deskwright.securityDefaults": st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("clipboard", "usbDevices", "virtualizationBasedSecurity"), st.booleans())
        ),
        "windowsSetting": st.sampled_from(({"locale": "en-US"}, {"locale": "de-DE"})),
        "cloudPcNamingTemplate": st.sampled_from((None, "PC-%RAND:6%")),
        "gracePeriodInHours": st.one_of(st.none(), st.integers(1, 8760)),
        "domainJoinConfigurations": st.sampled_from(
            ([{"onPremisesConnectionId": "c1"}], [{"onPremisesConnectionId": "c2"}])
        ),
    },
)


def edited(policy: Policy, body: dict[str, Any]) -> Policy:
    form = policy_edit_form(body, policy, policy_view(policy, TenantSettings()), REACHABLE)
    reading = read_edit(form, policy, FACTS)
    assert reading.problems == ()
    return policy.but(**fields_of(reading, FACTS))


@given(EDITS, st.data())
def test_any_part_of_what_was_read_is_no_change(body: dict[str, Any], data: st.DataObject) -> None:
    policy = edited(POLICY, body)
    view: Mapping[str, Any] = policy_view(policy, TenantSettings())
    part = data.draw(st.sets(st.sampled_from(sorted(view))))
    form = policy_edit_form({name: view[name] for name in part}, policy, view, REACHABLE)
    assert (form, changed_steps(form, policy)) == (form_of(policy), frozenset())


@given(EDITS)
def test_the_same_edit_twice_is_one_edit_and_leaves_alone_what_it_does_not_name(body: dict[str, Any]) -> None:
    once = edited(POLICY, body)
    assert edited(once, body) == once
    unnamed = policy_view(POLICY, TenantSettings()).keys() - body.keys()
    before: Mapping[str, Any] = policy_view(POLICY, TenantSettings())
    after: Mapping[str, Any] = policy_view(once, TenantSettings())
    assert [name for name in unnamed if before[name] != after[name]] == []
