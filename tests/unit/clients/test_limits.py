"""Every call knows its rate limits from its method and address."""

import pytest

from shared.clients.limits import arm_limits, graph_limits

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
    assert [bucket.name.rpartition("/")[2] for bucket in arm_limits("me")(method, url)] == names


@pytest.mark.parametrize(
    ("method", "url", "names"),
    [
        ("GET", "https://graph.example/v1.0/users", ["directory"]),
        ("POST", "https://graph.example/v1.0/users/u/checkMemberGroups", ["directory"]),
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
    assert [bucket.name.rpartition("/")[2] for bucket in graph_limits("me", "dir")(method, url)] == names


def test_subscriptions_have_limits_of_their_own_whatever_their_casing() -> None:
    limits = arm_limits("me")
    assert limits("GET", VM)[0].name == limits("GET", VM.replace("/S/", "/s/"))[0].name
    assert limits("GET", VM)[0].name != limits("GET", VM.replace("/S/", "/t/"))[0].name
