"""Subjects of pages: every table of the service has one, or a reason why no page shows it."""

from shared.domain.exporting import EXPORTED
from shared.domain.subjects import NOT_SHOWN, SUBJECT_OF, PageSubject, share_of


def test_every_table_is_of_a_subject_or_not_shown_for_a_reason() -> None:
    assert set(SUBJECT_OF) | set(NOT_SHOWN) == set(EXPORTED)
    assert set(SUBJECT_OF) & set(NOT_SHOWN) == set()
    assert set(SUBJECT_OF.values()) == set(PageSubject)


def test_the_things_of_a_subject_are_in_256_shares_and_always_in_the_same() -> None:
    shares = {share_of(PageSubject.CLOUD_PCS, f"id-{number}") for number in range(5_000)}
    assert len(shares) == 256
    assert share_of(PageSubject.CLOUD_PCS, "id-1") == share_of(PageSubject.CLOUD_PCS, "id-1") in shares
