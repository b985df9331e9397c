"""The table with the meaning of each error of the clouds."""

import pytest

from shared.domain.azure_errors import RULES, ErrorVerdict, rule_for


@pytest.mark.parametrize(
    ("status", "code", "message", "verdict"),
    [
        (200, "AllocationFailed", "Allocation failed.", ErrorVerdict.NO_CAPACITY),
        (200, "ZonalAllocationFailed", "", ErrorVerdict.NO_CAPACITY),
        (409, "SkuNotAvailable", "", ErrorVerdict.NO_CAPACITY),
        (400, "SkuNotAvailable", "", ErrorVerdict.NO_CAPACITY),
        (
            409,
            "OperationNotAllowed",
            "exceeding approved standardDSv5Family Cores quota",
            ErrorVerdict.NO_CAPACITY,
        ),
        (429, "OperationNotAllowed", "The server rejected the request: too many requests", ErrorVerdict.THROTTLED),
        (409, "OperationNotAllowed", "another operation is in progress", ErrorVerdict.UNAVAILABLE),
        (
            409,
            "OperationNotAllowed",
            "Cannot modify extensions in the VM when the VM is not running",
            ErrorVerdict.REFUSED,
        ),
        (409, "OperationNotAllowed", "the VM is generalized", ErrorVerdict.FINAL),
        (
            409,
            "OperationNotAllowed",
            "is smaller than the size of the corresponding disk in the VM image",
            ErrorVerdict.FINAL,
        ),
        (429, "RetryableErrorDueToAnotherOperation", "", ErrorVerdict.THROTTLED),
        (409, "AnotherOperationInProgress", "", ErrorVerdict.UNAVAILABLE),
        (409, "PropertyChangeNotAllowed", "", ErrorVerdict.REFUSED),
        (400, "NicReservedForAnotherVm", "", ErrorVerdict.THROTTLED),
        (200, "OSProvisioningTimedOut", "", ErrorVerdict.REFUSED),
        (200, "VMExtensionProvisioningError", "", ErrorVerdict.REFUSED),
        (200, "VMExtensionHandlerNonTransientError", "", ErrorVerdict.FINAL),
        (403, "AuthorizationFailed", "", ErrorVerdict.UNAVAILABLE),
        (409, "ScopeLocked", "", ErrorVerdict.FINAL),
        (403, "RequestDisallowedByPolicy", "", ErrorVerdict.FINAL),
        (503, "Whatever", "", ErrorVerdict.UNAVAILABLE),
        (502, "", "<html>", ErrorVerdict.UNAVAILABLE),
        (500, "InternalServerError", "", ErrorVerdict.UNAVAILABLE),
        (200, "InternalServerError", "", ErrorVerdict.REFUSED),
        (408, "", "", ErrorVerdict.UNAVAILABLE),
        (400, "NeverSeenBefore", "", ErrorVerdict.FINAL),
        (409, "NeverSeenBefore", "", ErrorVerdict.REFUSED),
        (200, "NeverSeenBefore", "", ErrorVerdict.REFUSED),
    ],
)
def test_each_error_has_its_verdict(status: int, code: str, message: str, verdict: ErrorVerdict) -> None:
    assert rule_for(status, code, message).verdict is verdict


def test_codes_are_compared_without_regard_to_case() -> None:
    assert rule_for(409, "scopelocked", "").verdict is ErrorVerdict.FINAL


def test_another_size_does_not_help_with_a_full_subnet() -> None:
    assert not rule_for(400, "SubnetIsFull", "").elsewhere


def test_every_row_has_advice_for_the_operator() -> None:
    assert all(rule.advice.endswith(".") and len(rule.advice) > 20 for rule in RULES)


def test_every_row_can_be_reached() -> None:
    for number, rule in enumerate(RULES):
        code = next(iter(rule.codes), "")
        found = rule_for(rule.status or 200, code, rule.phrase)
        assert found is rule, f"row {number} ({code}) is hidden by another"
