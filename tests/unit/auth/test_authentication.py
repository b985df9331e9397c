"""Accepted and refused tokens."""

import asyncio
import base64
import json
from typing import Any

import pytest

from shared.errors import UnauthenticatedError, UnavailableError
from tests.unit.auth.directory import AUTHORITY, PROVIDER, TENANT, Directory
from triggers.http.authentication import Caller, authenticate


@pytest.fixture(scope="module")
def signer() -> Directory:
    """One pair of keys for all: making them is slow. Tests that look at its counters make their own."""
    made = Directory()
    made.rotate("k1")
    made.rotate("k2")
    return made


async def let_in(directory: Directory, token: str, *known: str) -> Caller:
    return await authenticate({"authorization": f"Bearer {token}"}, directory.validation(), known or (TENANT, PROVIDER))


async def test_a_token_that_holds_tells_who_calls(signer: Directory) -> None:
    caller = await let_in(signer, signer.token("k1"))
    assert (caller.actor.id, caller.actor.name, caller.actor.kind) == ("ada", "Ada", "itPro")
    assert (caller.directory_id, set(caller.roles)) == (TENANT, {"CloudPC.Reader"})


async def test_a_program_is_no_person(signer: Directory) -> None:
    caller = await let_in(signer, signer.token("k1", idtyp="app", name=None, azp="portal"))
    assert (caller.actor.kind, caller.actor.name) == ("application", "portal")


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "api://other"},
        {"iss": f"{AUTHORITY}/{PROVIDER}/v2.0"},
        {"iss": f"https://sts.windows.net/{TENANT}/"},
        {"exp": 1_000_000_000},  # in 2001
        {"nbf": 4_102_444_800},  # in 2100
        {"exp": None},
        {"nbf": None},
        {"oid": None},
        {"aud": None},
    ],
    ids=str,
)
async def test_a_token_with_a_wrong_claim_does_not_hold(signer: Directory, changed: dict[str, Any]) -> None:
    with pytest.raises(UnauthenticatedError, match=r"not valid|expired"):
        await let_in(signer, signer.token("k1", **changed))


async def test_a_token_signed_with_another_key_does_not_hold(signer: Directory) -> None:
    with pytest.raises(UnauthenticatedError, match="not valid"):
        await let_in(signer, signer.token("k1", signed_with="k2"))


async def test_a_token_of_another_algorithm_does_not_hold(signer: Directory) -> None:
    with pytest.raises(UnauthenticatedError, match="not valid"):
        await let_in(signer, signer.token("k1", algorithm="HS256"))


async def test_a_token_without_a_signature_does_not_hold(signer: Directory) -> None:
    head = base64.urlsafe_b64encode(b'{"alg":"none","kid":"k1"}').rstrip(b"=").decode()
    body = signer.token("k1").split(".")[1]
    with pytest.raises(UnauthenticatedError):
        await let_in(signer, f"{head}.{body}.")


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Bearer", "Bearer  ", "Bearer rubbish"])
async def test_without_a_token_nobody_is_let_in(signer: Directory, header: str) -> None:
    with pytest.raises(UnauthenticatedError):
        await authenticate({"authorization": header} if header else {}, signer.validation(), {TENANT, PROVIDER})


async def test_the_keys_of_a_directory_that_has_no_say_are_not_even_fetched() -> None:
    directory = Directory()
    directory.rotate("k1")
    with pytest.raises(UnauthenticatedError):
        await let_in(directory, directory.token("k1"), PROVIDER)
    assert directory.asked == []


async def test_keys_are_fetched_once_and_again_when_a_new_one_signs_but_not_every_time() -> None:
    directory = Directory()
    directory.rotate("old")
    validation = directory.validation()
    everybody = {TENANT}
    for _ in range(3):
        await authenticate({"authorization": f"Bearer {directory.token('old')}"}, validation, everybody)
    assert directory.asked == [f"{AUTHORITY}/{TENANT}/discovery/v2.0/keys"]

    directory.rotate("new")
    fresh = {"authorization": f"Bearer {directory.token('new')}"}
    with pytest.raises(UnauthenticatedError, match="not valid"):
        await authenticate(fresh, validation, everybody)
    assert len(directory.asked) == 1, "anybody can send an unknown key id: not within a minute"

    directory.seconds += 61
    await authenticate(fresh, validation, everybody)
    assert len(directory.asked) == 2


async def test_nobody_unknown_can_tell_whose_directory_is_known(signer: Directory) -> None:
    forged = [signer.token("k1", signed_with="k2"), signer.token("k3", signed_with="k2"), signer.token("k1")]
    said = []
    for token, known in zip(forged, (TENANT, TENANT, PROVIDER), strict=True):
        with pytest.raises(UnauthenticatedError) as refused:
            await let_in(signer, token, known)
        said.append(str(refused.value))
    assert len(set(said)) == 1


def _signed(head: str, payload: str) -> str:
    parts = [base64.urlsafe_b64encode(part.encode("utf-8", "surrogatepass")).rstrip(b"=") for part in (head, payload)]
    return b".".join([*parts, b"c2ln"]).decode()


HEAD = '{"alg":"RS256","kid":"k1"}'
ODD_TOKENS = {
    "a long number": _signed(HEAD, '{"tid":' + "9" * 5000 + "}"),
    "a long number in the head": _signed('{"alg":"RS256","kid":' + "9" * 5000 + "}", "{}"),
    "deep": _signed(HEAD, "[" * 20_000 + "]" * 20_000),
    "a deep head": _signed("[" * 20_000, "{}"),
    "a list": _signed(HEAD, "[]"),
    "a directory that is no text": _signed(HEAD, '{"tid":{"a":[]}}'),
    "half a character": _signed(HEAD, '{"tid":"\ud800"}'),
    "no text": "\udcff\udcfe.\ud800.x",
    "no ASCII": "ä.ö.ü",
    "NUL": "a\x00.b.c",
    "critical": _signed('{"alg":"RS256","crit":5}', "{}"),
    "infinite": _signed(HEAD, '{"tid":"' + TENANT + '","exp":Infinity,"nbf":-1e400}'),
}


@pytest.mark.parametrize("token", ODD_TOKENS.values(), ids=ODD_TOKENS)
async def test_an_odd_token_is_refused_and_no_error_of_ours(signer: Directory, token: str) -> None:
    with pytest.raises(UnauthenticatedError):
        await let_in(signer, token)


ODD_PRINCIPALS = {
    "deep": '{"claims":' + "[" * 20_000 + "]" * 20_000 + "}",
    "a long number": '{"claims":' + "9" * 5000 + "}",
    "numbers": "5",
    "claims that are numbers": '{"claims":[1]}',
    "claims of lists": '{"claims":[["typ","val"]]}',
    "no claims": '{"claims":null}',
}


@pytest.mark.parametrize("said", ODD_PRINCIPALS.values(), ids=ODD_PRINCIPALS)
async def test_an_odd_client_principal_is_refused_and_no_error_of_ours(signer: Directory, said: str) -> None:
    headers = {"x-ms-client-principal": base64.b64encode(said.encode()).decode()}
    with pytest.raises(UnauthenticatedError):
        await authenticate(headers, signer.validation(client_principal=True), {TENANT})


async def test_an_issuer_that_fails_is_asked_once_a_minute(signer: Directory) -> None:
    directory = Directory(signer.keys, down=True)
    validation = directory.validation()
    for _ in range(40):
        with pytest.raises(UnavailableError):
            await authenticate({"authorization": f"Bearer {directory.token('k1')}"}, validation, {TENANT})
    assert len(directory.asked) == 1
    directory.down = False
    directory.seconds += 61
    await authenticate({"authorization": f"Bearer {directory.token('k1')}"}, validation, {TENANT})


async def test_an_issuer_that_is_back_is_believed_soon_and_one_that_stays_away_is_asked_less_often(
    signer: Directory,
) -> None:
    directory = Directory(signer.keys, down=True)
    validation = directory.validation()
    headers = {"authorization": f"Bearer {directory.token('k1')}"}
    for _ in range(600):  # half seconds
        with pytest.raises(UnavailableError):
            await authenticate(headers, validation, {TENANT})
        directory.seconds += 0.5
    assert len(directory.asked) == 10  # after 0, 1, 3, 7, 15, 31, 63, 123, 183, 243 seconds
    again = Directory(signer.keys, down=True)
    validation = again.validation()
    with pytest.raises(UnavailableError):
        await authenticate(headers, validation, {TENANT})
    again.down = False
    again.seconds += 1
    await authenticate(headers, validation, {TENANT})


async def test_callers_at_the_same_time_share_one_fetch_even_if_one_gives_up(signer: Directory) -> None:
    directory = Directory(signer.keys, slow=True)
    validation = directory.validation()
    headers = {"authorization": f"Bearer {directory.token('k1')}"}
    tasks = [asyncio.create_task(authenticate(headers, validation, {TENANT})) for _ in range(10)]
    await asyncio.sleep(0)
    tasks.pop(0).cancel()
    assert {caller.actor.id for caller in await asyncio.gather(*tasks)} == {"ada"}
    assert len(directory.asked) == 1


async def test_old_keys_hold_while_the_issuer_is_down_but_not_for_ever(signer: Directory) -> None:
    directory = Directory(dict(signer.keys))
    validation = directory.validation()
    headers = {"authorization": f"Bearer {directory.token('k1')}"}
    await authenticate(headers, validation, {TENANT})
    directory.down = True
    for _ in range(2):
        directory.seconds += 24 * 3600 + 61
        await authenticate(headers, validation, {TENANT})
        await asyncio.sleep(0)  # what is asked while nobody waits
    assert len(directory.asked) == 3
    directory.seconds += 24 * 3600
    with pytest.raises(UnavailableError):
        await authenticate(headers, validation, {TENANT})


async def test_nobody_with_a_known_key_waits_again_and_again_for_an_issuer_that_is_down(signer: Directory) -> None:
    directory = Directory(dict(signer.keys))
    validation = directory.validation()
    headers = {"authorization": f"Bearer {directory.token('k1')}"}
    await authenticate(headers, validation, {TENANT})
    directory.seconds += 24 * 3600 + 1
    directory.down = True
    await authenticate(headers, validation, {TENANT})
    directory.answers = asyncio.Event()
    for _ in range(3):
        directory.seconds += 61
        async with asyncio.timeout(60):  # it would wait for ever
            await authenticate(headers, validation, {TENANT})
    await asyncio.sleep(0)
    assert len(directory.asked) == 3  # the third is not answered yet
    directory.down = False
    withdrawn = directory.keys.pop("k1")
    assert withdrawn
    directory.answers.set()
    await asyncio.sleep(0.01)
    with pytest.raises(UnauthenticatedError):
        await authenticate(headers, validation, {TENANT})


@pytest.mark.parametrize(
    "junk",
    [None, 7, {}, {"kty": "RSA", "kid": "x"}, {"kty": "RSA", "kid": "x", "n": "!", "e": "AQAB"}, {"kty": "RSA"}],
    ids=repr,
)
async def test_a_key_that_is_none_leaves_the_others(signer: Directory, junk: Any) -> None:
    directory = Directory(dict(signer.keys), junk=[junk])
    headers = {"authorization": f"Bearer {directory.token('k1')}"}
    assert (await authenticate(headers, directory.validation(), {TENANT})).actor.id == "ada"


async def test_a_key_that_is_withdrawn_holds_for_a_day_at_most(signer: Directory) -> None:
    directory = Directory(dict(signer.keys))
    validation = directory.validation()
    headers = {"authorization": f"Bearer {directory.token('k1')}"}
    await authenticate(headers, validation, {TENANT})
    withdrawn = directory.keys.pop("k1")
    assert withdrawn
    directory.seconds += 24 * 3600 + 1
    with pytest.raises(UnauthenticatedError):
        await authenticate(headers, validation, {TENANT})


def principal(**claims: str) -> str:
    pairs = [{"typ": name, "val": value} for name, value in claims.items()]
    said = {"auth_typ": "aad", "role_typ": "roles", "claims": [*pairs, {"typ": "roles", "val": "CloudPC.Operator"}]}
    return base64.b64encode(json.dumps(said).encode()).decode()


async def test_app_service_s_header_counts_only_when_a_setting_says_so(signer: Directory) -> None:
    headers = {"x-ms-client-principal": principal(tid=TENANT, oid="ada", name="Ada")}
    with pytest.raises(UnauthenticatedError):
        await authenticate(headers, signer.validation(), {TENANT, PROVIDER})
    caller = await authenticate(headers, signer.validation(client_principal=True), {TENANT})
    assert (caller.actor.id, set(caller.roles), caller.directory_id) == ("ada", {"CloudPC.Operator"}, TENANT)


@pytest.mark.parametrize("header", ["%%%", "e30=", principal(oid="ada"), principal(tid=TENANT)])
async def test_a_broken_client_principal_lets_nobody_in(signer: Directory, header: str) -> None:
    headers = {"x-ms-client-principal": header}
    with pytest.raises(UnauthenticatedError):
        await authenticate(headers, signer.validation(client_principal=True), {TENANT, PROVIDER})


async def test_a_client_principal_of_another_directory_has_no_say(signer: Directory) -> None:
    headers = {"x-ms-client-principal": principal(tid=PROVIDER, oid="eve")}
    with pytest.raises(UnauthenticatedError):
        await authenticate(headers, signer.validation(client_principal=True), {TENANT})
