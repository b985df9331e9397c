"""How long texts of the directory may be, and the countries that it knows.

Sources: learn.microsoft.com/graph/api/resources/{user,group} (maximum lengths), ISO 3166 (two letters).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_LENGTHS = {
    "user": {
        "city": 128,
        "companyName": 64,
        "country": 128,
        "department": 64,
        "displayName": 256,
        "employeeId": 16,
        "givenName": 64,
        "jobTitle": 128,
        "mailNickname": 64,
        "mobilePhone": 64,
        "postalCode": 40,
        "state": 128,
        "streetAddress": 1024,
        "surname": 64,
    },
    "group": {"description": 1024, "displayName": 256, "mailNickname": 64},
}
_ISO_3166 = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH
ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT
HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS
LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI
NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG
SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
_COUNTRIES = frozenset(_ISO_3166.split())


def faulty(kind: str, body: Mapping[str, object]) -> str:
    """Return the first property whose text is too long, or no country; empty when all are good."""
    lengths = _LENGTHS[kind]
    for name, value in body.items():
        if isinstance(value, str) and len(value) > lengths.get(name, len(value)):
            return name
        if name == "usageLocation" and value is not None and str(value).upper() not in _COUNTRIES:
            return name
    return ""
