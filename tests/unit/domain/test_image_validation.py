"""Which images a Cloud PC can be built from."""

from __future__ import annotations

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
    ],
)
def test_an_image_that_no_cloud_pc_starts_from_says_why(changes: dict[str, str], why: str) -> None:
    assert why in str(image_fault(GOOD.but(**changes)))


@pytest.mark.parametrize("kind", ["TrustedLaunchSupported", "TrustedLaunch", "TrustedLaunchAndConfidentialVmSupported"])
def test_windows_of_generation_2_with_trusted_launch_fits(kind: str) -> None:
    assert image_fault(GOOD.but(security_type=kind)) is None
