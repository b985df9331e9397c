"""Images from which a Cloud PC can be built."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.images.validation import ImageTraits, image_fault

GOOD = ImageTraits(os_type="Windows", hyper_v_generation="V2", security_type="TrustedLaunchSupported")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"os_type": "Linux"}, "Windows"),
        ({"os_state": "Specialized"}, "specialized"),
        ({"hyper_v_generation": "V1"}, "generation 1"),
        ({"security_type": ""}, "Trusted Launch"),
        ({"security_type": "ConfidentialVmSupported"}, "Trusted Launch"),
        ({"disk_size_in_gb": 256}, "256 GB"),
        ({"data_disks": 1}, "data disks"),
    ],
)
def test_an_image_that_no_cloud_pc_starts_from_says_why(changes: dict[str, Any], why: str) -> None:
    assert why in str(image_fault(GOOD.but(**changes)))


@pytest.mark.parametrize("kind", ["TrustedLaunchSupported", "TrustedLaunch", "TrustedLaunchAndConfidentialVmSupported"])
def test_windows_of_generation_2_with_trusted_launch_fits(kind: str) -> None:
    assert image_fault(GOOD.but(security_type=kind)) is None


@pytest.mark.parametrize(
    ("changes", "why"), [({}, None), ({"hyper_v_generation": "V1"}, "generation 1"), ({"disk_size_in_gb": 127}, None)]
)
def test_a_managed_image_needs_no_security_type_because_it_is_imported(
    changes: dict[str, Any], why: str | None
) -> None:
    fault = image_fault(GOOD.but(security_type=None, **changes))
    assert (why or "") in str(fault)
    assert (fault is None) is (why is None)
