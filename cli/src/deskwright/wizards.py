"""The wizards: step by step at a terminal, or from a file; reviewed by the service before anything is saved."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from deskwright import bodies, foresight, offering, requests, session
from deskwright.catalogue.words import Verb
from deskwright.commands import body_options, manner_of, manner_options, tenant_argument
from deskwright.completing import names_of
from deskwright.errors import UsageError
from deskwright.operations import operation
from deskwright.output import as_yaml
from deskwright.prompts import Json, Questions
from deskwright.session import Session
from deskwright.sign_in import is_terminal
from deskwright.terminal import agrees, say


def wizard_command(verb: Verb) -> click.Command:
    """Return the command that plays a wizard."""
    about = verb.about or f"Play the wizard {verb.wizard}: by questions, or with the form in a file (-f, --set)."

    def run(**values: Any) -> None:  # noqa: ANN401 - what click gives
        _run(session.of(values), verb, values)

    told = "Write the form there too, without its secrets."
    save = click.Option(["--save-form"], metavar="FILE", help=told, shell_complete=offering.files)
    about_what: list[click.Parameter] = [tenant_argument()] if verb.on_tenant else []
    if verb.named:
        metavar, complete = f"[{verb.named.upper()}]", names_of(verb.named)
        about_what.append(click.Argument(["thing"], required=False, metavar=metavar, shell_complete=complete))
    params = [*about_what, *body_options(), save, *manner_options(asks=True, keyed=True)]
    made = click.Command(verb.name, params=params, callback=run, help=about, short_help=about)
    return session.options(made)  # type: ignore[return-value]  # a command with more options


def _run(use: Session, verb: Verb, values: dict[str, Any]) -> None:
    """Take the form from its file or by questions, have it reviewed, and save it."""
    manner = manner_of(values)
    use.on_tenant(values.get("on_tenant"))
    thing = values.get("thing")
    wizard = Wizard(use, verb, use.identified(verb.named, thing) if thing else "")
    given = values["file"] or values["settings"]
    asked = not given
    if asked:
        if not is_terminal():
            raise UsageError("nobody can be asked here", advice="Give the form: -f FILE, or --set step.field=value.")
        form = wizard.ask()
    else:
        form = wizard.filled(bodies.body((), values["file"], {}, values["settings"]) or {})
    review = wizard.review(form)
    if name := values["save_form"]:
        Path(name).write_text(as_yaml(bodies.masked(form, None)), "utf-8")
        say(f"The form is in {name}.")
    if manner.dry_run:
        _show_dry(use, verb, form, review)
        return
    tell(review)
    if not review["valid"]:
        raise UsageError("The form has errors; nothing was saved.")
    if asked:
        requests.confirm("Save?", manner)
    requests.finish(use, requests.send(use, wizard.saves, wizard.address, form, manner), manner)


def _show_dry(use: Session, verb: Verb, form: Json, review: Json) -> None:
    """Print a form's review, and the planner's consequences. Raises: UsageError for a wrong form."""
    change = {verb.planned_as: form} if verb.planned_as in {"edit", "spotGroup"} else None
    if verb.planned_as == "settings":
        change = foresight.change_of(verb.planned_as, "", form)
    would = foresight.foreseen(use, change) if change and review["valid"] else None
    if use.output.for_people:
        summary = {"valid": review["valid"], "would happen": (review.get("wouldHappen") or {}).get("summary")}
        use.output.item({**summary, "found": list(_found(review))}, ("WHAT=what", "AT=at", "SAYS=says"), rows="found")
        if would:
            foresight.show(use, would)
    else:
        use.output.item({**review, "dryRun": would} if would else review)
    if not review["valid"]:
        raise UsageError("The form has errors; nothing was saved.")


def _found(review: Mapping[str, Any]) -> Iterator[Json]:
    """Yield the errors and warnings of a review."""
    for step in review["steps"]:
        for error in step["errors"]:
            yield {"what": "error", "at": error["pointer"], "says": error["message"]}
    for warning in review["warnings"]:
        yield {"what": "warning", "at": warning.get("step"), "says": warning["message"]}


class Wizard:
    """One wizard of the service, with its present choices. *about*: the id of the record that it edits."""

    def __init__(self, use: Session, verb: Verb, about: str = "") -> None:
        self._use = use
        self._about = {"id": about} if about else {}
        self._fills, _, self._field = verb.fills.partition(".") if about else ("", "", "")
        self.saves = operation(verb.operation)
        tenant = use.tenant if self.saves.in_tenant else ""
        self.address = self.saves.address(tenant, {"wizard": verb.wizard})

    def filled(self, form: Json) -> Json:
        """Return a form with its subject, as the argument names it.

        Raises: UsageError if the form has another subject.
        """
        form = {name: fields for name, fields in form.items() if name != "wizard"}
        if not self._fills:
            return form
        step = form.get(self._fills)
        before = step.get(self._field) if isinstance(step, Mapping) else None
        if before not in (None, self._about["id"]):
            raise UsageError(f"the form is about another one: {self._fills}.{self._field} is {before}")
        return {**form, self._fills: {**(step or {}), self._field: self._about["id"]}}

    def ask(self) -> Json:
        """Return the form that somebody fills in, each step reviewed before the next. Ctrl-C ends it."""
        shown = self._use.client.ask("GET", self.address, query=self._about).body
        say(f"{shown['title']}  (Ctrl-C ends it, and nothing is saved)")
        form = self.filled({})
        for step in shown["steps"]:
            if step["schema"] and not (
                step["name"] == self._fills and {*step["schema"]["properties"]} == {self._field}
            ):
                self._ask_step(step, form)
        return form

    def review(self, form: Mapping[str, Any], through: str = "") -> Json:
        """Return the service's review of a form so far."""
        body = {**form, "throughStep": through} if through else dict(form)
        found: Json = self._use.client.ask("POST", f"{self.address}/review", body=body).body
        return found

    def _ask_step(self, step: Mapping[str, Any], form: Json) -> None:
        """Ask for one step until the service finds nothing wrong with it."""
        say()
        say(f"{step['title']}" + (f": {step['hint']}" if step["hint"] else ""))
        if not step["schema"].get("required") and not agrees("Change anything here?"):
            return
        choices, cut = step["choices"], step["choicesCut"]
        for about in (*cut.values(), *step["choicesErrors"].values()):
            say(f"  {about}")

        def search(text: str) -> list[Mapping[str, Any]]:
            again = self._use.client.ask("GET", self.address, query={**self._about, "search": text}).body
            found = next(each for each in again["steps"] if each["name"] == step["name"])["choices"]
            return [choice for name in cut for choice in found.get(name, ())]

        questions = Questions(step["schema"], choices, cut, search)
        while True:
            form[step["name"]] = questions.ask(form.get(step["name"], step["values"]))
            review = self.review(form, step["name"])
            wrong = [
                each for part in review["steps"] if part["name"] in {step["name"], "form"} for each in part["errors"]
            ]
            for error in wrong:
                say(f"  {error['pointer']}: {error['message']}")
            if not wrong:
                return
            say("  Answer again; Enter keeps what you wrote.")


def tell(review: Mapping[str, Any]) -> None:
    """Write a review for people: errors, warnings, and forecast."""
    for step in review["steps"]:
        for error in step["errors"]:
            say(f"  {error['pointer']}: {error['message']}")
    for warning in review["warnings"]:
        say(f"  Warning: {warning['message']}")
    if would := review.get("wouldHappen"):
        say(f"  {would['summary']}")
