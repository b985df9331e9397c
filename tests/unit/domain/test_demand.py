"""Free addresses against who is still to come."""

import pytest

from shared.domain.cloud_pcs.build import Build, Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.networks.connection import SubnetUsage
from shared.domain.planning.entitlements import AddressForecast, address_forecast, awaiting_addresses
from shared.domain.wizards.forecast import address_warnings
from tests.integration import things

SUBNETS = (SubnetUsage(subnet_id="a", total=3, free=0), SubnetUsage(subnet_id="b", total=11, free=2))
CONNECTION = things.connection(subnets=SUBNETS)


def fleet() -> list[CloudPc]:
    waiting = things.cloud_pc("ada")
    building = things.cloud_pc("bob", status=Status.PROVISIONING)
    built = things.cloud_pc("cy", status=Status.PROVISIONING, resources=Resources(nic_id="/nic/1"))
    elsewhere = things.cloud_pc("di", snapshot=things.snapshot(connection_id="c2"))
    settled = things.cloud_pc("ed", status=Status.PROVISIONED)
    return [waiting, building, built, elsewhere, settled, things.cloud_pc("fay", snapshot=None)]


def test_who_has_no_interface_yet_still_needs_an_address() -> None:
    assert awaiting_addresses(fleet(), "c1") == 2


def test_a_replacement_needs_one_as_well() -> None:
    replacement = Build(generation=2, snapshot=things.snapshot())
    replaced = things.cloud_pc("ada", status=Status.PROVISIONED, replacement=replacement)
    assert awaiting_addresses([replaced], "c1") == 1
    assert (
        awaiting_addresses([replaced.but(replacement=replacement.but(resources=Resources(nic_id="/nic/2")))], "c1") == 0
    )


@pytest.mark.parametrize(("more", "short"), [(0, 0), (3, 3)])
def test_what_is_short_is_counted(more: int, short: int) -> None:
    assert address_forecast(CONNECTION, fleet(), more=more) == AddressForecast(free=2, awaited=2 + more, short=short)


def test_nobody_foretells_what_nobody_has_looked_at() -> None:
    assert address_forecast(things.connection(), fleet()) is None
    assert address_warnings([things.connection()], 100, ()) == []


def test_a_review_warns_of_the_connection_that_would_be_used() -> None:
    spare = CONNECTION.but(id="c0", health_check_status="failed", subnets=())
    (warning,) = address_warnings([spare, CONNECTION], 5, ())

    assert warning.details == {"connectionId": "c1", "free": 2, "awaited": 5, "short": 3}
    assert "3 will wait" in warning.message
