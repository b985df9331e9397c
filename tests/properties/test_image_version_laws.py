"""The life of an image version as its table says: what always ends, and what cannot happen."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.spot.images.image_version import (
    TRANSITIONS,
    VersionEvent,
    VersionStatus,
    advance,
    next_version,
    numbers,
    replicas_for,
)
from shared.errors import IllegalTransitionError


def reachable(start: VersionStatus) -> set[VersionStatus]:
    found, open_ = {start}, [start]
    while open_:
        at = open_.pop()
        for (before, _), after in TRANSITIONS.items():
            if before is at and after not in found:
                found.add(after)
                open_.append(after)
    return found


@pytest.mark.parametrize("status", VersionStatus)
def test_from_everywhere_a_version_can_be_deleted(status: VersionStatus) -> None:
    assert VersionStatus.DELETING in reachable(status)


def test_nothing_is_available_that_was_not_sealed_tested_and_replicated() -> None:
    into = {(before, event) for (before, event), after in TRANSITIONS.items() if after is VersionStatus.AVAILABLE}
    assert into == {(VersionStatus.REPLICATING, VersionEvent.REPLICATED)}


@given(st.lists(st.sampled_from(list(VersionEvent)), max_size=20))
def test_whatever_comes_in_whatever_order_only_the_table_moves_it(events: Iterable[VersionEvent]) -> None:
    status = VersionStatus.CREATING_VM
    for event in events:
        if (status, event) in TRANSITIONS:
            status = advance(status, event)
        else:
            with pytest.raises(IllegalTransitionError):
                advance(status, event)


@given(st.lists(st.tuples(*[st.integers(0, 999)] * 3), min_size=1))
def test_the_next_version_is_higher_than_all(parts: list[tuple[int, int, int]]) -> None:
    versions = [".".join(map(str, each)) for each in parts]
    assert all(numbers(next_version(versions)) > numbers(version) for version in versions)


@given(st.integers(0, 100_000))
def test_twenty_hosts_share_a_replica_and_there_are_at_least_three(hosts: int) -> None:
    count = replicas_for(hosts)
    assert 3 <= count <= 50
    assert count == 50 or count * 20 >= hosts
