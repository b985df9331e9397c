"""``python -m bench [name ...]``: run the named benchmarks, or all; one line of JSON per figure.

``name:a,b`` passes *a* and *b* to the benchmark: ``makespan:200`` measures 200 Cloud PCs only.
"""

from __future__ import annotations

import argparse
import importlib
import sys

BENCHMARKS = {
    "importing": "import time of the app against the floor import",
    "engine": "activities on the embedded host against durabletask, the SDK's bare replay, and among 5,000",
    "holding": "memory for each open instance of the embedded host; its start beside 100,000 ended ones",
    "cloud": "CPU of one GET of the simulated cloud against bare aiohttp, and among 100,000 machines",
    "makespan": "provisioning 200 and 1,000 Cloud PCs against the lower bound of limits and latencies",
    "limits": "provisioning 200 Cloud PCs while the rate limits are a half and a quarter of what is published",
    "reading": "rows and requests of a settled reconcile, of 3 changes, of 50 ended grace periods among 5,000",
    "idle": "storage requests and log of an hour, CPU of a day, with one tenant and nothing to do",
    "messages": "10,000 messages of changes for 20 users: messages a second, reconciles per message",
    "portal": "the portal in a browser with 10,000 Cloud PCs in the list, against its budgets",
    "portal_service": "the same list in front of the service with 10,000 stored Cloud PCs: until the first row",
    "lighthouse": "Lighthouse's scores of Home, the list, a Cloud PC and a wizard, as the service serves them",
    "power": "the power of 500 people for four weeks: host-hours, waits, stops of sessions",
    "pool": "warm pools: claims with kills, a month with onboarding days, times of claims, refills beside people",
    "spot": "the engine of Spot Groups: a week of 500 users, the release of 50 hosts, a run for 200 groups",
    "fairness": "5 Cloud PCs of one tenant beside 200 of another, apart and in one subscription, against alone",
    "estimates": "ends of builds within the ranges that were shown when they began, with failures and waits",
    "sweeps": "50,000 due rows of 5,000 tenants, a third of them failing: how long a tenant waits for its turn",
    "cost": "a month's estimate against a simulated bill; the report of 10,000 Cloud PCs; a month over its budget",
    "notices": "notices over kills and an outage, beside a broken receiver, and drained for CPU",
}


def main() -> None:
    """Run the named benchmarks; the current one is printed on stderr."""
    listed = "\n".join(f"  {name:10} {what}" for name, what in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        epilog=f"names:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="name",
        help="what to measure, as below; without names all, which takes more than an hour",
    )
    names = parser.parse_args().names or list(BENCHMARKS)
    for requested in names:
        if (name := requested.partition(":")[0]) not in BENCHMARKS:
            parser.error(f"no such benchmark: {name}; there are {', '.join(BENCHMARKS)}")
        if not all(each.isdecimal() for each in _options(requested)):
            parser.error(f"{requested}: only numbers may follow the colon")
    for requested in names:
        name = requested.partition(":")[0]
        print(f"{requested}: {BENCHMARKS[name]} ...", file=sys.stderr)
        for figure in importlib.import_module(f"bench.{name}").main(*_options(requested)):
            print(figure.line(), flush=True)


def _options(requested: str) -> list[str]:
    return [each for each in requested.partition(":")[2].split(",") if each]


if __name__ == "__main__":
    main()
