"""Story of the check of a connection."""

from __future__ import annotations

import pytest

from shared.contracts.connections import (
    CHECK_CONNECTION,
    CHECK_GROUP,
    GROUPS,
    RECORD_CONNECTION,
    RETIRE_PASSWORDS,
    RUN_CHECK,
    CheckConnectionOrder,
    Checked,
    CheckGroupOrder,
    GroupChecked,
)
from shared.contracts.joining import BEGIN_DOMAIN_JOIN
from shared.contracts.machines import PREPARE_HOSTED_NETWORK, HostedNetworkOrder, NetworkReady
from shared.contracts.outcomes import Done, NoCapacity, Pending, Refused
from shared.domain.networks.connection import HealthCheck, HealthStatus, SubnetUsage
from shared.domain.values import Value
from tests.stories.probing import ENTRA, HYBRID, PROBED
from tests.stories.tell import Answers, tell

OWN = CheckConnectionOrder(tenant_id="contoso", connection_id="connection-1")
HOSTED = OWN.but(
    hosted_network=HostedNetworkOrder(
        tenant_id="contoso",
        subscription_id="5ub",
        resource_group="cloud-pcs",
        region="westeurope",
        address_space="10.20.0.0/20",
    )
)
FINE = HealthCheck(display_name="fine", status=HealthStatus.PASSED)
SO_SO = HealthCheck(display_name="so so", status=HealthStatus.WARNING)
BAD = HealthCheck(display_name="bad", status=HealthStatus.FAILED)
SUBNET = SubnetUsage(subnet_id="subnet-a", total=11, free=4)
HEALTHY: Answers = {
    RECORD_CONNECTION: Done(),
    CHECK_GROUP: GroupChecked(findings=(FINE,)),
    PREPARE_HOSTED_NETWORK: NetworkReady(subnet_ids=("s",)),
    **PROBED,
    RETIRE_PASSWORDS: Done(),
}


AZURE = CheckGroupOrder(tenant_id="contoso", connection_id="connection-1", group="azure")
CHECKED = [Checked(finding=FINE), Checked(closed=("5ub",)), Checked(subnets=(SUBNET,), closed=("5ub",))]


def checked(*findings: HealthCheck) -> GroupChecked:
    return GroupChecked(findings=findings)


def test_it_is_recorded_as_running_first_and_its_findings_last() -> None:
    story = tell(CHECK_CONNECTION, OWN, HEALTHY)

    assert story.calls == ["record_connection", *["check_group"] * len(GROUPS), "record_connection"]
    assert [o["status"] for o in story.orders["record_connection"]] == ["running", "passed"]


def test_a_hosted_network_is_prepared_first() -> None:
    story = tell(CHECK_CONNECTION, HOSTED, HEALTHY)

    assert story.calls[1] == "prepare_hosted_network"
    assert story.result.findings[0].display_name == "hostedNetwork"


@pytest.mark.parametrize(
    ("findings", "status"),
    [
        pytest.param([checked(FINE)], HealthStatus.PASSED, id="all passed"),
        pytest.param([checked(FINE), checked(SO_SO)], HealthStatus.WARNING, id="a warning is usable"),
        pytest.param([checked(FINE, BAD), checked(SO_SO)], HealthStatus.FAILED, id="the worst decides"),
        pytest.param([checked()], HealthStatus.FAILED, id="nothing found is no health"),
    ],
)
def test_the_worst_finding_decides(findings: list[Value], status: HealthStatus) -> None:
    assert tell(CHECK_CONNECTION, OWN, {**HEALTHY, CHECK_GROUP: findings}).result.status == status


@pytest.mark.parametrize(
    "answer",
    [
        Refused(code="AuthorizationFailed", message="no"),
        NoCapacity(code="quota", message="no"),
        Pending(note="still"),
        Exception("UnavailableError: 503"),
    ],
    ids=["refused", "no capacity", "too late", "unavailable"],
)
def test_a_hosted_network_that_cannot_be_prepared_fails_the_connection(answer: Value | Exception) -> None:
    result = tell(CHECK_CONNECTION, HOSTED, {**HEALTHY, PREPARE_HOSTED_NETWORK: answer}).result

    assert result.status is HealthStatus.FAILED


def test_checks_that_break_off_fail_the_connection() -> None:
    result = tell(CHECK_CONNECTION, OWN, {**HEALTHY, CHECK_GROUP: Exception("terminated")}).result

    assert result.status is HealthStatus.FAILED
    assert "terminated" in (result.findings[-1].additional_detail or "")


def test_the_usage_of_the_subnets_is_recorded() -> None:
    seen = GroupChecked(findings=(FINE,), subnets=(SUBNET,), closed=("5ub",))
    story = tell(CHECK_CONNECTION, OWN, {**HEALTHY, CHECK_GROUP: [checked(FINE), seen, checked(FINE)]})

    assert (story.result.subnets, story.result.closed) == ((SUBNET,), ("5ub",))


def test_a_probe_comes_after_the_other_checks_and_its_name_is_recorded_before() -> None:
    story = tell(CHECK_CONNECTION, OWN.but(probe=ENTRA), HEALTHY)

    assert story.calls[len(GROUPS) + 1] == "allocate_capacity"
    assert story.calls[-2:] == ["delete_device", "record_connection"]
    assert [o["joined"] for o in story.orders["record_connection"]] == [[ENTRA.computer_name], []]
    assert story.last(RECORD_CONNECTION)["probed"] is True


def test_what_is_unhealthy_from_outside_costs_no_machine() -> None:
    story = tell(CHECK_CONNECTION, OWN.but(probe=ENTRA), {**HEALTHY, CHECK_GROUP: checked(BAD)})

    assert set(story.calls) == {"record_connection", "check_group"}


def test_what_an_earlier_probe_left_is_removed_all_the_same() -> None:
    order = OWN.but(probe=ENTRA.but(earlier=("CPC-HTH-OLDER",)))
    story = tell(CHECK_CONNECTION, order, {**HEALTHY, CHECK_GROUP: checked(BAD)})

    assert "begin_vm_delete" in story.calls
    assert "begin_vm" not in story.calls
    assert story.last(RECORD_CONNECTION)["joined"] == []


def test_a_join_with_the_newest_password_retires_the_older_ones() -> None:
    story = tell(CHECK_CONNECTION, OWN.but(probe=HYBRID), HEALTHY)

    assert story.calls[-1] == "retire_passwords"


def test_a_password_that_nothing_has_joined_with_retires_none() -> None:
    refused = Refused(code="VMExtensionProvisioningError", message="the password has expired")
    story = tell(CHECK_CONNECTION, OWN.but(probe=HYBRID), {**HEALTHY, BEGIN_DOMAIN_JOIN: refused})

    assert "retire_passwords" not in story.calls


def test_a_group_makes_all_its_checks() -> None:
    story = tell(CHECK_GROUP, AZURE, {RUN_CHECK: CHECKED})

    assert [o["check"] for o in story.orders["run_check"]] == list(GROUPS["azure"])
    assert story.result == GroupChecked(findings=(FINE,), subnets=(SUBNET, SUBNET), closed=("5ub",))


def test_a_service_that_does_not_answer_is_a_finding() -> None:
    (finding,) = tell(CHECK_GROUP, AZURE, {RUN_CHECK: Exception("UnavailableError: 503")}).result.findings

    assert finding.error_type == "resourceAvailabilityCheckTransientServiceError"
    assert "503" in (finding.additional_detail or "")
