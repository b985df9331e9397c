"""The day of an administrator of virtual desktops: an image set, a version by recipe, a Spot Group, releases.

Everything is sent over HTTP; the choices are those that the wizards offer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.journey import Journey
from local.portal import Answer, PortalError

IMAGE = "microsoftwindowsdesktop_office-365_win11-24h2-avd-m365"
RECIPE = {"steps": [{"name": "Fonts", "script": "Get-Date"}, {"name": "7-Zip", "packageId": "7zip.7zip"}]}
"""Software that the version adds to the marketplace's image; the simulated machines execute nothing."""

FIRST, SECOND = "0.0.0", "0.0.1"

Json = dict[str, Any]

_ON_A_HOST, _MOST_IN_THE_MORNING = 10, 3


def capacity_for(users: int) -> Json:
    """Return the capacity of a group: most of its hosts in the morning, one later, none in the evening."""
    morning = min(_MOST_IN_THE_MORNING, -(-users // _ON_A_HOST))
    phases = [
        {"begins": "08:30", "minimumOnline": morning},
        {"begins": "09:30", "minimumOnline": 1},
        {"begins": "18:00", "rests": True},
    ]
    return {"schedule": {"timeZone": "UTC", "phases": phases}}


@dataclass(slots=True)
class SpotJourney:
    """One portal session of a tenant that ``journey`` has made; ``group_id`` is known once the group has been made."""

    journey: Journey
    set_id: str = ""
    group_id: str = ""

    @property
    def graph(self) -> str:
        """The address of the Graph-shaped resources."""
        return f"{self.journey.base}/beta/deviceManagement/virtualEndpoint"

    @property
    def _group(self) -> str:
        return f"{self.graph}/spotGroups/{self.group_id}"

    def create_image_set(self, site: str) -> None:
        """Make an image set from the marketplace, with a recipe; version 0.0.0 is there at once."""
        form = {
            "site": {"siteId": site},
            "source": {"hostPoolType": "pooled", "galleryImageId": IMAGE},
            "detail": {"displayName": "Contoso desktop"},
            "recipe": RECIPE,
        }
        self.set_id = str(self._save("create-image-set", form).body["id"])

    def build_version(self) -> Answer:
        """Begin to build version 0.0.1 by the recipe; return the answer that points to its operation."""
        form = {"set": {"imageSetId": self.set_id}, "customization": {"byRecipe": True}}
        return self._save("create-image-version", form)

    def create_group(self, site: str, users_group: str, users: int, capacity: Mapping[str, Any] | None = None) -> None:
        """Make a pooled Spot Group on version 0.0.0 for the members of a group; its hosts begin to be built."""
        form = {
            "name": {"displayName": "Office", "friendlyName": "Office desktop"},
            "profile": {"profilePath": r"\\files.contoso.example\profiles"},
            "license": {"licenseType": "pooled", "quantity": users},
            "site": {"siteId": site},
            "groups": {"groupIds": [self.journey.group_id(users_group)]},
            "image": {"imageSetId": self.set_id, "imageVersion": FIRST},
            "capacity": capacity_for(users) if capacity is None else capacity,
        }
        self.group_id = str(self._save("create-spot-group", form).body["id"])

    def release(self, version: str) -> None:
        """Begin an immediate release of a version of the set."""
        form = {
            "group": {"spotGroupId": self.group_id},
            "image": {"imageSetId": self.set_id, "imageVersion": version},
            "method": {"method": "immediate", "notes": f"to {version}"},
        }
        self._save("update-spot-group", form)

    def group(self) -> Json:
        """Read the group with its state."""
        return self._read(self._group)

    def hosts(self) -> list[Json]:
        """Read the hosts, the oldest first."""
        found = self.journey.portal.pages(f"{self._group}/hosts")
        return sorted(found, key=lambda host: (host["createdDateTime"], host["id"]))

    def members_who_may_sign_in(self) -> int:
        """Count the members who have their rights."""
        return sum(member["maySignIn"] for member in self.journey.portal.pages(f"{self._group}/members?$top=999"))

    def latest_release(self) -> Json:
        """Read the newest release. Raises: PortalError if there was none."""
        found = list(self.journey.portal.pages(f"{self._group}/history"))
        if not found:
            raise PortalError("the group has had no release")
        return found[0]

    def latest_decision(self) -> str:
        """Return the text of the engine's newest decision; empty if there was none."""
        return next((str(each["text"]) for each in self.journey.portal.pages(f"{self._group}/decisions")), "")

    def is_over(self, begun: Answer, tell: Callable[[str], None]) -> bool:
        """Return whether an operation has ended well, and tell when it has. Raises: PortalError if it failed."""
        if not self.journey.portal.is_over(begun):
            return False
        operation = self.journey.portal.finish(begun)
        tell(f"  {operation['kind']} {operation['status']}")
        return True

    def _read(self, path: str) -> Json:
        body: Json = self.journey.portal.ask("GET", path).body
        return body

    def _save(self, wizard: str, form: Mapping[str, Any]) -> Answer:
        """Review a form and save it."""
        address = f"{self.journey.base}/wizards/{wizard}"
        for warning in self.journey.portal.ask("POST", f"{address}/review", form).body.get("warnings", ()):
            self.journey.say(f"  review warns: {warning['message']}")
        saved = self.journey.portal.ask("POST", address, form)
        self.journey.say(f"Wizard {wizard}: saved")
        return saved
