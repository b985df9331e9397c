"""The pages of a sign-in. They have no scripts, except the page that posts an answer to its client."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from simulation_base.pages.markup import Html, tag

from azure_simulator.core.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from azure_simulator.core.answers import Problem
    from azure_simulator.entra.sign_in.consents import Missing
    from azure_simulator.graph.directory.records import Doc

LISTED = 200
"""Number of people in the list at most; others are typed by name."""
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 36rem; margin: 4rem auto; padding: 0 1rem }
ul { list-style: none; padding: 0; display: grid; gap: .5rem }
button { font: inherit; padding: .5rem 1rem; cursor: pointer }
li button { width: 100%; text-align: left }
button span { display: block; opacity: .8 }
input { font: inherit; padding: .5rem; width: 100%; box-sizing: border-box }
form { margin: .5rem 0 }
"""
_SUBMIT = "document.forms[0].submit()"


def _page(title: str, *content: object, status: int = 200, script: str = "") -> Answer:
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Html(_STYLE)),
    )
    main = tag("main", tag("h1", title), *content)  # type: ignore[arg-type]
    body = tag("body", main, tag("script", Html(script)) if script else None)
    text = "<!doctype html>" + tag("html", head, body, lang="en")
    sources = f"; script-src 'sha256-{_hash(script)}'" if script else ""
    headers = {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_hash(_STYLE)}'{sources}; "
        "base-uri 'none'; frame-ancestors 'none'",
    }
    return Answer(text.encode(), status, headers, content_type="text/html; charset=utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _hidden(values: Mapping[str, str]) -> list[Html]:
    return [tag("input", type="hidden", name=name, value=value) for name, value in values.items()]


def choose(
    action: str, fields: Mapping[str, str], people: Iterable[tuple[str, Doc]], *, app: str = "", note: str = ""
) -> Answer:
    """Show a page with a choice of users; `fields` come back with the answer, as `user` does."""
    every = list(people)
    rows = [
        tag(
            "li",
            tag(
                "form",
                _hidden({**fields, "user": user["id"]}),
                tag("button", user["displayName"], tag("span", _about(user))),
                method="post",
                action=action,
            ),
        )
        for _, user in every[:LISTED]
    ]
    named = tag(
        "form",
        _hidden(fields),
        tag("label", "Somebody else, by user principal name ", tag("input", name="user", required=True)),
        tag("button", "Continue"),
        method="post",
        action=action,
    )
    return _page(
        "Choose who you are",
        tag("p", note, role="alert") if note else None,
        tag("p", f"{app} asks you to sign in. There are no passwords here.") if app else None,
        tag("ul", rows),
        named if len(every) > LISTED else None,
        status=400 if note else 200,
    )


def _about(user: Doc) -> str:
    disabled = "" if user.get("accountEnabled", True) else " (disabled)"
    return f"{user['userPrincipalName']}{disabled}"


def consent(action: str, fields: Mapping[str, str], app: str, missing: Iterable[Missing], *, admin: bool) -> Answer:
    """Ask for permissions; `accept` comes back: `user`, `everybody` or `no`. `admin`: only an administrator can."""
    found = list(missing)
    wanted = [
        tag("li", f"{each.api['displayName']}: {', '.join(each.values)}" if each.values else each.api["displayName"])
        for each in found
    ]
    alone = not admin and not any(each.needs_administrator for each in found)
    choices = {"user": "Accept"} if alone else {}
    choices |= {"everybody": "Accept for everybody, as an administrator", "no": "Cancel"}
    buttons = [tag("button", text, name="accept", value=value) for value, text in choices.items()]
    lead = f"{app} wants permission to"
    note = None if alone else tag("p", "Only an administrator can grant this.")
    form = tag("form", _hidden(fields), note, buttons, method="post", action=action)
    return _page("Permissions requested", tag("p", f"{lead}:"), tag("ul", wanted), form)


def user_code(action: str, given: str, note: str = "") -> Answer:
    """Ask for the code that a device shows."""
    box = tag("input", name="user_code", value=given, required=True, autocomplete="off")
    form = tag(
        "form",
        tag("label", "The code that your device shows ", box),
        tag("button", "Next"),
        method="post",
        action=action,
    )
    return _page("Enter code", tag("p", note, role="alert") if note else None, form, status=400 if note else 200)


def said(title: str, text: str) -> Answer:
    """Tell something."""
    return _page(title, tag("p", text))


def refusal(problem: Problem) -> Answer:
    """Show an error that goes to no client."""
    return _page("Sorry, but we cannot sign you in", tag("p", problem.message, role="alert"), status=problem.status)


def form_post(uri: str, values: Mapping[str, str]) -> Answer:
    """Post an answer to its client."""
    form = tag("form", _hidden(values), tag("button", "Continue"), method="post", action=uri)
    return _page("Working…", form, script=_SUBMIT)
