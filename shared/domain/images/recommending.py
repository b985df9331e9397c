"""The marketplace images that are recommended for session hosts: named ones, or the newest supported Windows. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from shared.domain.images.image import GalleryImage
from shared.domain.values import Value

_RELEASE = re.compile(
    r"win(?P<windows>1[01])-(?P<year>\d{2})h(?P<half>[12])-\w+(?P<apps>-m365)?(?:-g2)?", re.IGNORECASE
)
_LAST_WINDOWS_10 = date(2025, 10, 14)
"""The end of support of Windows 10 22H2, its last release (learn.microsoft.com/lifecycle/products/)."""


class WindowsRelease(Value):
    """A release of Windows as the name of a sku says it. *with_apps*: Microsoft 365 Apps are installed."""

    windows: int
    year: int
    half: int
    with_apps: bool

    @property
    def age(self) -> tuple[int, int, int]:
        """The place in the order of releases; a newer one is greater."""
        return self.windows, self.year, self.half

    def supported_at(self, day: date) -> bool:
        """Whether Microsoft services its Enterprise editions: 36 months from an autumn, and Windows 10 no longer.

        The servicing of each ends in October or November (learn.microsoft.com/lifecycle/faq/windows): counted here is
        the end of October.
        """
        if self.windows == 10:  # noqa: PLR2004 - Windows 10
            return day <= _LAST_WINDOWS_10
        return day <= date(self.year + 3, 10, 31)


def release_of(image: GalleryImage) -> WindowsRelease | None:
    """Return which Windows an image has; None where the name of its sku does not say it."""
    found = _RELEASE.fullmatch(image.image.sku)
    if found is None:
        return None
    return WindowsRelease(
        windows=int(found["windows"]),
        year=2000 + int(found["year"]),
        half=int(found["half"]),
        with_apps=found["apps"] is not None,
    )


def recommended(images: Sequence[GalleryImage], names: Iterable[str], *, pooled: bool, today: date) -> frozenset[str]:
    """Return the ids of the images that are recommended, of all that the marketplace offers for one type of hosts.

    *names* are ``offer-sku``; generation 2 is told apart by ``-g2``. Where none of them is offered, or there is none:
    the newest Windows that is supported; for *pooled* hosts with Microsoft 365 Apps, if any has them.
    """
    wanted = {each.casefold().removesuffix("-g2") for each in names}
    named = {each.id for each in images if _name(each) in wanted}
    return frozenset(named or _newest(images, pooled=pooled, today=today))


def _name(image: GalleryImage) -> str:
    return f"{image.image.offer}-{image.image.sku}".casefold().removesuffix("-g2")


def _newest(images: Sequence[GalleryImage], *, pooled: bool, today: date) -> set[str]:
    releases = {each.id: found for each in images if (found := release_of(each)) and found.supported_at(today)}
    if pooled and any(each.with_apps for each in releases.values()):
        releases = {id_: each for id_, each in releases.items() if each.with_apps}
    newest = max((each.age for each in releases.values()), default=None)
    return {id_ for id_, each in releases.items() if each.age == newest}
