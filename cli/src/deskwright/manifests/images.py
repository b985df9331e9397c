"""Device images and image sets as documents."""

from collections.abc import Iterator, Mapping
from typing import Any

from deskwright.manifests.kind import Change, FormKind, Json, Writing, only_one
from deskwright.manifests.references import References
from deskwright.session import Session

_MANAGED = "/providers/microsoft.compute/images/"
"""The part of the id of a managed image that no version in a gallery has."""
_SOURCES = ("galleryImageId", "galleryVersionId", "managedImageId")
"""The properties of which an image set names one."""


class _DeviceImage(FormKind):
    """An image of the tenant's own. Nothing of one changes: another version is another image."""

    name, key = "deviceImage", ("displayName", "version")
    lists, shows = "list_device_images", "get_device_image"
    properties = ("site", "galleryImageId", "sourceImageResourceId")
    references = {"site": "site"}  # noqa: RUF012 - as the base class declares it
    fixed = frozenset(properties)

    def slow(self, said: Mapping[str, Any]) -> bool:  # noqa: ARG002 - of the base class
        return True

    def building(self, change: Change, use: Session) -> str | None:
        view = change.found.view if change.found else {}
        operation = view.get("@deskwright.operationId")
        return use.address("get_operation", id=operation) if operation and view.get("status") == "pending" else None

    def word(self, found: Json, view: Mapping[str, Any], references: References) -> None:  # noqa: ARG002 - as above
        found["site"] = view["@deskwright.siteId"]
        if source := view["@deskwright.galleryImageId"]:
            found["galleryImageId"] = source

    def forms(self, change: Change, writing: Writing) -> Iterator[tuple[str, Json]]:  # noqa: ARG002 - as above
        said = change.said
        only_one(self.name, said, "galleryImageId", "sourceImageResourceId")
        own = said.get("sourceImageResourceId")
        kind = "managedImageId" if _MANAGED in str(own).casefold() else "galleryVersionId"
        source = {"galleryImageId": said.get("galleryImageId"), kind: own}
        yield (
            "create-device-image",
            {
                "name": {"displayName": said["displayName"]},
                "site": {"siteId": said.get("site")},
                "version": {"version": said["version"]},
                "source": {name: value for name, value in source.items() if value},
            },
        )


class _ImageSet(FormKind):
    """An image set. Its versions are no documents: they are built, and named by Spot Groups."""

    name = "imageSet"
    lists, shows = "list_image_sets", "get_image_set"
    properties = ("description", "hostPoolType", "site", "isGlobal", *_SOURCES, "recipe")
    references = {"site": "site"}  # noqa: RUF012 - as the base class declares it
    fixed = frozenset({"hostPoolType", "site", "isGlobal", *_SOURCES})

    def slow(self, said: Mapping[str, Any]) -> bool:
        return bool(said.get("isGlobal") or said.get("managedImageId"))

    def word(self, found: Json, view: Mapping[str, Any], references: References) -> None:  # noqa: ARG002 - as above
        if not view["isGlobal"]:
            found["site"] = view["siteId"]

    def forms(self, change: Change, writing: Writing) -> Iterator[tuple[str, Json]]:  # noqa: ARG002 - as above
        said = change.said
        if change.found is not None:
            detail = {"detail": {"description": said["description"]}} if "description" in change.touched else {}
            recipe = {"recipe": change.whole["recipe"]} if "recipe" in change.touched else {}
            yield "edit-image-set", {"set": {"imageSetId": change.found.identifier}, **detail, **recipe}
            return
        only_one(self.name, said, "site", "isGlobal")
        only_one(self.name, said, *_SOURCES)
        site: Json = {"isGlobal": True} if said.get("isGlobal") else {"siteId": said["site"]}
        source = {name: said[name] for name in ("hostPoolType", *_SOURCES) if name in said}
        detail = {name: said[name] for name in ("displayName", "description") if name in said}
        yield "create-image-set", {"site": site, "source": source, "detail": detail, "recipe": said.get("recipe", {})}

    def write(self, change: Change, writing: Writing) -> Iterator[str | None]:
        if change.found is None:
            yield from super().write(change, writing)
            return
        body = {name: change.whole[name] for name in ("description", "recipe") if name in change.touched}
        yield writing.send("update_image_set", body, {"id": change.found.identifier}, change.found.etag).operation


DEVICE_IMAGE, IMAGE_SET = _DeviceImage(), _ImageSet()
