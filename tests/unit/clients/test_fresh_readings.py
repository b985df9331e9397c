"""One user is read just before an act that cannot be undone; a question without an answer leaves it open."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from shared.contracts.outcomes import DeclinedError, Refused
from shared.domain.destroying import Unanswered, held_back
from shared.domain.tenants.directory import DirectoryUser
from shared.errors import NotFoundError, ThrottledError, UnavailableError
from shared.services.directory.fresh_readings import SeenUser, accounts, read_user
from tests.integration.things import NOW

ADA = DirectoryUser(id="ada", user_principal_name="ada@contoso.example", display_name="Ada")


class Asked:
    """A directory that answers about the account, and about its groups, as a test lets it."""

    def __init__(self, user: DirectoryUser | Exception = ADA, groups: frozenset[str] | Exception = frozenset()) -> None:
        self._user, self._groups = user, groups
        self.asked: list[list[str]] = []

    async def user(self, id_or_upn: str) -> DirectoryUser:
        del id_or_upn
        if isinstance(self._user, Exception):
            raise self._user
        return self._user

    async def member_group_ids(self, user_id: str, group_ids: list[str]) -> frozenset[str]:
        del user_id
        self.asked.append(group_ids)
        if isinstance(self._groups, Exception):
            raise self._groups
        return self._groups


async def test_the_answer_is_the_account_and_which_of_the_groups_it_is_in() -> None:
    directory = Asked(groups=frozenset({"g2"}))
    assert await read_user(directory, "ada", ["g2", "g1", "g2"]) == SeenUser(ADA, frozenset({"g2"}))
    assert directory.asked == [["g1", "g2"]]


async def test_an_account_that_is_gone_is_an_answer() -> None:
    assert await read_user(Asked(user=NotFoundError("ada")), "ada", ["g1"]) == SeenUser(user=None)


FAILURES = [
    UnavailableError("503"),
    DeclinedError(Refused(code="Authorization_RequestDenied", message="no")),
    NotFoundError("its groups"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda each: type(each).__name__)
async def test_what_fails_on_the_way_is_no_answer(failure: Exception) -> None:
    found = await read_user(Asked(groups=failure), "ada", ["g1"])
    assert isinstance(found, Unanswered)
    assert "Error" not in found.why
    if not isinstance(failure, NotFoundError):
        assert isinstance(await read_user(Asked(user=failure), "ada", ["g1"]), Unanswered)


class Accounts:
    """A directory of accounts that fails for some of them, and for each batch that has one of these."""

    def __init__(self, there: set[str], failing: set[str]) -> None:
        self._there, self._failing = there, failing
        self.requests = 0

    async def users_by_id(self, user_ids: Sequence[str]) -> dict[str, DirectoryUser]:
        self.requests += 1
        if self._failing & set(user_ids):
            raise UnavailableError("503 in a batch")
        return {each: ADA.but(id=each) for each in user_ids if each in self._there}

    async def user(self, id_or_upn: str) -> DirectoryUser:
        self.requests += 1
        if id_or_upn in self._failing:
            raise UnavailableError("503")
        if id_or_upn not in self._there:
            raise NotFoundError(id_or_upn)
        return ADA.but(id=id_or_upn)


async def test_accounts_are_asked_for_twenty_at_a_time() -> None:
    directory = Accounts({f"u{n}" for n in range(100)}, set())
    found = await accounts(directory, [*(f"u{n}" for n in range(100)), "gone"])
    assert directory.requests == 6
    assert [user_id for user_id, user in found.items() if user is None] == ["gone"]
    assert len(found) == 101


async def test_an_account_that_is_not_answered_for_keeps_no_other_from_an_answer() -> None:
    directory = Accounts({f"u{n}" for n in range(40)}, {"u7"})
    found = await accounts(directory, (f"u{n}" for n in range(40)))
    assert set(found) == {f"u{n}" for n in range(40)} - {"u7"}
    assert None not in found.values()
    assert directory.requests == 2 + 20


async def test_a_throttled_question_is_asked_later() -> None:
    with pytest.raises(ThrottledError):
        await read_user(Asked(user=ThrottledError("429", after=timedelta(seconds=20))), "ada", ["g1"])


def test_what_waits_keeps_since_when_it_waits() -> None:
    first = held_back(None, "removal", "no answer", at=NOW, next_at=NOW + timedelta(minutes=10))
    later = NOW + timedelta(minutes=10)
    again = held_back(first, "removal", "still none", at=later, next_at=later + timedelta(minutes=10))
    assert (again.since, again.why) == (NOW, "still none")
    assert held_back(first, "clean-up", "no answer", at=later, next_at=later).since == later
