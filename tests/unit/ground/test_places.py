"""Places for work: so many at once, a turn for each tenant, and none lost."""

from __future__ import annotations

import asyncio

from shared.pauses import Places


async def played(places: Places, tenants: str) -> list[str]:
    """Let work for tenants come in an order; return the order in which it was begun."""
    begun: list[str] = []

    async def work(tenant: str) -> None:
        async with places.one(tenant):
            begun.append(tenant)
            await asyncio.sleep(0)

    await asyncio.gather(*map(work, tenants))
    return begun


async def test_each_tenant_has_its_turn() -> None:
    assert "".join(await played(Places(1), "aaaaabcb")) == "aabcabaa"


async def test_the_messages_of_one_tenant_keep_their_order_and_none_is_left() -> None:
    places = Places(2)
    for _ in range(3):
        assert sorted(await played(places, "abab" * 20)) == sorted("abab" * 20)


async def test_a_place_is_not_lost_with_whoever_is_canceled() -> None:
    places, over = Places(1), asyncio.Event()

    async def work() -> None:
        async with places.one("a"):
            await over.wait()

    first, waiting, given = (asyncio.create_task(work()) for _ in range(3))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.sleep(0)
    over.set()
    await asyncio.sleep(0)  # the first leaves, and its place is given to the third
    given.cancel()
    await asyncio.gather(first, waiting, given, return_exceptions=True)
    assert (waiting.cancelled(), given.cancelled()) == (True, True)
    async with asyncio.timeout(5):
        assert await played(places, "ab") == ["a", "b"]
