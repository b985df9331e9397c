"""Records, steps, connections and snapshots: small rules of the domain."""

from datetime import datetime

import pytest
from pydantic import ValidationError

from shared.domain.cloud_pcs.build import ORDER, Build, Failure, Resources, Step, percent
from shared.domain.cloud_pcs.estimates import Estimates
from shared.domain.cloud_pcs.lifecycle import REPLACEABLE, Event, Phase, Status
from shared.domain.cloud_pcs.replacing import replaced
from shared.domain.images.image import marketplace_image
from shared.domain.naming import naming_template_problem
from shared.domain.networks.connection import HealthCheck, HealthStatus, JoinType, overall
from shared.domain.planning.drift import TenantPolicies
from shared.domain.policies.policy import snapshot_of
from shared.domain.tenants.tenant import TenantSettings
from shared.errors import IllegalTransitionError
from tests.integration import things
from triggers.http.views.cloud_pcs import cloud_pc_view


def test_a_record_moves_by_events_only_where_the_table_leads() -> None:
    pc = things.cloud_pc()
    assert pc.after(Event.STARTED, at=things.NOW).status is Status.PROVISIONING
    with pytest.raises(IllegalTransitionError):
        pc.after(Event.SUCCEEDED, at=things.NOW)


def test_an_audit_event_has_the_changes_of_the_current_build_by_their_own_names() -> None:
    pc = things.cloud_pc(generation=4, status=Status.PROVISIONED, replacement=Build(generation=5))
    kept = pc.audited()
    assert (kept["generation"], kept["status"], kept["replacement"]["generation"]) == (4, "provisioned", 5)
    assert "current" not in kept


def test_the_build_is_found_by_its_generation() -> None:
    replacement = Build(generation=5)
    pc = things.cloud_pc(generation=4, status=Status.PROVISIONED, replacement=replacement)
    assert [pc.build(number) for number in (4, 5, 6)] == [pc.current, replacement, None]


@pytest.mark.parametrize("status", Status)
def test_a_replacement_goes_on_only_while_the_cloud_pc_works(status: Status) -> None:
    pc = things.cloud_pc(generation=4, status=status, replacement=Build(generation=5))
    assert pc.replacement is not None
    assert pc.goes_on(pc.replacement) == (status in REPLACEABLE)
    assert pc.goes_on(pc.current) == (status in {Status.PENDING_PROVISION, Status.PROVISIONING})


def test_what_was_replaced_waits_for_its_clean_up_and_has_not_failed() -> None:
    new = Build(generation=5, phase=Phase.BUILDING, resources=Resources(computer_name="CPC-NEW", slot="b"))
    pc = things.cloud_pc(
        generation=4, status=Status.PROVISIONED, resources=Resources(computer_name="CPC-OLD"), replacement=new
    )
    after = replaced(pc, new.resources, (), at=things.NOW, clean_up_at=things.NOW)
    assert (after.status, after.current.phase, after.current.resources) == (pc.status, Phase.BUILT, new.resources)
    assert after.replacement is not None
    assert (after.replacement.phase, after.replacement.last_error) == (Phase.LEAVING, None)
    assert (after.to_clean_up(after.replacement), after.to_clean_up(after.current)) == (True, False)


def test_a_change_is_checked_like_any_value() -> None:
    with pytest.raises(ValidationError):
        things.cloud_pc().but(display_name=7)


def test_what_is_not_known_does_not_undo_what_is() -> None:
    known = Resources(vm_id="/vm", region="westeurope")
    assert known.with_found(Resources(vm_id="/vm2")) == Resources(vm_id="/vm2", region="westeurope")


def test_of_another_machine_nothing_that_was_known_before_stays() -> None:
    known = Resources(computer_name="CPC-1", entra_device_id="device-1", joined_at=things.NOW)
    other = Resources(computer_name="CPC-2")
    assert known.with_found(other) == other
    assert known.with_found(Resources(entra_device_id="device-2")).joined_at == things.NOW


@pytest.mark.parametrize(("clean_up_at", "said"), [(things.NOW, "enrollInIntune"), (None, None)])
def test_a_failed_one_says_where_a_retry_would_go_on(clean_up_at: datetime | None, said: str | None) -> None:
    made = Resources(
        computer_name="CPC-1", vm_id="/vm/1", region="westeurope", joined_at=things.NOW, entra_device_id="device-1"
    )
    late = Failure(code="enrollInIntuneTimedOut", message="not yet", step=Step.ENROLL_IN_INTUNE)
    pc = things.cloud_pc(status=Status.FAILED, resources=made, last_error=late, clean_up_at=clean_up_at)
    detail = cloud_pc_view(pc, things.NOW, TenantPolicies({}, {}, TenantSettings()), Estimates())["statusDetail"]
    assert detail is not None
    assert {each["name"]: each["value"] for each in detail["additionalInformation"]}.get("retryResumesAt") == said


@pytest.mark.parametrize("join", JoinType)
def test_the_percent_grows_step_by_step(join: JoinType) -> None:
    percents = [percent(step, join) for step in ORDER]
    assert percents == sorted(percents)
    assert percents[0] == 0
    assert percents[-1] < 100


def test_the_worst_finding_decides_and_none_is_a_failure() -> None:
    def finding(status: HealthStatus) -> HealthCheck:
        return HealthCheck(display_name="x", status=status)

    assert overall((finding(HealthStatus.PASSED), finding(HealthStatus.WARNING))) is HealthStatus.WARNING
    assert overall((finding(HealthStatus.FAILED), finding(HealthStatus.PASSED))) is HealthStatus.FAILED
    assert overall(()) is HealthStatus.FAILED


def test_a_snapshot_takes_the_tenants_rules_where_the_policy_has_none() -> None:
    connections = {"c1": things.connection()}
    settings = TenantSettings(grace_period_in_hours=24)
    made = snapshot_of(things.policy(), connections, things.SOURCE, settings)
    assert made is not None
    decided = made.configuration
    assert (decided.grace_period_in_hours, decided.naming_template) == (
        24,
        settings.naming_template,
    )
    own = snapshot_of(things.policy(grace_period_in_hours=5), connections, things.SOURCE, settings)
    assert own is not None
    assert own.configuration.grace_period_in_hours == 5


def test_an_unhealthy_connection_is_taken_only_when_there_is_no_other() -> None:
    sick = things.connection(health_check_status=HealthStatus.FAILED)
    made = snapshot_of(things.policy(), {"c1": sick}, things.SOURCE, TenantSettings())
    assert made is not None
    assert made.connection_id == "c1"
    assert snapshot_of(things.policy(), {}, things.SOURCE, TenantSettings()) is None
    assert snapshot_of(things.policy(), {"c1": sick}, None, TenantSettings()) is None


def test_a_gallery_images_id_names_it() -> None:
    image = marketplace_image("microsoftwindowsdesktop_windows-ent-cpc_win11-24h2-ent-cpc-m365")
    assert image is not None
    assert (image.publisher, image.offer) == ("MicrosoftWindowsDesktop", "windows-ent-cpc")
    assert image.id == "microsoftwindowsdesktop_windows-ent-cpc_win11-24h2-ent-cpc-m365"
    assert marketplace_image("no-such-id") is None


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("CPC-%USERNAME:4%-%RAND:5%", None),
        ("%RAND:5%", None),
        ("CPC-%RAND:4%", "at least 5"),
        ("CPC-%USERNAME:5%", "at least 5"),
        ("CPC_%RAND:5%", "'_' is not allowed"),
        ("ABCDEFGHIJK%RAND:5%", "at most 10"),
        ("ABCDEFGHIJ%RAND:6%", "16 characters"),
        ("CPC-%USERNAME:x%-%RAND:5%", "'%' is not allowed"),
    ],
)
def test_a_naming_template_is_right_or_says_why_not(template: str, problem: str | None) -> None:
    said = naming_template_problem(template)
    assert said is None if problem is None else problem in str(said)
