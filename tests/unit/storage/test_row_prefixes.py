"""Rows that stand beside records in one table have keys of their own."""

from itertools import permutations

from shared.storage import cloud_pcs, listed, outbox, pool_members


def test_no_two_kinds_of_rows_beside_cloud_pcs_share_a_prefix() -> None:
    prefixes = (
        *(listed._CHANGE, listed._CHUNK, listed._WHOLE),
        *(cloud_pcs._CLAIM, outbox._KEY, pool_members._MEMBER),
    )
    assert [pair for pair in permutations(prefixes, 2) if pair[0].startswith(pair[1])] == []
    assert all(prefix.startswith(outbox.BEHIND) for prefix in prefixes)


def test_the_rows_of_one_kind_end_before_those_of_another_begin() -> None:
    assert listed._END <= outbox._KEY < outbox._END <= pool_members._MEMBER < pool_members._END
