"""End of the sessions of a user who has no place any more: told, time to save, signed off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.spot.groups.signing_off import OpenSession, SigningOff, SignOffStep, sign_off_step

_AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
_NOTICE = timedelta(minutes=5)
_WORKS, _AWAY = OpenSession(key="a", active=True), OpenSession(key="b", active=False)
_TOLD = SigningOff(at=_AT, told=("a",))


@pytest.mark.parametrize(
    ("sessions", "before", "expected"),
    [
        ((), None, SignOffStep()),
        ((), _TOLD, SignOffStep()),
        ((_WORKS, _AWAY), None, SignOffStep(tell=("a",), then=SigningOff(at=_AT + _NOTICE, told=("a",)))),
        ((_AWAY,), None, SignOffStep(then=SigningOff(at=_AT + _NOTICE))),
        ((_WORKS,), _TOLD.but(at=_AT + _NOTICE), SignOffStep(then=_TOLD.but(at=_AT + _NOTICE))),
        ((_WORKS, _AWAY), _TOLD, SignOffStep(end=("a", "b"), then=_TOLD)),
    ],
    ids=["none", "all over", "two", "away", "time to save", "over"],
)
def test_the_steps_to_the_end_of_sessions(
    sessions: tuple[OpenSession, ...], before: SigningOff | None, expected: SignOffStep
) -> None:
    assert sign_off_step(sessions, before, _AT, _NOTICE) == expected


def test_who_may_still_sign_in_is_looked_for_when_they_cannot() -> None:
    until = _AT + timedelta(minutes=10)
    looks = SigningOff(at=until, roles_end=until, signed_in=False)
    assert sign_off_step((), None, _AT, _NOTICE, roles_end=until) == SignOffStep(then=looks)
    assert sign_off_step((), looks, until, _NOTICE) == SignOffStep()
    told = SigningOff(at=_AT + _NOTICE, told=("a",), roles_end=until)
    assert sign_off_step((_WORKS,), None, _AT, _NOTICE, roles_end=until).then == told
    assert sign_off_step((), told, _AT + _NOTICE, _NOTICE) == SignOffStep(then=looks)


def test_a_session_that_is_found_at_the_last_look_has_the_whole_notice() -> None:
    looks = SigningOff(at=_AT, roles_end=_AT, signed_in=False)
    step = sign_off_step((_WORKS, _AWAY), looks, _AT, _NOTICE)
    assert (step.tell, step.end) == (("a",), ())
    assert step.then == SigningOff(at=_AT + _NOTICE, told=("a",), roles_end=_AT)
    assert sign_off_step((_AWAY,), looks, _AT, _NOTICE).end == ()


def test_who_was_away_when_the_others_were_told_has_the_whole_notice() -> None:
    """So has a session that has begun since: nobody is signed off who has not read why."""
    back = OpenSession(key="b", active=True)
    step = sign_off_step((_WORKS, back), _TOLD, _AT, _NOTICE)
    assert step == SignOffStep(tell=("b",), then=SigningOff(at=_AT + _NOTICE, told=("a", "b")))
