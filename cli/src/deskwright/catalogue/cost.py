"""Commands for cost."""

from deskwright.catalogue.words import ID, NAME, Noun, Verb

RATE_CARD = Noun(
    "rate-card",
    "What a tenant pays, where that is not Azure's retail price",
    (
        Verb("show", "get_rate_card"),
        Verb("set", "set_rate_card"),
        Verb(
            "prices",
            "list_prices",
            (
                *("REGION=region", "SIZE=vmSize", "DISK=diskTier", "UNIT=unit", "RETAIL=retailPrice"),
                *("PRICE=tenantPrice", "CURRENCY=currency", "READ=priceReadDate"),
            ),
        ),
    ),
)
COST = Noun(
    "cost",
    "Costs by day, policy, Spot Group, Cloud PC or host, and the saving",
    (
        Verb(
            "report",
            "list_costs",
            (
                *("OF=displayName|id", "MACHINES=machines", "MINUTES ON=minutesOn", "COST=cost", "DISKS=diskCost"),
                *("ALWAYS ON=alwaysOnCost", "SAVING=saving", "CURRENCY=currency", "BASIS=basis", "REASON=reason"),
            ),
        ),
    ),
)
RECLAIM = Noun(
    "reclaim",
    "Idle Cloud PCs, and the rules by which policies reclaim them",
    (
        Verb(
            "report",
            "list_idle_cloud_pcs",
            (
                *("USER=userPrincipalName", "COMPUTER=managedDeviceName", "VERDICT=verdict", "WHY=reason"),
                *("IDLE DAYS=observedIdleDays", "STATE=state", "PROPOSED FROM=proposedFromDateTime", "WAITS=waits"),
                *ID,
            ),
        ),
        Verb(
            "list",
            "list_reclaim_rules",
            (*ID, "MODE=mode", "IDLE DAYS=idleDays", "GRACE=graceDays", "CHECKED=checkedAt", "HELD BACK=heldBack"),
        ),
        Verb("show", "get_reclaim_rule"),
        Verb("set", "set_reclaim_rule", about="Give a policy a reclaim rule, or replace its settings."),
        Verb("delete", "remove_reclaim_rule", asks="Delete the reclaim rule of {}, with its open cases?"),
        Verb("confirm", "confirm_reclaim_proposals", asks="Propose all idle Cloud PCs of {} at once?"),
        Verb("dismiss", "dismiss_reclaim_case"),
    ),
)
BUDGET = Noun(
    "budget",
    "Amounts for each month, with notices and a brake",
    (
        Verb(
            "list",
            "list_budgets",
            (
                *(*ID, *NAME, "SCOPE=scope", "OF=subjectId", "AMOUNT=amount", "SPENT=use/spent"),
                *("FORECAST=use/forecast", "BRAKE=use/step"),
            ),
        ),
        Verb("show", "get_budget"),
        Verb("set", "set_budget", about="Create a budget, or replace its settings."),
        Verb("delete", "remove_budget", asks="Delete the budget {}? Its brake ends."),
    ),
)
