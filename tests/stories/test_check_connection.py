"""What happens when a connection is checked."""

from __future__ import annotations

import pytest

from orchestrators import check_connection as _registered  # noqa: F401 - registers the story
from shared.contracts.connections import (
    CHECK_CONNECTION,
    CHECKS,
    RECORD_CONNECTION,
    RUN_CHECK,
    CheckConnectionOrder,
    Checked,
)
from shared.contracts.machines import PREPARE_HOSTED_NETWORK, HostedNetworkOrder, NetworkReady
from shared.contracts.outcomes import Done, NoRoom, Pending, Refused
from shared.domain.connection import HealthCheck, HealthStatus
from shared.domain.values import Value
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
FINE = Checked(finding=HealthCheck(display_name="fine", status=HealthStatus.PASSED))
SO_SO = Checked(finding=HealthCheck(display_name="so so", status=HealthStatus.WARNING))
BAD = Checked(finding=HealthCheck(display_name="bad", status=HealthStatus.FAILED))
HEALTHY: Answers = {RECORD_CONNECTION: Done(), RUN_CHECK: FINE, PREPARE_HOSTED_NETWORK: NetworkReady(subnet_ids=("s",))}


def test_it_runs_first_and_says_what_it_found_last() -> None:
    story = tell(CHECK_CONNECTION, OWN, HEALTHY)

    assert story.calls == ["record_connection", *["run_check"] * len(CHECKS), "record_connection"]
    assert [o["status"] for o in story.orders["record_connection"]] == ["running", "passed"]


def test_a_hosted_network_is_prepared_first() -> None:
    story = tell(CHECK_CONNECTION, HOSTED, HEALTHY)

    assert story.calls[1] == "prepare_hosted_network"
    assert story.result.findings[0].display_name == "hostedNetwork"


@pytest.mark.parametrize(
    ("findings", "status"),
    [
        pytest.param([FINE], HealthStatus.PASSED, id="all passed"),
        pytest.param([FINE, SO_SO], HealthStatus.WARNING, id="a warning is usable"),
        pytest.param([FINE, BAD, SO_SO], HealthStatus.FAILED, id="the worst decides"),
        pytest.param([Checked()], HealthStatus.FAILED, id="nothing found is no health"),
    ],
)
def test_the_worst_finding_decides(findings: list[Value], status: HealthStatus) -> None:
    assert tell(CHECK_CONNECTION, OWN, {**HEALTHY, RUN_CHECK: findings}).result.status == status


@pytest.mark.parametrize(
    "answer",
    [
        Refused(code="AuthorizationFailed", message="no"),
        NoRoom(code="quota", message="no"),
        Pending(note="still"),
        Exception("UnavailableError: 503"),
    ],
    ids=["refused", "no room", "too late", "unavailable"],
)
def test_a_hosted_network_that_cannot_be_prepared_fails_the_connection(answer: Value | Exception) -> None:
    result = tell(CHECK_CONNECTION, HOSTED, {**HEALTHY, PREPARE_HOSTED_NETWORK: answer}).result

    assert result.status is HealthStatus.FAILED


def test_checks_that_cannot_be_made_fail_the_connection() -> None:
    result = tell(CHECK_CONNECTION, OWN, {**HEALTHY, RUN_CHECK: Exception("UnavailableError: 503")}).result

    assert result.status is HealthStatus.FAILED
    assert "503" in (result.findings[-1].additional_detail or "")
