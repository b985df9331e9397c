"""Sign-ins that fail are slowed down by address; nobody can take another's address, or lock others out."""

import pytest

from shared.errors import SlowedDownError
from triggers.http.authentication import SignInFailures, caller_address


def failures(counted: SignInFailures, forwarded: str, times: int) -> int:
    """Fail so often; return how often that was slowed down."""
    waits: list[float] = []
    for _ in range(times):
        try:
            counted.add({"x-forwarded-for": forwarded})
        except SlowedDownError as error:
            waits.append(error.after.total_seconds())
    assert all(0 < each <= 60 for each in waits)
    return len(waits)


def test_an_address_that_fails_often_is_slowed_down_for_a_minute_and_another_is_not() -> None:
    now = 0.0
    counted = SignInFailures(monotonic=lambda: now)
    assert failures(counted, "203.0.113.7:50123", 100) == 40
    assert failures(counted, "203.0.113.8:50123", 60) == 0
    now = 61.0
    assert failures(counted, "203.0.113.7:50123", 60) == 0


def test_what_the_caller_says_about_the_address_counts_for_nothing() -> None:
    counted = SignInFailures()
    slowed = [failures(counted, f"10.0.0.{number}, 203.0.113.7:50123", 1) for number in range(100)]
    assert sum(slowed) == 40


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:443", "203.0.113.7"),
        ("a, [2001:db8:1:2::7]:443", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::7", "2001:db8:1:2::/64"),
        ("", None),
        ("nobody", None),
        ("203.0.113.7, ", None),
    ],
)
def test_the_address_is_the_one_of_the_platform(forwarded: str, address: str | None) -> None:
    assert caller_address({"x-forwarded-for": forwarded}) == address


def test_addresses_without_number_take_no_memory_without_end() -> None:
    counted = SignInFailures()
    for number in range(20_000):
        counted.add({"x-forwarded-for": f"2001:db8:{number:x}::1"})
    assert len(counted._windows) == 10_000
