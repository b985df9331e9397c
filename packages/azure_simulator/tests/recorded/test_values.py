"""Comparison of the values of two answers: without recordings, on small answers."""

from typing import Any

import pytest

from packages.azure_simulator.tests.recorded.values import differences

STATE = {"properties": {"provisioningState": "Updating"}}
DONE = {"properties": {"provisioningState": "Succeeded"}}


def found(recorded: Any, ours: Any, what: str = "PUT disks") -> list[str]:
    return list(differences(what, recorded, ours))


def test_another_value_is_a_difference() -> None:
    assert found(STATE, DONE) == ["PUT disks properties.provisioningState: Updating -> Succeeded"]
    assert found(
        {"sku": {"tier": "Ultra"}, "gb": 4, "on": True}, {"sku": {"tier": "UltraSSD"}, "gb": 8, "on": None}
    ) == [
        "PUT disks sku.tier: Ultra -> UltraSSD",
        "PUT disks gb: 4 -> 8",
        "PUT disks on: True -> None",
    ]


def test_entries_are_compared_with_those_of_the_same_name() -> None:
    one, two = {"name": "a", "priority": 1}, {"name": "b", "priority": 2}
    assert found([one, two], [two, {**one, "priority": 3}]) == ["PUT disks [].priority: 1 -> 3"]
    assert not found(["x", "y"], ["y", "x"])
    assert found(["x"], ["y"]) == ["PUT disks []: ... -> ..."]


@pytest.mark.parametrize(
    ("recorded", "ours"),
    [
        ("4f3c1d9e-0000-4000-8000-000000000001", "b3c1d9e4-0000-4000-8000-000000000002"),
        ("2023-07-12T11:51:04.123Z", "2026-01-02T03:04:05+00:00"),
        ("20.1.2.3", "52.250.1.1"),
        ("00-0D-3A-35-81-23", "60-45-BD-0A-3F-EB"),
        ("vm1_OsDisk_1_0d7131395b404dbe96bcb4ff7e425714", "vm1_disk1_1d7131395b404dbe96bcb4ff7e425715"),
        ("/Subscriptions/A", "/subscriptions/a"),
        ("https://graph.microsoft.com/v1.0/$metadata#users", "https://cloud/v1.0/$metadata#users"),
    ],
)
def test_what_each_cloud_invents_is_no_difference(recorded: str, ours: str) -> None:
    assert not found({"value": recorded}, {"value": ours})


def test_a_prefix_and_a_name_are_values() -> None:
    assert found({"addressPrefix": "10.0.0.0/16"}, {"addressPrefix": "10.1.0.0/16"})
    assert found({"name": "vm1_OsDisk_1_0d7131395b404dbe96bcb4ff7e425714"}, {"name": "vm1"})


def test_a_free_member_is_there_or_not_in_both() -> None:
    assert not found({"hint": "abc"}, {"hint": "xyz"})
    assert found({"hint": None}, {"hint": "xyz"}) == ["PUT disks hint: None -> ..."]


def test_a_get_may_have_come_while_something_was_under_way() -> None:
    assert not found(STATE, DONE, "GET disks")
    assert found(DONE, STATE, "GET disks")
