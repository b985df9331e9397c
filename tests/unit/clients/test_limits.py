"""The rate limits of a call follow from its method and address."""

import pytest

from shared.clients.pacing import arm_limits, graph_limits
from shared.clients.pipeline import left_in

VM = "https://arm.example/subscriptions/S/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/cpc-1"
NIC = (
    "https://arm.example/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/n?api-version=1"
)
INTUNE = "https://graph.example/v1.0/deviceManagement/managedDevices"


@pytest.mark.parametrize(
    ("method", "url", "names"),
    [
        ("GET", VM, ["arm-reads"]),
        ("PUT", f"{VM}?api-version=1", ["PutVM", "arm-writes"]),
        ("PATCH", VM, ["UpdateVM", "arm-writes"]),
        ("PUT", f"{VM}/extensions/e", ["UpdateVM", "arm-writes"]),
        ("POST", f"{VM}/deallocate", ["DeleteVM", "arm-writes"]),
        ("DELETE", VM, ["DeleteVM", "arm-deletes"]),
        ("PUT", NIC, ["network-writes", "arm-writes"]),
        ("DELETE", NIC, ["network-writes", "arm-deletes"]),
    ],
)
def test_arm_calls(method: str, url: str, names: list[str]) -> None:
    assert [bucket.name.rpartition("/")[2] for bucket in arm_limits("me")(method, url, "")] == names


@pytest.mark.parametrize(
    ("method", "url", "names"),
    [
        ("GET", "https://graph.example/v1.0/users", ["directory"]),
        ("POST", "https://graph.example/v1.0/users/u/checkMemberGroups", ["directory"]),
        ("POST", "https://graph.example/v1.0/$batch", ["directory-batches", "directory"]),
        ("DELETE", "https://graph.example/v1.0/devices/d", ["directory-writes"]),
        ("GET", INTUNE, ["intune"]),
        (
            "POST",
            "https://graph.example/beta/deviceManagement/managedDevices('m')/users/$ref",
            ["intune-writes", "intune"],
        ),
    ],
)
def test_graph_calls(method: str, url: str, names: list[str]) -> None:
    assert [bucket.name.rpartition("/")[2] for bucket in graph_limits("me", "dir")(method, url, "")] == names


def test_each_subscription_has_its_own_limits_regardless_of_case() -> None:
    limits = arm_limits("me")
    assert limits("GET", VM, "")[0].name == limits("GET", VM.replace("/S/", "/s/"), "")[0].name
    assert limits("GET", VM, "")[0].name != limits("GET", VM.replace("/S/", "/t/"), "")[0].name


def test_a_provider_counts_by_region_and_resource_manager_in_total() -> None:
    limits = arm_limits("me")
    (west, arm), (north, same) = limits("PUT", VM, "westeurope"), limits("PUT", VM, "northeurope")
    assert west.name != north.name
    assert arm.name == same.name


@pytest.mark.parametrize(
    ("reported", "left"),
    [
        ("Microsoft.Compute/PutVM;1499", 1499),
        ("Microsoft.Compute/PutVM3Min;237,Microsoft.Compute/PutVM30Min;1198", 237),
        ("Microsoft.Compute/PutVM3Min;90, Microsoft.Compute/PutVM30Min;237", 90),
        ("Microsoft.Compute/GetVM3Min;7", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_the_lowest_of_a_providers_numbers_counts(reported: str, left: int | None) -> None:
    bucket, _ = arm_limits("me")("PUT", VM, "")
    assert left_in(bucket, {"x-ms-ratelimit-remaining-resource": reported}) == left


def test_the_calls_left_in_total_are_not_those_left_to_our_identity() -> None:
    (bucket,) = arm_limits("me")("GET", VM, "")
    reported = {
        "x-ms-ratelimit-remaining-subscription-global-reads": "3749",
        "x-ms-ratelimit-remaining-subscription-reads": "12",
    }
    assert left_in(bucket, reported) == 12
