"""Nested membership, its history, and the view of a lagging index."""

from azure_simulator.graph.directory.records import Directory
from hypothesis import given
from hypothesis import strategies as st

TENANT = "t"


def directory(*edges: tuple[int, str, str, bool]) -> Directory:
    found = Directory()
    for at_us, group, member, present in edges:
        found.set_member(TENANT, group, member, present=present, at_us=at_us)
    return found


def test_members_of_groups_in_groups_are_below() -> None:
    edges = directory((0, "top", "mid", True), (0, "mid", "leaf", True), (0, "leaf", "user", True)).memberships[TENANT]
    assert edges.below("top", 0) == ["mid", "leaf", "user"]
    assert edges.above("user", 0) == ["leaf", "mid", "top"]


def test_groups_that_contain_each_other_do_not_loop() -> None:
    edges = directory((0, "a", "b", True), (0, "b", "a", True), (0, "b", "user", True)).memberships[TENANT]
    assert edges.below("a", 0) == ["b", "user"]


def test_an_earlier_moment_has_members_removed_since() -> None:
    edges = directory((1, "a", "user", True), (5, "a", "user", False)).memberships[TENANT]
    assert edges.members("a", 4) == ["user"]
    assert edges.members("a", 5) == []


def test_joining_twice_is_one_change() -> None:
    edges = directory((1, "a", "user", True), (2, "a", "user", True)).memberships[TENANT]
    assert len(list(edges.changes(0))) == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcxy"), st.booleans()), max_size=30))
def test_above_and_below_agree(steps: list[tuple[str, str, bool]]) -> None:
    edges = directory(*((at, *step) for at, step in enumerate(steps))).memberships[TENANT]
    for group in "abc":
        for member in "abcxy":
            inside = member in edges.below(group, len(steps))
            assert inside == (group in edges.above(member, len(steps)))
