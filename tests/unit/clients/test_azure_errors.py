"""The table with the meaning of each error of the clouds."""

import pytest

from shared.domain.azure_errors import RULES, Verdict, rule_for


@pytest.mark.parametrize(
    ("status", "code", "message", "verdict"),
    [
        (200, "AllocationFailed", "Allocation failed.", Verdict.NO_CAPACITY),
        (200, "ZonalAllocationFailed", "", Verdict.NO_CAPACITY),
        (409, "SkuNotAvailable", "", Verdict.NO_CAPACITY),
        (400, "SkuNotAvailable", "", Verdict.NO_CAPACITY),
        (
            409,
            "OperationNotAllowed",
            "exceeding approved standardDSv5Family Cores quota",
            Verdict.NO_CAPACITY,
        ),
        (429, "OperationNotAllowed", "The server rejected the request: too many requests", Verdict.THROTTLED),
        (409, "OperationNotAllowed", "another operation is in progress", Verdict.UNAVAILABLE),
        (409, "OperationNotAllowed", "Cannot modify extensions in the VM when the VM is not running", Verdict.REFUSED),
        (409, "OperationNotAllowed", "the VM is generalized", Verdict.FINAL),
        (
            409,
            "OperationNotAllowed",
            "is smaller than the size of the corresponding disk in the VM image",
            Verdict.FINAL,
        ),
        (429, "RetryableErrorDueToAnotherOperation", "", Verdict.THROTTLED),
        (409, "AnotherOperationInProgress", "", Verdict.UNAVAILABLE),
        (409, "PropertyChangeNotAllowed", "", Verdict.REFUSED),
        (400, "NicReservedForAnotherVm", "", Verdict.THROTTLED),
        (200, "OSProvisioningTimedOut", "", Verdict.REFUSED),
        (200, "VMExtensionProvisioningError", "", Verdict.REFUSED),
        (200, "VMExtensionHandlerNonTransientError", "", Verdict.FINAL),
        (403, "AuthorizationFailed", "", Verdict.UNAVAILABLE),
        (409, "ScopeLocked", "", Verdict.FINAL),
        (403, "RequestDisallowedByPolicy", "", Verdict.FINAL),
        (503, "Whatever", "", Verdict.UNAVAILABLE),
        (502, "", "<html>", Verdict.UNAVAILABLE),
        (500, "InternalServerError", "", Verdict.UNAVAILABLE),
        (200, "InternalServerError", "", Verdict.REFUSED),
        (408, "", "", Verdict.UNAVAILABLE),
        (400, "NeverSeenBefore", "", Verdict.FINAL),
        (409, "NeverSeenBefore", "", Verdict.REFUSED),
        (200, "NeverSeenBefore", "", Verdict.REFUSED),
    ],
)
def test_each_error_has_its_verdict(status: int, code: str, message: str, verdict: Verdict) -> None:
    assert rule_for(status, code, message).verdict is verdict


def test_codes_are_compared_without_regard_to_case() -> None:
    assert rule_for(409, "scopelocked", "").verdict is Verdict.FINAL


def test_another_size_does_not_help_with_a_full_subnet() -> None:
    assert not rule_for(400, "SubnetIsFull", "").elsewhere


def test_every_row_has_advice_for_the_operator() -> None:
    assert all(rule.advice.endswith(".") and len(rule.advice) > 20 for rule in RULES)


def test_every_row_can_be_reached() -> None:
    for number, rule in enumerate(RULES):
        code = next(iter(rule.codes), "")
        found = rule_for(rule.status or 200, code, rule.phrase)
        assert found is rule, f"row {number} ({code}) is hidden by another"
