"""The setup of a failure scenario of virtual desktops: an image set, and a version of it or a Spot Group.

A scenario's ``setting`` has ``spot`` with either ``version`` (it is built by a recipe from the set's own source,
which is the marketplace's, and validated as all are) or a pooled group: ``members`` in its directory group,
``quantity``, ``online`` (hosts online at least), ``timeZone``, ``schedule`` (``rampUp``, ``rampDown``,
``minimumOnline``, ``days``), ``profilePath``, ``lowPriority``, ``wakeAfterDays``. ``startsAt`` is when it begins (a
stack of its own), ``lastsHours`` how long it goes on at least, ``then: {action: release, method}`` an update to a
version that is built before; with ``begins: release`` the cloud's faults begin with it, else with the build. Users
come over two hours as soon as the hosts have been built, unless the scenario has a day or a schedule of its own; of
one that lasts for days they come again at its end. Everything is done over HTTP.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from local.portal import Answer
from local.rehearsal import Rehearsal
from local.spot_journey import FIRST, IMAGE, RECIPE, SECOND

Json = dict[str, Any]

PROFILES = "\\\\files.contoso.example\\profiles"
_DAYS = {
    name: n for n, name in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), 1)
}
_ARRIVE_WITHIN = 7_200
_STAY = (14_400, 18_000)
_LONG = timedelta(hours=24)


@dataclass(slots=True)
class SpotRehearsal:
    """The image set, the version and the group of one scenario, in the tenant of ``rehearsal``."""

    rehearsal: Rehearsal
    scenario: Mapping[str, Any]
    set_id: str = ""
    group_id: str = ""
    directory_group: str = ""
    begun: list[Answer] = field(default_factory=list)
    came: bool = False
    released: bool = False

    @property
    def setting(self) -> Mapping[str, Any]:
        """The settings of the scenario's environment."""
        return dict(self.scenario["setting"])

    @property
    def spot(self) -> Mapping[str, Any]:
        """The same of the version or the group."""
        return dict(self.setting["spot"])

    @property
    def is_version(self) -> bool:
        """Whether a version is played, not a group."""
        return "version" in self.spot

    @property
    def members(self) -> int:
        """Number of users."""
        return int(self.spot.get("members", 0))

    @property
    def lasts(self) -> timedelta:
        """The shortest duration."""
        return timedelta(hours=self.setting.get("lastsHours", 0))

    @property
    def staff(self) -> str:
        """The name of the directory group."""
        return f"{self.rehearsal.tenant} staff"

    @property
    def _group(self) -> str:
        return f"{self.rehearsal.graph}/spotGroups/{self.group_id}"

    def prepare(self) -> dict[str, str]:
        """Create everything except the version or the group that is played; return the values of placeholders."""
        rehearsal = self.rehearsal
        rehearsal.say(f"Tenant {rehearsal.tenant} with a connection, an image set and {self.members} people")
        connection = rehearsal.open()
        self._create_set()
        if "then" in self.setting:
            rehearsal.say("A version to release")
            rehearsal.portal.finish(self._build_version())
        cast = {
            "subscription": rehearsal.subscription,
            "tenant": rehearsal.tenant,
            "resourceGroup": f"pcs-{rehearsal.tenant}",
            "connection": connection,
        }
        if not self.is_version:
            self.directory_group = rehearsal.directory_group("staff")
            cast["group0"] = self.staff
        return cast | {f"user{number}": rehearsal.upn(number) for number in range(1, self.members + 1)}

    @property
    def waits_for_hosts(self) -> bool:
        """Whether the scenario can only begin when there is a host pool: it names it."""
        return "{hostPool}" in json.dumps(dict(self.scenario))

    def order(self) -> None:
        """Begin to build the version, or make the group, which begins to build its hosts."""
        if self.is_version:
            self.begun.append(self._build_version())
            return
        form = {
            "name": {"displayName": "Office", "friendlyName": "Office desktop"},
            "profile": {"profilePath": self.spot.get("profilePath", PROFILES)},
            "license": {"licenseType": "pooled", "quantity": self.spot["quantity"]},
            "site": {"siteId": "main"},
            "groups": {"groupIds": [self.directory_group]},
            "image": {"imageSetId": self.set_id, "imageVersion": FIRST},
            "capacity": self._capacity(),
        }
        saved = self.rehearsal.portal.ask("POST", f"{self.rehearsal.base}/wizards/create-spot-group", form)
        self.group_id = str(saved.body["id"])

    def version(self) -> Json:
        """Read the version that is played."""
        path = f"{self.rehearsal.graph}/imageSets/{self.set_id}/versions/{SECOND}"
        body: Json = self.rehearsal.portal.ask("GET", path).body
        return body

    def group(self) -> Json:
        """Read the group with its state."""
        body: Json = self.rehearsal.portal.ask("GET", self._group).body
        return body

    def hosts(self) -> list[Json]:
        """Read the hosts of the group."""
        return list(self.rehearsal.portal.pages(f"{self._group}/hosts"))

    def release(self) -> Json | None:
        """Read the newest release, if there was one."""
        return next(self.rehearsal.portal.pages(f"{self._group}/history"), None)

    def decisions(self) -> list[Json]:
        """Read the engine's decisions."""
        return list(self.rehearsal.portal.pages(f"{self._group}/decisions"))

    @property
    def broker(self) -> Json:
        """State of the group's pool according to the cloud's broker."""
        where = f"/subscriptions/{self.rehearsal.subscription}/*"
        seen: Json = self.rehearsal.stack.ask_cloud(f"state?view=broker&pool={where}")
        return seen

    @property
    def awaits_release(self) -> bool:
        """Whether there is a release in it."""
        return "then" in self.setting

    @property
    def has_own_day(self) -> bool:
        """Whether the scenario itself says when users come, or that nobody does."""
        return "schedule" in self.spot or "/_sim/desktops/days" in json.dumps(dict(self.scenario))

    @property
    def expected_to_come(self) -> int:
        """Least number of users who sign in before the end."""
        return 0 if self.has_own_day else self.members

    def let_come(self, pool: str) -> None:
        """Let the members come, if nothing else says when they do."""
        if self.came:
            return
        self.came = True
        if self.has_own_day:
            return
        visits: list[Json] = [{"until": _ARRIVE_WITHIN, "stay": _STAY}]
        if self.lasts > _LONG:
            again = int((self.lasts - timedelta(hours=12)).total_seconds())
            visits.append({"from": again, "until": again + _ARRIVE_WITHIN, "stay": _STAY})
        day = {"hostPool": pool, "group": self.staff, "visits": visits, "retry": {"after": 60, "times": 15}}
        self.rehearsal.stack.tell_cloud("desktops/days", day)

    @property
    def begins_with_release(self) -> bool:
        """Whether the faults of the cloud begin with the release."""
        return bool(self.setting.get("begins") == "release")

    def may_release(self, signed_in: int) -> bool:
        """Return whether the release is to begin now: everybody has come."""
        return self.awaits_release and not self.released and signed_in >= self.members

    def act(self) -> None:
        """Begin the release."""
        self.released = True
        form = {
            "group": {"spotGroupId": self.group_id},
            "image": {"imageSetId": self.set_id, "imageVersion": SECOND},
            "method": {"method": self.setting["then"]["method"]},
        }
        self.rehearsal.say(f"Release of {SECOND}")
        self.rehearsal.portal.ask("POST", f"{self.rehearsal.base}/wizards/update-spot-group", form)

    def _create_set(self) -> None:
        form = {
            "site": {"siteId": "main"},
            "source": {"hostPoolType": "pooled", "galleryImageId": IMAGE},
            "detail": {"displayName": "Desktop"},
            "recipe": RECIPE,
        }
        saved = self.rehearsal.portal.ask("POST", f"{self.rehearsal.base}/wizards/create-image-set", form)
        self.set_id = str(saved.body["id"])

    def _build_version(self) -> Answer:
        form = {"set": {"imageSetId": self.set_id}, "customization": {"byRecipe": True}}
        return self.rehearsal.portal.ask("POST", f"{self.rehearsal.base}/wizards/create-image-version", form)

    def _capacity(self) -> Json:
        capacity: Json = {"minimumOnline": self.spot.get("online", 0)}
        if "wakeAfterDays" in self.spot:
            capacity["wakeAfterDays"] = self.spot["wakeAfterDays"]
        if self.spot.get("lowPriority"):
            capacity["lowPriorityHosts"] = -(-int(self.spot["quantity"]) // 10)
        if wanted := self.spot.get("schedule"):
            days = {"days": [_DAYS[day] for day in wanted["days"]]} if "days" in wanted else {}
            phases = [{"begins": wanted["rampUp"], "minimumOnline": wanted["minimumOnline"], **days}]
            if "rampDown" in wanted:
                phases.append({"begins": wanted["rampDown"], "rests": True, **days})
            capacity["schedule"] = {"timeZone": self.spot.get("timeZone", "UTC"), "phases": phases}
        return capacity
