"""Scripted days: when the users of a pool come and go.

`POST /_sim/desktops/days {"hostPool", "users": [upn] or "group": name, "visits": [{"from", "until", "share", "stay",
"leave"}], "retry": {"after", "times"}, "seed"}`: in each visit a `share` of the users (all) signs in between `from` and
`until` (seconds from now), most of them in the middle; they stay for a number of seconds between the two of `stay` and
then `leave` by `signOut`, `disconnect` or `idle`. Who comes when depends on the seeds and the user alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Json, Problem
from azure_simulator.core.settings import NUMBER
from azure_simulator.core.times import SECOND
from azure_simulator.desktops import broker
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.enrollment.registration import tenant_of_machine

if TYPE_CHECKING:
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

LEAVES = ("signOut", "disconnect", "idle")


def users_of(world: World, pool: Resource, body: Json) -> list[str]:
    """List the principal names of the users of a script: named one by one, or the members of a group."""
    if "group" not in body:
        return [str(each) for each in body.get("users", [])]
    directory, tenant = directory_of(world), tenant_of_machine(world, pool.id)
    groups = directory.by("group", tenant, "displayName", str(body["group"]))
    if not groups:
        raise Problem(404, "NotFound", f"there is no group {body['group']!r:.60}")
    members = directory.memberships[tenant.lower()].below(str(groups[0]["id"]), world.now_us)
    found = (directory.get("user", tenant, each) for each in members)
    return [str(each["userPrincipalName"]) for each in found if each]


def play(world: World, pool: Resource, body: Json) -> Json:
    """Let a scripted day begin; give how many visits there will be."""
    users, visits = users_of(world, pool, body), body.get("visits", [])
    if not users or not visits:
        raise Problem(400, "BadRequest", "a day needs users and visits")
    retry = body.get("retry", {})
    seed, number = body.get("seed", 0), world.attempt("day", pool.id)
    for row in visits:
        _check(row)
    planned = 0
    for user in users:
        for turn, row in enumerate(visits):
            rng = world.rng("day", seed, number, user, turn)  # not the pool: an application may name it by chance
            if rng.random() >= row.get("share", 1.0):
                continue
            arrives_s = rng.triangular(row.get("from", 0), row["until"])
            shortest, longest = row["stay"] if isinstance(row["stay"], list) else (row["stay"], row["stay"])
            visit = broker.Visit(
                user=user,
                pool_id=pool.id,
                asked_us=world.now_us + int(arrives_s * SECOND),
                stay_us=int(rng.uniform(shortest, longest) * SECOND),
                leaves_by=row.get("leave", "signOut"),
                retries=int(retry.get("times", 0)),
                retry_us=int(retry.get("after", 60) * SECOND),
            )
            world.at(visit.asked_us, lambda visit=visit: _arrive(world, visit))  # type: ignore[misc]
            planned += 1
    return {"users": len(users), "visits": planned}


def _check(row: Json) -> None:
    stay = row["stay"] if isinstance(row["stay"], list) else [row["stay"]]
    numbers = [row.get("from", 0), row["until"], row.get("share", 1.0), *stay]
    known = {"from", "until", "share", "stay", "leave"}
    right = all(isinstance(each, NUMBER) and each >= 0 for each in numbers) and numbers[0] <= numbers[1]
    if not right or len(stay) > 2 or set(row) - known or row.get("leave", LEAVES[0]) not in LEAVES:  # noqa: PLR2004
        raise Problem(400, "BadRequest", f"a visit has {', '.join(sorted(known))}; leave is one of {', '.join(LEAVES)}")


def _arrive(world: World, visit: broker.Visit) -> None:
    broker.sign_in(world, visit)
