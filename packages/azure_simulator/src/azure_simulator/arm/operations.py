"""The operations of a resource type: addresses, actions and rate limits follow from its declaration."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from azure_simulator.arm.paging import page
from azure_simulator.arm.reading import need_group
from azure_simulator.arm.resource_types import SUBSCRIPTION
from azure_simulator.core.answers import Answer
from azure_simulator.core.routing import Routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.arm.resource_types import ResourceType
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call, Handler
    from azure_simulator.core.resources import Resource

    Declare = Callable[[Handler], Handler]
    Show = Callable[[Call, Resource], Json]


def _body(call: Call, resource: Resource) -> Json:
    del call
    return resource.body


class Operations(Routes):
    """Operations of one type, each declared by a decorator.

        OPERATIONS = Operations(DISKS)

        @OPERATIONS.put("disk.put")
        def put_disk(call: Call) -> Answer: ...

    `name` is what fault rules and statistics call the operation.
    """

    def __init__(self, resource_type: ResourceType) -> None:
        super().__init__("arm")
        self.type = resource_type

    def put(self, name: str) -> Declare:
        """Declare PUT of a resource."""
        return self._declare(name, "PUT", self.type.one, "write")

    def patch(self, name: str) -> Declare:
        """Declare PATCH of a resource."""
        return self._declare(name, "PATCH", self.type.one, "write")

    def get(self, name: str, below: str = "") -> Declare:
        """Declare GET of a resource, or of something `below` it (`instanceView`)."""
        return self._declare(name, "GET", f"{self.type.one}/{below}" if below else self.type.one, "read")

    def head(self, name: str) -> Declare:
        """Declare HEAD of a resource."""
        return self._declare(name, "HEAD", self.type.one, "read")

    def delete(self, name: str) -> Declare:
        """Declare DELETE of a resource."""
        return self._declare(name, "DELETE", self.type.one, "delete")

    def post(self, name: str, verb: str, *, throttle: str = "", mutates: bool = True) -> Declare:
        """Declare POST of a verb."""
        path, action = f"{self.type.one}/{verb}", f"{verb}/action"
        return self._declare(name, "POST", path, action, throttle=throttle, mutates=mutates)

    def list_group(self, name: str) -> Declare:
        """Declare the list of a resource group, or of the resource that the type lies below."""
        return self._declare(name, "GET", self.type.all, "read", "LIST")

    def list_subscription(self, name: str) -> Declare:
        """Declare the list of a subscription."""
        return self._declare(name, "GET", f"{SUBSCRIPTION}/providers/{self.type.name}", "read", "LIST")

    def list_region(self, name: str) -> Declare:
        """Declare the list of a region."""
        place = f"{SUBSCRIPTION}/providers/{self.type.provider.namespace}/locations/{{location}}"
        return self._declare(name, "GET", f"{place}/{self.type.path}", "read", "LIST")

    def reads(self, *, get: str = "", group: str = "", subscription: str = "", show: Show = _body) -> None:
        """Declare and answer GET, the list of a group and the list of a subscription, each if it has a name.

        `show` makes the body that shows a resource.
        """
        if get:
            self.get(get)(lambda call: Answer(show(call, call.resource())))
        if group:
            self.list_group(group)(lambda call: self._list_group(call, show))
        if subscription:
            self.list_subscription(subscription)(lambda call: self._list_subscription(call, show))

    def _list_group(self, call: Call, show: Show) -> Answer:
        if self.type.nested:
            call.need(call.path.rpartition("/")[0])
        else:
            need_group(call)
        return page(call, call.world.resources.collection(call.path), partial(show, call))

    def _list_subscription(self, call: Call, show: Show) -> Answer:
        prefix = f"/subscriptions/{call.param('sub')}/".lower()
        found = [each for each in call.world.resources.of_type(self.type.name) if each.key.startswith(prefix)]
        return page(call, found, partial(show, call))

    def _declare(
        self, name: str, method: str, path: str, verb: str, group: str = "", *, throttle: str = "", mutates: bool = True
    ) -> Declare:
        return self.operation(
            name,
            method,
            path,
            throttle=throttle or self.type.throttle_class(group or method),
            action=f"{self.type.called or self.type.name}/{verb}",
            mutates=mutates and method not in {"GET", "HEAD"},
        )
