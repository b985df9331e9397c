"""The time zones of Windows (learn.microsoft.com/windows-hardware/manufacture/desktop/default-time-zones)."""

from __future__ import annotations

_STANDARD = (
    "AUS Central,AUS Eastern,Afghanistan,Alaskan,Aleutian,Altai,Arab,Arabian,Arabic,Argentina,Astrakhan,Atlantic,"
    "Aus Central W.,Azerbaijan,Azores,Bahia,Bangladesh,Belarus,Bougainville,Canada Central,Cape Verde,Caucasus,"
    "Cen. Australia,Central America,Central Asia,Central Brazilian,Central Europe,Central European,Central Pacific,"
    "Central,Chatham Islands,China,Cuba,Dateline,E. Africa,E. Australia,E. Europe,E. South America,Easter Island,"
    "Eastern,Egypt,Ekaterinburg,FLE,Fiji,GMT,GTB,Georgian,Greenland,Greenwich,Haiti,Hawaiian,India,Iran,Israel,Jordan,"
    "Kaliningrad,Kamchatka,Korea,Libya,Line Islands,Lord Howe,Magadan,Magallanes,Marquesas,Mauritius,Mid-Atlantic,"
    "Middle East,Montevideo,Morocco,Mountain,Myanmar,N. Central Asia,Namibia,Nepal,New Zealand,Newfoundland,Norfolk,"
    "North Asia East,North Asia,North Korea,Omsk,Pacific SA,Pacific,Pakistan,Paraguay,Qyzylorda,Romance,Russian,"
    "SA Eastern,SA Pacific,SA Western,SE Asia,Saint Pierre,Sakhalin,Samoa,Sao Tome,Saratov,Singapore,South Africa,"
    "South Sudan,Sri Lanka,Sudan,Syria,Taipei,Tasmania,Tocantins,Tokyo,Tomsk,Tonga,Transbaikal,Turkey,"
    "Turks And Caicos,US Eastern,US Mountain,Ulaanbaatar,Venezuela,Vladivostok,Volgograd,W. Australia,"
    "W. Central Africa,W. Europe,W. Mongolia,West Asia,West Bank,West Pacific,Yakutsk,Yukon"
)
_NUMBERED = ("UTC", "UTC-11", "UTC-09", "UTC-08", "UTC-02", "UTC+12", "UTC+13")
_RUSSIAN = tuple(f"Russia Time Zone {number}" for number in (3, 10, 11))
_MEXICAN = tuple(f"{name} Standard Time (Mexico)" for name in ("Pacific", "Mountain", "Central", "Eastern"))
TIME_ZONES = frozenset({*(f"{name} Standard Time" for name in _STANDARD.split(",")), *_NUMBERED, *_RUSSIAN, *_MEXICAN})
"""Names of time zones allowed for Windows machines and maintenance windows."""
