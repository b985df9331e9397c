"""Versions of the subjects of pages: an open page asks in one request whether anything that it shows has changed."""

from __future__ import annotations

import azure.functions as func
from typing_extensions import TypedDict

from shared.domain.subjects import SINGLE, PageSubject
from shared.errors import InvalidError, Problem
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint

bp = Blueprint()
_MOST = 10
"""Number of single things that a page may ask for."""


class ChangesView(TypedDict):
    """The version of each subject; another one than before says that something of it was written."""

    versions: dict[str, str]


@bp.route(route="tenants/{tenant}/changes", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@endpoint("Microsoft.CloudPC/tenants/read", returns=ChangesView, query=("of",))
async def get_changes(call: Call) -> Response:
    """Return versions of all subjects of pages, and of the things in ``of``: ``cloudPCs/{id},operations/{id}``."""
    named = tuple(dict.fromkeys(each.strip() for each in (call.query("of") or "").split(",") if each.strip()))
    if len(named) > _MOST:
        raise InvalidError(Problem("of", f"name at most {_MOST} things"))
    versions = await call.deps.latest_writes.versions(call.tenant.id, [_single(name) for name in named])
    return ok({"versions": dict(versions)})


def _single(name: str) -> tuple[PageSubject, str]:
    """Return the subject and the id of one thing. Raises: InvalidError."""
    kind, _, one = name.partition("/")
    if not one or kind not in {subject.value for subject in SINGLE}:
        known = " or ".join(f"{subject.value}/{{id}}" for subject in sorted(SINGLE))
        raise InvalidError(Problem("of", f"write {known}; other things are told as a kind"))
    return PageSubject(kind), one
