from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.ledger.near_misses import near_misses


def slips(one: str, other: str) -> bool:
    """One character off, or two neighbours swapped: said the slow way."""
    if one == other or len(one) != len(other):
        return False
    places = [n for n in range(len(one)) if one[n] != other[n]]
    swapped = len(places) == 2 and places[1] - places[0] == 1
    return len(places) == 1 or (
        swapped and one[places[0]] + one[places[1]] == other[places[1]] + other[places[0]]
    )


def test_known_codes_are_no_slips() -> None:
    assert near_misses(["12", "13"], ["12", "13"]) == {}


def test_smallest_of_several_near_codes_is_named() -> None:
    assert near_misses(["15"], ["19", "11", "25"]) == {"15": "11"}


codes = st.lists(st.text("123", min_size=2, max_size=3), max_size=6)


@settings(max_examples=80, deadline=None)
@given(codes, codes)
def test_agrees_with_comparing_each_with_each(wanted: list[str], known: list[str]) -> None:
    pairs = {
        code: min((k for k in known if slips(code, k)), default="") for code in wanted if code not in known
    }
    assert near_misses(wanted, known) == {code: near for code, near in pairs.items() if near}
