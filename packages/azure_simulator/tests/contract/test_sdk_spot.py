"""Spot machines through the SDK: no document says how Azure refuses to evict another machine."""

import pytest

from packages.azure_simulator.tests.contract.sdk import Sdk, covers, refused

pytestmark = pytest.mark.simulator


@covers("compute.virtual_machines.simulate_eviction")
def test_a_machine_that_is_no_spot_machine_is_not_evicted(sdk: Sdk) -> None:
    name = sdk.vm().name
    assert refused(lambda: sdk.compute.virtual_machines.simulate_eviction(sdk.group, name)).status == 409
