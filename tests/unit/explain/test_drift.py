"""An edited policy touches no Cloud PC: each says how it differs from what its policy would build today."""

from typing import Any

import pytest

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.estimates import Estimates
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.images.image import DeviceImageStatus, ImageSource, ImageType
from shared.domain.networks.connection import JoinType
from shared.domain.planning.drift import Drift, TenantPolicies
from shared.domain.planning.explain import explain
from shared.domain.planning.foresight import policy_users
from shared.domain.planning.in_place import SettingInPlace
from shared.domain.policies.configuration import ConfigurationStep, PolicyScript, SecurityDefaults
from shared.domain.policies.graph import PROPERTIES, SCRIPTS
from shared.domain.policies.policy import BuiltScript, DomainJoinConfiguration, Snapshot, image_source, snapshot_of
from shared.domain.policies.script import DeviceManagementScript
from shared.domain.tenants.tenant import TenantSettings
from tests.cloud_pcs import cloud_pc, edited
from tests.unit.wizards import office
from triggers.http.views.cloud_pcs import cloud_pc_view

POLICY = office.policy("p1", "staff", name="Office").but(image_display_name="Windows 11")
CUSTOM = POLICY.but(image_type=ImageType.CUSTOM, image_id="i1")
READY = office.image().but(gallery_version_id=office.VERSION_ID)
ADA = office.member("ada", "staff", plans=(office.plan(),))

SEVEN_ZIP = BuiltScript(script_id="s1", display_name="7-Zip", version=1, digest="d1")


def way_in(connection: str) -> DomainJoinConfiguration:
    return DomainJoinConfiguration(domain_join_type=JoinType.AZURE_AD_JOIN, on_premises_connection_id=connection)


def built(policy: Any = POLICY, **more: Any) -> CloudPc:
    snapshot = snapshot_of(policy, {"c1": office.connection()}, image_source(policy, READY), TenantSettings())
    assert snapshot is not None
    facts = {"status": Status.PROVISIONED, "snapshot": snapshot, **more}
    return cloud_pc(
        id="pc1",
        tenant_id="acme",
        user=ADA.user,
        plan=office.plan(),
        display_name="Office - Ada",
        created_date_time=office.NOW,
        last_modified_date_time=office.NOW,
        **facts,
    )


def test_what_was_just_built_has_not_drifted() -> None:
    assert office.today(POLICY).drift(built()) == Drift(drifted=False)


@pytest.mark.parametrize(
    ("edit", "differs"),
    [
        ({"display_name": "New name"}, ()),
        ({"description": "only words"}, ()),
        ({"domain_join_configurations": (way_in("c2"),)}, ("domainJoinConfigurations",)),
        ({"domain_join_configurations": (way_in("c2"), way_in("c1"))}, ()),
        ({"image_id": office.GALLERY_ID.replace("24h2", "25h2")}, ("imageId",)),
        ({"image_display_name": "Another word for it"}, ()),
        ({"locale": "de-DE", "local_admin_enabled": True}, ("windowsSetting", "localAdminEnabled")),
        ({"enable_single_sign_on": False}, ("enableSingleSignOn",)),
        ({"security_defaults": SecurityDefaults(drives=True)}, ("@deskwright.securityDefaults",)),
        ({"cloud_pc_naming_template": "PC-%RAND:6%"}, ("cloudPcNamingTemplate",)),
        ({"cloud_pc_naming_template": TenantSettings().naming_template}, ()),
        ({"grace_period_in_hours": 24}, ()),
        ({"power_schedule_id": "ps1"}, ()),
        ({"shut_down_action": "none"}, ()),
        ({"assignments": ()}, ()),
    ],
    ids=str,
)
def test_an_edit_is_named_by_the_property_that_differs(edit: dict[str, Any], differs: tuple[str, ...]) -> None:
    drift = office.today(POLICY.but(**edit)).drift(built())
    in_place = tuple(each for each in differs if each in set(SettingInPlace))
    assert drift == Drift(drifted=bool(differs), differs=differs, in_place=in_place)


def test_a_tenant_s_setting_that_a_policy_leaves_open_drifts_too() -> None:
    named = TenantPolicies({POLICY.id: POLICY}, {}, TenantSettings(naming_template="PC-%RAND:6%"))
    assert named.drift(built()) == Drift(drifted=True, differs=("cloudPcNamingTemplate",))
    assert office.today(POLICY, grace_period_in_hours=24).drift(built()) == Drift(drifted=False)


def test_every_field_of_the_configuration_says_whether_a_rebuild_changes_it() -> None:
    assert {row.field for row in PROPERTIES if row.step == "configuration"} == set(ConfigurationStep.model_fields)


def test_what_a_rebuild_changes_drifts_and_what_it_does_not_change_does_not() -> None:
    rebuilt = {"connection_id": "domainJoinConfigurations", "image": "imageId"}
    rebuilt |= {row.field: row.name for row in PROPERTIES if row.rebuilt}
    rebuilt["built_scripts"] = SCRIPTS
    other = {
        "policy_name": "Another",
        "connection_id": "c9",
        "connection_name": "Another",
        "join_type": JoinType.HYBRID_AZURE_AD_JOIN,
        "image": ImageSource(gallery_version_id=office.VERSION_ID),
        "image_display_name": "Another",
        "locale": "de-DE",
        "local_admin_enabled": True,
        "enable_single_sign_on": False,
        "security_defaults": SecurityDefaults(drives=True),
        "naming_template": "PC-%RAND:6%",
        "grace_period_in_hours": 1,
        "power_schedule_id": "ps1",
        "shut_down_action": "none",
        "built_scripts": (SEVEN_ZIP,),
    }
    pc = built()
    assert pc.current.snapshot is not None
    for field, value in other.items():
        drift = office.today(POLICY).drift(edited(pc, snapshot=pc.current.snapshot.but(**{field: value})))
        assert drift is not None
        assert drift.differs == ((rebuilt[field],) if field in rebuilt else ()), field
        assert drift.drifted is (field in rebuilt), field
    fields = {*Snapshot.model_fields, *ConfigurationStep.model_fields} - {"configuration"}
    assert {"policy_id", *other} == fields - {
        "provisioning_type",
        "image_rings",
        "scripts",
    }  # another policy: below; there is one type


def script(version: int) -> DeviceManagementScript:
    return DeviceManagementScript(
        id=SEVEN_ZIP.script_id,
        tenant_id="acme",
        display_name="7-Zip",
        package_id="7zip.7zip",
        version=version,
        digest=f"d{version}",
        created_date_time=office.NOW,
        last_modified_date_time=office.NOW,
    )


@pytest.mark.parametrize(
    ("wanted", "there", "differs"),
    [
        ((SEVEN_ZIP,), {"s1": 1}, ()),
        ((SEVEN_ZIP.but(timeout_in_minutes=5),), {"s1": 1}, ()),  # the machine is as it would be
        ((SEVEN_ZIP,), {"s1": 2}, (SCRIPTS,)),
        ((), {}, (SCRIPTS,)),
        ((SEVEN_ZIP,), {}, ()),  # while it is gone nothing is built with it
    ],
)
def test_another_version_of_a_script_is_drift(
    wanted: tuple[BuiltScript, ...], there: dict[str, int], differs: tuple[str, ...]
) -> None:
    named = tuple(PolicyScript(script_id=each.script_id) for each in wanted)
    pc = built(POLICY)
    assert pc.current.snapshot is not None
    pc = edited(pc, snapshot=pc.current.snapshot.but(built_scripts=(SEVEN_ZIP,)))
    scripts = {id_: script(version) for id_, version in there.items()}
    today = TenantPolicies({POLICY.id: POLICY.but(scripts=named)}, {}, TenantSettings(), scripts)
    drift = today.drift(pc)
    assert drift is not None
    assert drift.differs == differs


def test_a_rebuilt_device_image_is_another_image() -> None:
    pc = built(CUSTOM)
    today = office.today(CUSTOM)
    today.images["i1"] = READY  # type: ignore[index]
    same = today.drift(pc)
    today.images["i1"] = READY.but(gallery_version_id=office.VERSION_ID.replace("1.0.0", "1.0.1"))  # type: ignore[index]
    assert (same, today.drift(pc)) == (Drift(drifted=False), Drift(drifted=True, differs=("imageId",)))


def test_an_image_that_may_not_be_used_for_now_is_no_drift() -> None:
    today = office.today(CUSTOM)
    today.images["i1"] = READY.but(status=DeviceImageStatus.PENDING)  # type: ignore[index]
    assert today.drift(built(CUSTOM)) == Drift(drifted=False)


def test_a_cloud_pc_of_a_deleted_policy_says_so_and_keeps_its_name() -> None:
    view = cloud_pc_view(built(), office.NOW, office.today(), Estimates())
    assert view["@deskwright.drift"] == {"drifted": True, "differs": ["provisioningPolicyId"], "inPlace": []}
    assert view["provisioningPolicyName"] == "Office"


def test_a_renamed_policy_gives_its_new_name_to_the_label_and_not_to_the_cloud_pc() -> None:
    view = cloud_pc_view(built(), office.NOW, office.today(POLICY.but(display_name="New name")), Estimates())
    assert (view["provisioningPolicyName"], view["displayName"]) == ("New name", "Office - Ada")


def test_what_was_never_built_does_not_drift() -> None:
    listed = built(status=Status.NOT_PROVISIONED)
    assert office.today().drift(listed) is None
    assert office.today().drift(edited(listed, snapshot=None)) is None


def test_explain_and_the_policy_s_users_tell_the_drift() -> None:
    today = office.today(POLICY.but(locale="de-DE"))
    told = explain(ADA, today, (built(),), {}, tenant_id="acme").cloud_pcs
    (entry,) = policy_users(today.policies["p1"], today, (ADA,), (built(),))
    expected = Drift(drifted=True, differs=("windowsSetting",))
    assert [pc.drift for pc in told if pc.status] == [expected]
    assert [pc.drift for pc in entry.cloud_pcs] == [expected]
