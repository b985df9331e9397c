"""Join passwords in a race: the one that counts is that of the writer who has won, and no other is kept."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.networks.connection import Connection, HealthStatus
from shared.errors import ConflictError, NotFoundError, UnavailableError
from shared.services.networks.connection_checks import check_due
from shared.services.operations.intents import happened
from shared.storage.due import Due, DueKind
from tests.integration.asking import ask
from tests.integration.bodies import HYBRID_FORM
from tests.integration.callers import Office
from tests.integration.scenes import HYBRID
from tests.integration.services import IdleHost

PATCH = "PATCH …/onPremisesConnections/{id}"
AT_ONCE = 6
SAME = [{"adDomainPassword": f"p{n}"} for n in range(AT_ONCE)]
OTHER = [{"adDomainPassword": f"p{n}", "adDomainUsername": f"corp\\join{n}"} for n in range(AT_ONCE)]


@pytest.fixture
async def office(office: Office) -> Office:
    office.paper.kept["x"] = "as before"
    return office


async def patched(routes: dict[str, Any], body: dict[str, Any], **headers: str) -> Any:
    return await ask(routes[PATCH], PATCH, body=json.dumps(body).encode(), at={"id": "c3"}, headers=headers)


async def there(office: Office) -> Connection:
    return (await office.connections.get("contoso", "c3")).value


def password_of(office: Office, connection: Connection) -> str:
    assert connection.domain is not None
    return office.paper.kept[connection.domain.password_secret_url.rpartition("/")[2]]


@pytest.mark.parametrize("bodies", [SAME, OTHER], ids=["of the same account", "of another account"])
async def test_who_loses_by_if_match_has_changed_no_password(
    office: Office, routes: dict[str, Any], bodies: list[dict[str, Any]]
) -> None:
    etag = (await office.connections.get("contoso", "c3")).etag
    answers = await asyncio.gather(*(patched(routes, each, **{"if-match": etag}) for each in bodies))
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [200] + [412] * (AT_ONCE - 1)
    winner = bodies[statuses.index(200)]
    after = await there(office)
    assert password_of(office, after) == winner["adDomainPassword"]
    assert after.domain is not None
    assert after.domain.ad_domain_username == winner.get("adDomainUsername", "corp\\join")
    losers = {each["adDomainPassword"] for each in bodies} - {winner["adDomainPassword"]}
    assert losers.isdisjoint(office.paper.kept.values())


async def test_without_if_match_account_and_password_are_of_one_writer(office: Office, routes: dict[str, Any]) -> None:
    answers = await asyncio.gather(*(patched(routes, each) for each in OTHER))
    assert {answer.status_code for answer in answers} <= {200, 409}
    after = await there(office)
    assert after.domain is not None
    assert after.domain.ad_domain_username == f"corp\\join{password_of(office, after)[1:]}"
    named = {url.rpartition("/")[2] for url in (after.domain.password_secret_url, *after.domain.earlier_secret_urls)}
    assert set(office.paper.kept) == named


@pytest.mark.parametrize("body", [SAME[0], OTHER[0]], ids=["of the same account", "of another account"])
async def test_a_vault_that_fails_leaves_the_password_before(
    office: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch, body: dict[str, Any]
) -> None:
    async def fails(*_: Any, **__: Any) -> Any:
        raise UnavailableError("the vault is away")

    monkeypatch.setattr(office.paper, "store", fails)
    assert (await patched(routes, body)).status_code == 503
    after = await there(office)
    assert (after.domain, office.paper.kept) == (HYBRID.domain, {"x": "as before"})


async def test_a_crash_before_the_record_leaves_account_and_password_as_they_were(
    office: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    class DiesError(BaseException):
        """The process ends here."""

    async def dies(*_: Any, **__: Any) -> Any:
        raise DiesError

    monkeypatch.setattr(office.connections, "replace", dies)
    with pytest.raises(DiesError):
        await patched(routes, OTHER[0])
    after = await there(office)
    assert after == HYBRID
    assert password_of(office, after) == "as before"
    (intent,) = [each.value async for each in office.intents.of_all()]
    assert not await happened(office, intent)


async def test_a_name_that_is_taken_changes_no_password(office: Office, routes: dict[str, Any]) -> None:
    answer = await patched(routes, {**OTHER[0], "displayName": "Hosted"})
    assert answer.status_code == 400, answer.get_body()
    assert office.paper.kept == {"x": "as before"}


async def test_a_change_that_was_saved_without_an_answer_keeps_its_password(
    office: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = office.connections.replace

    async def lost(*values: Any, **seen: Any) -> Any:
        await replace(*values, **seen)
        raise UnavailableError("no answer")

    monkeypatch.setattr(office.connections, "replace", lost)
    assert (await patched(routes, OTHER[0])).status_code == 503
    assert password_of(office, await there(office)) == "p0"


CREATE = "POST tenants/{tenant}/wizards/{wizard}"
REFUSALS = (ConflictError("not now"), NotFoundError("gone"), UnavailableError("not reached"))


async def created(routes: dict[str, Any], **headers: str) -> int:
    body = json.dumps(HYBRID_FORM).encode()
    answer = await ask(routes[CREATE], CREATE, at={"wizard": "create-connection"}, body=body, headers=headers)
    return int(answer.status_code)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: type(refusal).__name__)
async def test_a_connection_that_is_not_saved_leaves_no_password_and_can_be_sent_again(
    office: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch, refusal: Exception
) -> None:
    async def refuse(*_: Any) -> Any:
        assert len(office.paper.kept) == 2
        raise refusal

    key = {"Idempotency-Key": "once"}
    with monkeypatch.context() as patch:
        patch.setattr(office.connections, "insert", refuse)
        assert await created(routes, **key) >= 400
    assert office.paper.kept == {"x": "as before"}
    if isinstance(refusal, UnavailableError):
        assert await created(routes, **key) == 202
        assert len(office.paper.kept) == 2


async def test_a_connection_that_was_saved_without_an_answer_keeps_one_password(
    office: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = office.connections.insert

    async def lost(*values: Any) -> Any:
        await insert(*values)
        raise UnavailableError("no answer")

    key = {"Idempotency-Key": "once"}
    with monkeypatch.context() as patch:
        patch.setattr(office.connections, "insert", lost)
        assert await created(routes, **key) == 503
    kept = dict(office.paper.kept)
    assert len(kept) == 2
    assert await created(routes, **key) == 202
    assert office.paper.kept == kept


async def test_what_an_account_before_had_is_deleted_with_a_later_check(office: Office, routes: dict[str, Any]) -> None:
    assert (await patched(routes, OTHER[0])).status_code == 200
    changed = await there(office)
    assert "x" in office.paper.kept  # for builds that run
    passed = changed.but(health_check_status=HealthStatus.PASSED, checked_date_time=office.hand.at)
    await office.connections.change("contoso", "c3", lambda _: passed)
    async for stored in office.operations.each("contoso"):
        await office.operations.remove("contoso", stored.value.id)
    office.hand.advance(timedelta(hours=7))
    await check_due(office, IdleHost(), Due(DueKind.RECHECK, office.hand.at, "contoso", "c3"))
    after = await there(office)
    assert after.domain is not None
    assert after.domain.earlier_secret_urls == ()
    assert list(office.paper.kept.values()) == ["p0"]


async def test_with_the_connection_all_of_its_passwords_go(office: Office, routes: dict[str, Any]) -> None:
    assert (await patched(routes, OTHER[0])).status_code == 200
    assert len(office.paper.kept) == 2
    delete = "DELETE …/onPremisesConnections/{id}"
    assert (await ask(routes[delete], delete, at={"id": "c3"})).status_code == 204
    assert office.paper.kept == {}
