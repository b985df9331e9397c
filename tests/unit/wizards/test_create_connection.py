"""Create Connection: its fields, and the errors of a form."""

import json
from typing import Any

import pytest

from shared.domain.wizards.create_connection import ConnectionFacts, review_connection
from shared.errors import InvalidError
from tests.unit.wizards import office

FACTS = ConnectionFacts(
    sites=(office.SITE,), connections=(office.connection(display_name="Taken"),), subscription_id=office.SUBSCRIPTION
)
DOMAIN = {
    "adDomainName": "corp.example",
    "organizationalUnit": "OU=PCs,DC=corp,DC=example",
    "adDomainUsername": "corp\\join",
    "adDomainPassword": "not to be seen",
}
OTHER_SUBNET = f"{office.VNET}2/subnets/x"
NETWORK = {"virtualNetworkId": office.VNET, "subnetIds": [f"{office.VNET}/subnets/pcs"]}


def form(**steps: Any) -> dict[str, Any]:
    return {
        "site": {"siteId": "weu"},
        "credentials": {"joinType": "azureADJoin", "network": "hosted"},
        "name": {"displayName": "West"},
        **steps,
    }


def hybrid(domain: dict[str, Any] | None = None, **credentials: Any) -> dict[str, Any]:
    step = {"joinType": "hybridAzureADJoin", "network": NETWORK, "domain": DOMAIN | (domain or {}), **credentials}
    return form(credentials=step)


@pytest.mark.parametrize(
    "right",
    [
        form(),
        form(credentials={"joinType": "azureADJoin"}),
        form(credentials={"joinType": "azureADJoin", "network": NETWORK}),
        form(site={"siteId": "weu", "subscriptionId": office.SUBSCRIPTION}),
        hybrid(),
        hybrid({"adDomainUsername": "join@corp.example", "organizationalUnit": None}),
    ],
)
def test_a_right_form_is_valid(right: dict[str, Any]) -> None:
    review, reading = review_connection(right, FACTS)
    assert (review.valid, reading.problems, office.errors(review)) == (True, (), {})


ELSEWHERE = "99999999-2222-3333-4444-555555555555"
THEIRS = f"/subscriptions/{ELSEWHERE}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/corp"


def test_only_the_provider_chooses_another_subscription() -> None:
    wanted = form(site={"siteId": "weu", "subscriptionId": ELSEWHERE})
    review, _ = review_connection(wanted, FACTS)
    assert office.errors(review)["site"]["/site/subscriptionId"].startswith("only the provider")
    assert review_connection(wanted, FACTS.but(any_subscription=True))[0].valid
    there_already = office.connection().but(subscription_id=ELSEWHERE)
    assert review_connection(wanted, FACTS.but(connections=(there_already,)))[0].valid


def test_a_network_is_in_the_connection_s_subscription() -> None:
    theirs = {"virtualNetworkId": THEIRS, "subnetIds": [f"{THEIRS}/subnets/pcs"]}
    wanted = form(credentials={"joinType": "azureADJoin", "network": theirs})
    review, _ = review_connection(wanted, FACTS.but(any_subscription=True))
    assert (
        "not in the connection's subscription"
        in office.errors(review)["credentials"]["/credentials/network/virtualNetworkId"]
    )
    moved = {**wanted, "site": {"siteId": "weu", "subscriptionId": ELSEWHERE}}
    assert review_connection(moved, FACTS.but(any_subscription=True))[0].valid


@pytest.mark.parametrize(
    ("wrong", "step", "pointer", "words"),
    [
        (form(site={}), "site", "/site/siteId", "required"),
        (form(site={"siteId": 7}), "site", "/site/siteId", "a text"),
        (form(site={"siteId": "nowhere"}), "site", "/site/siteId", "no such site"),
        (form(site={"siteId": "weu", "x": 1}), "site", "/site/x", "unknown field"),
        (form(site={"siteId": "weu", "subscriptionId": "mine"}), "site", "/site/subscriptionId", "GUID"),
        (form(site="weu"), "site", "/site", "object"),
        (form(credentials={}), "credentials", "/credentials/joinType", "required"),
        (form(credentials={"joinType": "other"}), "credentials", "/credentials/joinType", "azureADJoin"),
        (
            form(credentials={"joinType": "azureADJoin", "domain": DOMAIN}),
            "credentials",
            "/credentials/domain",
            "has no domain",
        ),
        (
            form(credentials={"joinType": "azureADJoin", "network": {**NETWORK, "subnetIds": []}}),
            "credentials",
            "/credentials/network/subnetIds",
            "at least one",
        ),
        (
            form(credentials={"joinType": "azureADJoin", "network": {**NETWORK, "subnetIds": [OTHER_SUBNET]}}),
            "credentials",
            "/credentials/network/subnetIds/0",
            "not in the virtual network",
        ),
        (hybrid(network="hosted"), "credentials", "/credentials/network", "customer's own network"),
        (hybrid(domain=None) | {"credentials": {"joinType": "hybridAzureADJoin", "network": NETWORK}},
         "credentials", "/credentials/domain", "needs the domain"),
        (hybrid({"adDomainName": "corp"}), "credentials", "/credentials/domain/adDomainName", "full name"),
        (hybrid({"adDomainUsername": "join"}), "credentials", "/credentials/domain/adDomainUsername", "DOMAIN"),
        (hybrid({"organizationalUnit": "PCs"}), "credentials", "/credentials/domain/organizationalUnit", "DC="),
        (hybrid({"adDomainPassword": ""}), "credentials", "/credentials/domain/adDomainPassword", "empty"),
        (form(name={"displayName": "taken"}), "name", "/name/displayName", "exists"),
        (form(name={"displayName": "a<b"}), "name", "/name/displayName", "<"),
        (form(name={"displayName": " a"}), "name", "/name/displayName", "space"),
        (form(name={"displayName": "a" * 121}), "name", "/name/displayName", "120"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_its_step_and_reason(
    wrong: dict[str, Any], step: str, pointer: str, words: str
) -> None:
    review, reading = review_connection(wrong, FACTS)
    assert list(office.errors(review)) == [step]
    assert words in office.errors(review)[step][pointer]
    assert not review.valid
    assert review.would_happen is None
    assert reading.problems


def test_steps_after_the_one_reached_are_not_errors_yet() -> None:
    review, _ = review_connection({"site": {"siteId": "weu"}}, FACTS, "site")
    assert (review.valid, [step.name for step in review.steps]) == (True, ["site"])


def test_a_step_that_does_not_exist_is_refused() -> None:
    review, _ = review_connection(form(colour={}), FACTS)
    assert "unknown step" in office.errors(review)["form"]["/colour"]


def test_a_through_step_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidError, match="throughStep"):
        review_connection(form(), FACTS, "colour")


def test_the_password_is_in_no_review_and_no_representation() -> None:
    review, reading = review_connection(hybrid({"adDomainPassword": "not to be seen", "x": "not to be seen"}), FACTS)
    shown = json.dumps(review.to_json()) + repr(reading) + repr(review)
    assert "not to be seen" not in shown


def test_a_join_account_that_another_connection_uses_is_a_warning() -> None:
    facts = FACTS.but(connections=(office.hybrid_connection("c2", "CORP\\Join"),))
    review, _ = review_connection(hybrid(), facts)
    assert (review.valid, office.codes(review)) == (True, ["sharedJoinAccount"])
