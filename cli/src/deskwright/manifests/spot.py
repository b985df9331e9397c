"""Spot Groups as documents. Another image version is a release."""

from collections.abc import Iterator, Mapping
from typing import Any

from deskwright.errors import ConflictError
from deskwright.manifests.kind import Change, FormKind, Json, Writing
from deskwright.manifests.references import References

_DATA = ("profilePath", "dataPath", "sharedDrive")
_NAMED = ("friendlyName", "description", *_DATA, "tags")
_WHOLE = ("sessions", "hosts", "capacity")
_IMAGE = frozenset({"imageSet", "imageVersion"})
_METHOD = "releaseMethod"
_GENTLE = "opportunistic"
"""The method of a release without one in the document: it signs off no user."""


class _SpotGroup(FormKind):
    name = "spotGroup"
    lists, shows = "list_spot_groups", "get_spot_group"
    properties = (
        *("friendlyName", "description", "tags", *_DATA, "licenseType", "quantity"),
        *("site", "connection", "imageSet", "imageVersion", _METHOD, *_WHOLE),
    )
    references = {"site": "site", "connection": "connection", "imageSet": "imageSet"}  # noqa: RUF012 - as the base class
    fixed = frozenset({"licenseType", "site", "connection"})
    unread = frozenset({_METHOD})
    grouped = True

    def word(self, found: Json, view: Mapping[str, Any], references: References) -> None:
        found["sharedDrive"] = view.get("dataPath") is not None
        found["site"] = view["siteId"]
        found["connection"] = references.label_of("connection", view["connectionId"])
        found["imageSet"] = references.label_of("imageSet", view["imageSetId"])
        found["groups"] = list(view["groupIds"])

    def forms(self, change: Change, writing: Writing) -> Iterator[tuple[str, Json]]:
        if change.found is None:
            yield "create-spot-group", self._created(change.said, writing)
            return
        if change.touched - _IMAGE:
            yield "edit-spot-group", self._edited(change, change.found.identifier)
        if change.touched & _IMAGE:
            yield (
                "update-spot-group",
                {
                    "group": {"spotGroupId": change.found.identifier},
                    "image": _image(change.whole, writing),
                    "method": {"method": change.said.get(_METHOD, _GENTLE)},
                },
            )

    def dry_runs(self, change: Change, writing: Writing) -> Iterator[Json | None]:  # noqa: ARG002 - of the base class
        if change.found is not None and change.touched - _IMAGE:
            yield {"spotGroup": self._edited(change, change.found.identifier)}

    def _created(self, said: Json, writing: Writing) -> Json:
        connection = said.get("connection")
        place = {"siteId": said.get("site")}
        if connection:
            place["connectionId"] = writing.references.identifier("connection", connection)
        return {
            "name": _of(said, ("displayName", "friendlyName")),
            "profile": _of(said, _DATA),
            "license": _of(said, ("licenseType", "quantity")),
            "site": place,
            "groups": {"groupIds": said.get("groups", [])},
            "image": _image(said, writing),
            **{name: said[name] for name in _WHOLE if name in said},
            "description": _of(said, ("description", "tags")),
        }

    def _edited(self, change: Change, identifier: str) -> Json:
        whole, touched = change.whole, change.touched
        form: Json = {"group": {"spotGroupId": identifier}}
        if "profilePath" in touched and "dataPath" in change.said:
            touched |= {"dataPath"}  # left out, it would follow the profiles where both are one
        if named := {name: whole[name] for name in _NAMED if name in touched}:
            form["name"] = named
        if "quantity" in touched:
            form["license"] = {"quantity": whole["quantity"]}
        if "groups" in touched:
            form["groups"] = {"groupIds": whole["groups"]}
        return form | {name: {name: whole[name]} for name in _WHOLE if name in touched}


def _of(said: Mapping[str, Any], names: tuple[str, ...]) -> Json:
    return {name: said[name] for name in names if said.get(name) is not None}


def _image(said: Mapping[str, Any], writing: Writing) -> Json:
    """Return the image of a document; the newest available version of its set where it names none."""
    if not said.get("imageSet"):
        return {}
    identifier = writing.references.identifier("imageSet", said["imageSet"])
    return {"imageSetId": identifier, "imageVersion": said.get("imageVersion") or _newest(identifier, said, writing)}


def _newest(image_set: str, said: Mapping[str, Any], writing: Writing) -> str:
    listed = writing.use.client.items(writing.use.address("list_image_versions", id=image_set), {})
    ready = [str(each["version"]) for each in listed if each["status"] == "available"]
    if not ready:
        raise ConflictError(f"the image set {said['imageSet']} has no version that is available")
    return max(ready, key=lambda version: [int(part) for part in version.split(".")])


SPOT_GROUP = _SpotGroup()
