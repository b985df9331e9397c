"""Device images and gallery images, and the images that are recommended."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum

from shared.domain.values import Value


class ImageType(StrEnum):
    """Graph: cloudPcProvisioningPolicyImageType."""

    GALLERY = "gallery"
    CUSTOM = "custom"


class DeviceImageStatus(StrEnum):
    """Graph: cloudPcDeviceImageStatus."""

    PENDING = "pending"
    READY = "ready"
    WARNING = "warning"
    FAILED = "failed"


class MarketplaceImage(Value):
    """A marketplace image, named as ARM's imageReference names it."""

    publisher: str
    offer: str
    sku: str
    version: str = "latest"

    @property
    def id(self) -> str:
        """Graph's galleryImage id: ``publisher_offer_sku``, all but the sku in lower case."""
        return f"{self.publisher.lower()}_{self.offer.lower()}_{self.sku}"


class ImageSource(Value):
    """Source of an image: exactly one of the three. No machine is made from a managed image: it is imported first."""

    marketplace: MarketplaceImage | None = None
    gallery_version_id: str | None = None
    managed_image_id: str | None = None

    @property
    def reference(self) -> dict[str, str]:
        """ARM's imageReference."""
        if self.gallery_version_id:
            return {"id": self.gallery_version_id}
        if self.marketplace is None:
            message = "a machine is made from a marketplace image or a gallery version"
            raise ValueError(message)
        return self.marketplace.model_dump()

    @property
    def own_image_id(self) -> str | None:
        """The ARM id of the gallery version or the managed image; None for a marketplace image."""
        return self.gallery_version_id or self.managed_image_id


_MANAGED_IMAGE = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Compute/images/[^/]+", re.IGNORECASE
)


def is_managed_image(image_id: str) -> bool:
    """Whether an ARM id names a managed image (and not a gallery version)."""
    return _MANAGED_IMAGE.fullmatch(image_id) is not None


class DeviceImage(Value):
    """An image of the tenant's own: (display name, version) is unique. *retried*: its build is not the first one."""

    id: str
    tenant_id: str
    display_name: str
    version: str
    site_id: str
    source: ImageSource
    status: DeviceImageStatus = DeviceImageStatus.PENDING
    error_code: str | None = None
    error_detail: str | None = None
    gallery_version_id: str | None = None
    regions: tuple[str, ...] = ()
    operation_id: str | None = None
    machine_removed_at: datetime | None = None  # when the removal of a machine of its build was last ordered
    retried: bool = False
    created_date_time: datetime
    last_modified_date_time: datetime


class GalleryImage(Value):
    """A marketplace image that fits a Cloud PC (Graph: cloudPcGalleryImage)."""

    image: MarketplaceImage
    display_name: str

    @property
    def id(self) -> str:
        """Its Graph id."""
        return self.image.id


class OwnImage(Value):
    """An image of the tenant's own: a version in one of its galleries, or a managed image. *id* is its ARM id.

    *regions*: where it is; a managed image is in one.
    """

    id: str
    display_name: str
    regions: tuple[str, ...] = ()
    ready: bool = True
    fault: str | None = None  # why no Cloud PC can be built from it

    @property
    def source(self) -> ImageSource:
        """It as the source of an image."""
        if is_managed_image(self.id):
            return ImageSource(managed_image_id=self.id)
        return ImageSource(gallery_version_id=self.id)

    @property
    def offered(self) -> bool:
        """Whether an image can be built from it."""
        return self.why_not is None

    @property
    def why_not(self) -> str | None:
        """The reason why no image can be built from it, or None."""
        return self.fault or (None if self.ready else "it is not ready: Azure still makes it, or could not")

    def why_not_in(self, region: str) -> str | None:
        """Return why no machine can be made from it in *region*, or None if one can or its regions are unknown."""
        if not self.regions or region in self.regions:
            return None
        return f"it is in {', '.join(self.regions)}, not in {region}: copy it there, or choose another"


def image_named(images: Iterable[OwnImage], image_id: str | None) -> OwnImage | None:
    """Return the image with an ARM id in any case of letters, or None if there is none or *image_id* is None."""
    named = (image_id or "").casefold()
    return next((each for each in images if each.id.casefold() == named), None)


PUBLISHER = "MicrosoftWindowsDesktop"
OFFERS = ("windows-ent-cpc", "windows-11", "windows-10")
"""Marketplace offers in which Windows 10 and 11 Enterprise for one user at a time are offered; the first is Windows
365's own.
"""

_FITTING_SKU = re.compile(
    r"win(?P<windows>1[01])-(?P<release>\d{2}h\d)-ent(?:-cpc)?(?P<apps>-m365)?(?:-g2)?", re.IGNORECASE
)


def gallery_image(offer: str, sku: str) -> GalleryImage | None:
    """Return the marketplace image as a choice, None when its name says that no Cloud PC can be built from it.

    Fitting: single-session Windows Enterprise; not Pro, N, LTSC, multi-session (docs/notes/windows365.md 2.10).
    """
    found = _FITTING_SKU.fullmatch(sku)
    if found is None or offer.lower() not in OFFERS:
        return None
    apps = " + Microsoft 365 Apps" if found["apps"] else ""
    optimised = " for Cloud PC" if offer.lower() == OFFERS[0] else ""
    title = f"Windows {found['windows']} Enterprise{apps} {found['release'].upper()}{optimised}"
    return GalleryImage(image=MarketplaceImage(publisher=PUBLISHER, offer=offer, sku=sku), display_name=title)


SESSION_HOST_OFFERS = ("office-365", "windows-11", "windows-10")
"""Marketplace offers of Windows for session hosts."""

_SESSION_HOST_SKU = re.compile(
    r"win(?P<windows>1[01])-(?P<release>\d{2}h\d)-(?P<kind>avd|ent)(?P<apps>-m365)?(?:-g2)?", re.IGNORECASE
)


def session_host_image(offer: str, sku: str, *, pooled: bool) -> GalleryImage | None:
    """Return the marketplace image as a choice, None when its name says that no such session host can be built from it.

    Fitting: multi-session Windows for pooled hosts, single-session Enterprise for personal ones
    (docs/notes/spotpc-avd.md 1.3). That of offer ``windows-ent-cpc`` is for Cloud PCs of Windows 365 only.
    """
    found = _SESSION_HOST_SKU.fullmatch(sku)
    if found is None or offer.lower() not in SESSION_HOST_OFFERS or (found["kind"].lower() == "avd") is not pooled:
        return None
    apps = " + Microsoft 365 Apps" if found["apps"] else ""
    kind = "multi-session" if pooled else "single-session"
    title = f"Windows {found['windows']} Enterprise {kind}{apps} {found['release'].upper()}"
    return GalleryImage(image=MarketplaceImage(publisher=PUBLISHER, offer=offer, sku=sku), display_name=title)


def marketplace_image(image_id: str) -> MarketplaceImage | None:
    """Return the marketplace image that has a Graph id (``publisher_offer_sku``), None if that is no such id."""
    parts = image_id.split("_", 2)
    if len(parts) < 3 or not all(parts):  # noqa: PLR2004 - publisher, offer, sku
        return None
    publisher = PUBLISHER if parts[0] == PUBLISHER.lower() else parts[0]
    return MarketplaceImage(publisher=publisher, offer=parts[1], sku=parts[2])


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
