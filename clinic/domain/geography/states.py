"""USPS codes and names of the states, the District, the territories and the armed forces (USPS Publication 28, appendix B)."""

from __future__ import annotations

STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia", "HI": "Hawaii",
    "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana",
    "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi",
    "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey",
    "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota",
    "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington",
    "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
    "PR": "Puerto Rico", "GU": "Guam", "VI": "Virgin Islands", "AS": "American Samoa", "MP": "Northern Mariana Islands",
}  # fmt: skip

# Freely associated states: foreign countries with ZIP codes.
ASSOCIATED = {"FM": "Micronesia", "MH": "Marshall Islands", "PW": "Palau"}

# Mail to the forces goes through a gateway, so its ZIP codes have no place on the map.
MILITARY = {"AA": "Armed Forces Americas", "AE": "Armed Forces Europe", "AP": "Armed Forces Pacific"}

STATE_OF = {
    **{code.lower(): code for code in (*STATES, *ASSOCIATED, *MILITARY)},
    **{name.lower(): code for names in (STATES, ASSOCIATED, MILITARY) for code, name in names.items()},
    "us virgin islands": "VI",
    "usvi": "VI",
    "cnmi": "MP",
}
"""Lower-case code or name, words separated by one space -> code."""

PROVINCE_CODES = frozenset({"ab", "bc", "mb", "nb", "nl", "ns", "nt", "nu", "on", "pe", "qc", "sk", "yt"})
PROVINCES = frozenset(
    {"alberta", "british columbia", "manitoba", "new brunswick", "newfoundland", "newfoundland and labrador", "nova scotia"}
    | {"northwest territories", "nunavut", "ontario", "prince edward island", "quebec", "saskatchewan", "yukon"}
)
"""Of Canada, as people write them after a city."""
