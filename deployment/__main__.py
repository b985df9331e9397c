"""The steps without azd: `python -m deployment all --location westeurope`; `customer` and `leave` for customers."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from deployment import checks, customers, leaving, steps, templates
from deployment.clients import Client, DeploymentError, Json
from deployment.environment import Environment, NotYetError
from deployment.report import Report
from deployment.sign_in import tokens

GRAPH, ARM = "https://graph.microsoft.com", "https://management.azure.com"
STEPS = ("all", "check", "register", "provision", "connect", "publish", "verify", "down")


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    asked = _parser().parse_args(words)
    report = Report(dry=asked.dry_run)
    run: Callable[[argparse.Namespace, Report], bool] = asked.run
    try:
        good = run(asked, report)
        report.ended()
    except DeploymentError as problem:
        return _told(str(problem), 1)
    except KeyboardInterrupt:
        return _told("Broken off. What was done stays; the same command goes on from there.", 130)
    except BrokenPipeError:  # as head leaves it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (LookupError, TypeError, AttributeError, ValueError) as problem:
        if os.environ.get("DESKWRIGHT_DEBUG"):
            raise
        return _told(f"An answer is not understood ({problem!r}). DESKWRIGHT_DEBUG=1 shows where it happened.", 1)
    return 0 if good else 1


def _told(problem: str, code: int) -> int:
    sys.stderr.write(f"{problem}\n")
    return code


def _steps(asked: argparse.Namespace, report: Report) -> bool:
    environment = Environment(steps.ROOT, asked.environment)
    keep = environment.give if asked.dry_run else environment.set
    for key, value in _given(asked).items():
        if value:
            keep(key, value)
    tenant = environment.get("AZURE_TENANT_ID")
    arm = Client(asked.arm_url, tokens(asked.arm_url, tenant=tenant), version=templates.VERSION)
    place = steps.Place(environment, Client(asked.graph_url, tokens(asked.graph_url, tenant=tenant)), arm)
    for name in STEPS[1:-1] if asked.step == "all" else (asked.step,):
        report.say(f"{name}:")
        try:
            good = _step(name, place, report, asked)
        except NotYetError as problem:
            if not (report.dry and asked.step == "all" and report.changes):
                raise
            report.say(f"  {problem}")
            break
        if not good:
            return False
    return True


def _step(name: str, place: steps.Place, report: Report, asked: argparse.Namespace) -> bool:
    """Run a step; return whether the next one may follow."""
    environment = place.environment
    match name:
        case "register":
            steps.register(place, report)
        case "provision":
            made = steps.provision(place, templates.compiled(asked.template), report, lambda: asked.yes or _agreed())
            return made or report.dry
        case "connect":
            steps.connect(place, report)
        case "publish":
            site = f"https://{environment.need(steps.APP)}.scm.azurewebsites.net"
            service = Client(environment.need(steps.URL), str)
            arm_tokens = tokens(asked.arm_url, tenant=environment.get("AZURE_TENANT_ID"))
            steps.publish(place, Client(site, arm_tokens), service, report, released=asked.package)
        case "check":
            verdicts = checks.judge(place, lambda: templates.compiled(asked.template))
            for each in verdicts:
                report.say(customers.written(each))
            return all(each.status != "failed" for each in verdicts) or _accepted(environment)
        case "verify":
            steps.verify(Client(environment.need(steps.URL), str), report)
        case _:
            steps.down(place, report)
    return True


def _accepted(environment: Environment) -> bool:
    """Return whether failed verdicts are accepted."""
    return environment.get("DESKWRIGHT_CHECK", "").lower() == "warn"


def _customer(asked: argparse.Namespace) -> customers.Customer:
    graph, arm = (Client(each, tokens(each, tenant=asked.tenant)) for each in (asked.graph_url, asked.arm_url))
    return customers.Customer(
        graph,
        arm,
        asked.tenant,
        asked.subscription,
        getattr(asked, "location", ""),
        client_id=asked.client_id,
        principal=asked.principal,
        groups=getattr(asked, "group", ()),
        settings=_settings(getattr(asked, "settings", None)),
    )


def _settings(path: Path | None) -> Json:
    """Read a tenant's settings. Raises: DeploymentError."""
    try:
        found = json.loads(path.read_text("utf-8")) if path else {}
    except (OSError, ValueError) as problem:
        raise DeploymentError(f"{path}: {problem}") from problem
    if not isinstance(found, dict):
        raise DeploymentError(f"{path} has no settings of a tenant: write a JSON object.")
    return found


def _bring_in(asked: argparse.Namespace, report: Report) -> bool:
    return all(each.status != "failed" for each in customers.bring_in(_customer(asked), report))


def _let_go(asked: argparse.Namespace, report: Report) -> bool:
    return all(each.status != "failed" for each in customers.let_go(_customer(asked), report))


def _empty(asked: argparse.Namespace, report: Report) -> bool:
    who = leaving.Leaving(Client(asked.service, tokens(f"api://{asked.api}")), asked.name)
    return leaving.empty(who, report, confirmed=asked.confirm) or report.dry


def _agreed() -> bool:
    return sys.stdin.isatty() and input("Deploy this? [y/N] ").strip().lower() in {"y", "yes"}


def _given(asked: argparse.Namespace) -> dict[str, str]:
    return {
        "AZURE_LOCATION": asked.location,
        "AZURE_SUBSCRIPTION_ID": asked.subscription,
        "AZURE_TENANT_ID": asked.tenant,
        steps.FOR_CUSTOMERS: "true" if asked.for_customers else "",
        steps.ADMINISTRATORS: asked.administrators,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deployment", description="Deploy Deskwright without azd.")
    commands = parser.add_subparsers(required=True, metavar="command")
    about = {name: f"the step {name} (deployment/steps.py)" for name in STEPS}
    about |= {"all": "every step but down", "check": "judge what Azure would refuse, before anything is made"}
    for name in STEPS:
        _add_step(_command(commands, name, about[name], _steps), name)
    brought = _command(commands, "customer", "bring a customer in, with a verdict on each need", _bring_in)
    _add_customer(brought)
    brought.add_argument("--location", required=True, help="region of the first Cloud PCs")
    brought.add_argument(
        "--group", action="append", default=[], help="a resource group that is there; none: all of them"
    )
    brought.add_argument(
        "--settings", type=Path, help="file with the tenant's settings (JSON): licenceSource, seats, servicePlans"
    )
    _add_customer(_command(commands, "forget", "take every right in a customer's directory and subscription", _let_go))
    emptied = _command(commands, "leave", "remove everything of a tenant, and the tenant", _empty)
    emptied.add_argument("--service", required=True, help="address of the service")
    emptied.add_argument("--api", required=True, help="client id of the API's registration")
    emptied.add_argument("--name", required=True, help="id of the tenant in the service")
    emptied.add_argument("--confirm", default="", help="the same id again: everything of it is deleted")
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    about: str,
    run: Callable[[argparse.Namespace, Report], bool],
) -> argparse.ArgumentParser:
    made = commands.add_parser(name, help=about, description=about)
    made.add_argument("--dry-run", action="store_true", help="say what would change, and write nothing")
    made.add_argument("--graph-url", default=GRAPH, help="Microsoft Graph, in another cloud than the public one")
    made.add_argument("--arm-url", default=ARM, help="Azure Resource Manager, the same")
    made.set_defaults(run=run)
    return made


def _add_step(parser: argparse.ArgumentParser, name: str) -> None:
    parser.set_defaults(step=name)
    parser.add_argument("--environment", default="deskwright", help="name of the installation")
    parser.add_argument("--location", default="", help="region of the service, such as westeurope")
    parser.add_argument("--subscription", default="", help="id of the provider's subscription")
    parser.add_argument("--tenant", default="", help="id of the provider's directory")
    parser.add_argument("--administrators", default="", help="user principal names of who makes tenants, with commas")
    parser.add_argument("--for-customers", action="store_true", help="customers have directories of their own")
    parser.add_argument("--template", type=Path, default=steps.TEMPLATE, help="another template, Bicep or JSON")
    parser.add_argument("--package", type=Path, help="package of a release to publish, in place of the checkout's")
    parser.add_argument("--yes", action="store_true", help="deploy without asking")


def _add_customer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tenant", required=True, help="id of the customer's directory")
    parser.add_argument("--subscription", required=True, help="id of the subscription in which Cloud PCs are built")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--client-id", default="", help="of the registration for customers")
    who.add_argument("--principal", default="", help="object id of the identity, in the provider's own directory")


if __name__ == "__main__":
    sys.exit(main())
