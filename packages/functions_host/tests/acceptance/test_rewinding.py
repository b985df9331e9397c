"""A failed instance is rewound to before its failure (fact 35)."""

import random
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from host_testing.running import RunningHost, until


@pytest.fixture
def workshop(tmp_path: Path) -> "Workshop":
    folder = tmp_path / "workshop"
    folder.mkdir()
    return Workshop(folder)


class Workshop:
    """The folder whose files decide whether activities succeed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def repair(self, *names: str) -> None:
        for name in names:
            (self.folder / name).touch()

    @property
    def log(self) -> list[str]:
        """Return every call so far."""
        return (self.folder / "log").read_text().splitlines()

    def given(self, *names: str, **more: Any) -> dict[str, Any]:
        return {"folder": str(self.folder), "names": names, **more}


def rewind(host: RunningHost, instance: str) -> dict[str, Any]:
    assert host.manage("POST", f"/instances/{instance}/rewind?reason=repaired").status == 202
    return host.ended(instance)


def test_35_a_rewound_instance_continues_without_repeating_what_has_succeeded(
    host: RunningHost, workshop: Workshop
) -> None:
    workshop.repair("one", "two", "four")
    one = host.begin("in_steps", workshop.given("one", "two", "three", "four"))
    assert host.ended(one)["runtimeStatus"] == "Failed"
    assert host.call("POST", "/api/sdk/rewind", {"instance_id": one, "reason": "by+the+client"}).status == 200
    assert host.ended(one)["runtimeStatus"] == "Failed"
    workshop.repair("three")
    ended = rewind(host, one)
    assert (ended["runtimeStatus"], ended["output"]) == (
        "Completed",
        ["one works", "two works", "three works", "four works"],
    )
    assert workshop.log == ["one", "two", "three", "three", "three", "four"]
    events = host.history(one)
    undone = [None, None, None]  # as on Azure: the activity, its failure, and the end
    assert [event["Data"] for event in events if event["EventType"] == "GenericEvent"] == [
        *undone,
        "by the client",
        *undone,
        "repaired",
    ]
    assert "TaskFailed" not in [event["EventType"] for event in events]


def test_only_failed_instances_are_rewound(host: RunningHost) -> None:
    assert host.manage("POST", "/instances/nobody/rewind?reason=x").status == 404
    done = host.begin("one_step", 2)
    host.ended(done)
    refused = host.manage("POST", f"/instances/{done}/rewind?reason=x")
    assert (refused.status, "has status Completed" in refused.json) == (412, True)
    waiting = host.begin("waits", ["go"])
    assert host.manage("POST", f"/instances/{waiting}/rewind?reason=x").status == 412


def test_of_a_fan_out_only_what_failed_is_repeated(host: RunningHost, workshop: Workshop) -> None:
    workshop.repair("a", "c")
    one = host.begin("side_by_side", workshop.given("a", "b", "c", "d"))
    host.ended(one)
    workshop.repair("b", "d")
    assert host.manage("POST", f"/instances/{one}/rewind?reason=repaired").status == 202
    until(lambda: workshop.log.count("d") == 2)
    assert host.manage("POST", f"/instances/{one}/raiseEvent/go", "on").status == 202
    assert host.ended(one)["output"] == ["a works", "b works", "c works", "d works", "on"]
    assert sorted(workshop.log) == ["a", "b", "b", "c", "d", "d"]


def test_a_failure_that_was_caught_stays_caught_and_retries_continue(host: RunningHost, workshop: Workshop) -> None:
    workshop.repair("instead")
    one = host.begin("with_retries", workshop.given())
    assert "flaky is broken" in host.ended(one)["output"]
    assert workshop.log == ["hopeless", "instead", "flaky", "flaky"]
    workshop.repair("flaky", "hopeless")
    assert rewind(host, one)["output"] == "flaky works"
    assert workshop.log == ["hopeless", "instead", "flaky", "flaky", "flaky"]


def test_a_rewind_returns_to_a_failure_that_was_kept_and_raised_later(host: RunningHost, workshop: Workshop) -> None:
    workshop.repair("lamp")
    one = host.begin("raises_later", workshop.given())
    assert "pump is broken" in host.ended(one)["output"]
    assert workshop.log == ["pump", "lamp", "pump"]
    workshop.repair("pump")
    assert rewind(host, one)["output"] == "pump works"
    assert workshop.log[3:] == ["pump", "lamp", "pump"]


def test_the_children_that_failed_are_rewound_too(host: RunningHost, workshop: Workshop) -> None:
    workshop.repair("first", "one")
    one = host.begin("by_children", workshop.given("one", "two", depth=1, prefix="rewound"))
    assert "two is broken" in host.ended(one)["output"]
    workshop.repair("two")
    assert rewind(host, one)["output"] == [1, [0, ["one works", "two works"]]]
    assert workshop.log == ["first", "first", "one", "two", "two"]
    assert host.status("rewound-leaf")["runtimeStatus"] == "Completed"


def test_a_rewind_that_was_accepted_survives_a_kill(fresh_host: Callable[..., RunningHost], workshop: Workshop) -> None:
    host = fresh_host()
    workshop.repair("first", "one")
    one = host.begin("by_children", workshop.given("one", "two", depth=0, prefix="killed"))
    host.ended(one)
    workshop.repair("two")
    assert host.manage("POST", f"/instances/{one}/rewind?reason=repaired").status == 202
    host.kill()
    host.start()
    assert host.ended(one)["output"] == [0, ["one works", "two works"]]
    assert workshop.log.count("one") == 1


def test_an_orchestrators_own_error_is_raised_again_until_its_code_is_repaired(host: RunningHost) -> None:
    one = host.begin("raises_after")
    before = host.ended(one)
    again = rewind(host, one)
    assert (again["runtimeStatus"], again["output"]) == ("Failed", before["output"])
    assert [event["EventType"] for event in host.history(one)].count("TaskCompleted") == 2


class Plans:
    """Random plans: steps one after the other and side by side, with retries, children and their children."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._names = (f"leaf-{n}" for n in count())
        self.breaks: dict[str, int] = {}
        self.runs: dict[str, int] = {}  # how often each leaf must have run when all is done

    def plan(self, depth: int = 0) -> list[Any]:
        return [self._step(depth) for _ in range(self._dice.randint(1, 3))]

    def _step(self, depth: int) -> Any:
        if self._dice.random() < 0.15:
            name, attempts = next(self._names), self._dice.randint(1, 2)
            self.runs[name] = attempts
            return {"name": name, "breaks": 99, "attempts": attempts, "caught": True}
        if self._dice.random() < 0.4:
            return [self._one(depth) for _ in range(self._dice.randint(1, 4))]
        return self._one(depth)

    def _one(self, depth: int) -> dict[str, Any]:
        if depth < 2 and self._dice.random() < 0.25:
            return {"plan": self.plan(depth + 1)}
        name = next(self._names)
        self.breaks[name] = self._dice.choice([0, 0, 1, 2])
        self.runs[name] = self.breaks[name] + 1
        return {"name": name, "breaks": self.breaks[name], "attempts": self._dice.randint(1, 2)}


def expected_output(plan: Any) -> Any:
    """Return the output of a plan when nothing fails."""
    if isinstance(plan, list):
        return [expected_output(one) for one in plan]
    if "plan" in plan:
        return expected_output(plan["plan"])
    return "caught" if "caught" in plan else plan["name"]


@pytest.mark.parametrize("seed", range(10))
def test_however_often_it_fails_nothing_that_succeeded_is_repeated(
    host: RunningHost, tmp_path: Path, seed: int
) -> None:
    plans = Plans(seed)
    plan = plans.plan()
    one = host.begin("planned", {"folder": str(tmp_path), "plan": plan})
    ended = host.ended(one)
    for _ in range(sum(plans.breaks.values())):
        if ended["runtimeStatus"] == "Completed":
            break
        ended = rewind(host, one)
    assert (ended["runtimeStatus"], ended["output"]) == ("Completed", expected_output(plan))
    assert {name: len((tmp_path / name).read_text().splitlines()) for name in plans.runs} == plans.runs
