"""Each error that Azure gave in recordings, to a call that the app makes, is in the table and means what it should.

`recorded_errors.jsonl` has (operation, status, code, message, recording), status 200 for an operation that failed. It
is written by `python -m packages.azure_simulator.tests.recorded.errors` from recordings of Azure/azure-cli and
Azure/azure-cli-extensions (MIT licence).
"""

import json
from pathlib import Path

import pytest

from shared.clients.pipeline import decide
from shared.contracts.outcomes import DeclinedError, MissingError, UnansweredError
from shared.domain.azure_errors import RULES
from shared.errors import ThrottledError

RECORDED = [json.loads(line) for line in Path(__file__).with_name("recorded_errors.jsonl").read_text().splitlines()]
GONE, LATER, PACED, AGAIN, NEVER = "gone", "later", "paced", "another attempt", "never"
MEANS = {
    "AuthorizationFailed": LATER,  # a role takes effect after minutes
    "Authorization_RequestDenied": NEVER,
    "Conflict": NEVER,  # the name of a deleted secret
    "InUseNetworkSecurityGroupCannotBeDeleted": AGAIN,
    "InUseSubnetCannotBeDeleted": AGAIN,
    "InvalidAddressPrefixFormat": NEVER,
    "NicInUse": AGAIN,
    "OperationNotAllowed": NEVER,  # a feature that the subscription has not
    "PrincipalNotFound": AGAIN,
    "PublicIPAddressCannotBeDeleted": AGAIN,
    "ResourceRequestsThrottled": PACED,
    "RetryableError": PACED,
    "RoleAssignmentExists": AGAIN,
    "SubscriptionRequestsThrottled": PACED,
    "UnmatchedPrincipalType": NEVER,
    "VMExtensionProvisioningError": AGAIN,
}
BY_STATUS = {401: LATER, 404: GONE, 503: LATER}
NEVER_ASKED = {
    "ApplicationGatewayLoadBalancingNotSupportedOnSecondaryIpConfigurations",
    "GlobalPublicIPAddressNotSupportedForBasicPublicIpAddress",
    "MustSpecifyBothEncryptionIntentAndEnforcementPolicy",
}
"""About options that the app does not use."""


def meaning(status: int, code: str, message: str) -> str:
    match decide(status, code, message):
        case MissingError():
            return GONE
        case ThrottledError():
            return PACED
        case UnansweredError():
            return LATER
        case DeclinedError(outcome=outcome):
            return NEVER if getattr(outcome, "final", False) else AGAIN
        case other:
            raise AssertionError(other)


@pytest.mark.parametrize("row", RECORDED, ids=lambda row: f"{row[0]}-{row[1]}-{row[2]}")
def test_it_means_what_it_should(row: tuple[str, int, str, str, str]) -> None:
    _, status, code, message, _ = row
    if code not in NEVER_ASKED:
        assert meaning(status, code, message) == BY_STATUS.get(status, MEANS.get(code))


def test_every_code_is_in_the_table_or_decided_by_its_status() -> None:
    listed = {code for rule in RULES for code in rule.codes}
    decided_by_status = {code for _, status, code, *_ in RECORDED if status in {*BY_STATUS, 429}}
    codes = {code for _, _, code, *_ in RECORDED} - decided_by_status - NEVER_ASKED
    assert {code for code in codes if code.lower() not in listed} == set()
