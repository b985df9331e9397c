"""Prices are read once a day and kept; a rate card lies over them."""

from __future__ import annotations

from datetime import timedelta

from shared.services.cost.prices import price_book, renewed_book
from tests.integration import things
from tests.integration.services import PaperServices

SIZES = (("westeurope", "Standard_D2s_v5"),)
METER, DAY = "standard_d2s_v5", timedelta(days=1)


async def test_each_subject_is_read_once_a_day(contoso: PaperServices) -> None:
    for _ in range(2):
        book = await renewed_book(contoso, "contoso", SIZES, things.NOW)
    assert contoso.prices.asked == ["Standard_D2s_v5 in westeurope in USD", "disks in westeurope in USD"]
    assert book.rate("westeurope", METER, things.NOW.date()) == 0.115
    await renewed_book(contoso, "contoso", SIZES, things.NOW + DAY)
    assert len(contoso.prices.asked) == 4


async def test_the_last_good_answer_stays_with_its_day(contoso: PaperServices) -> None:
    await renewed_book(contoso, "contoso", SIZES, things.NOW)
    contoso.prices.away = True
    book = await renewed_book(contoso, "contoso", SIZES, things.NOW + DAY)
    assert book.rate("westeurope", METER, (things.NOW + DAY).date()) == 0.115
    assert book.read_on("westeurope", METER) == things.NOW.date()


async def test_without_any_answer_there_is_a_reason_and_no_price(contoso: PaperServices) -> None:
    contoso.prices.away = True
    assert "not been read yet" in (await price_book(contoso, "contoso")).why_unknown("westeurope")
    book = await renewed_book(contoso, "contoso", SIZES, things.NOW)
    assert book.rate("westeurope", METER, things.NOW.date()) is None
    assert "does not answer" in book.why_unknown("westeurope")


async def test_two_workers_that_read_at_once_keep_both_answers(contoso: PaperServices) -> None:
    other = (("westeurope", "Standard_D4s_v5"),)
    await renewed_book(contoso, "contoso", SIZES, things.NOW)
    book = await renewed_book(contoso, "contoso", other, things.NOW)
    assert book.rate("westeurope", METER, things.NOW.date()) == 0.115
    assert (await price_book(contoso, "contoso")).rate("westeurope", "standard_d4s_v5", things.NOW.date()) == 0.23
