"""Numbers that differ in one place from a known one: the slips of a typing hand."""

from __future__ import annotations

from collections.abc import Iterable


def near_misses(codes: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """For each code that is not known, the known one that differs in one character or one swap of neighbours.

    Parameters
    ----------
    codes, known
        Normal forms. Only codes of one length are compared; of several near ones the smallest is named.

    Examples
    --------
    >>> near_misses(["1234", "1243", "9999"], ["1235", "1234", "2234"])
    {'1243': '1234'}
    """
    register = sorted(set(known), reverse=True)
    exact = set(register)
    masked = {key: code for code in register for key in _masked(code)}
    wanted = [code for code in dict.fromkeys(codes) if code not in exact]
    found = {code: min(_candidates(code, masked=masked, exact=exact), default="") for code in wanted}
    return {code: near for code, near in found.items() if near}


def _masked(code: str) -> list[tuple[int, str]]:
    return [(n, code[:n] + "\0" + code[n + 1 :]) for n in range(len(code))]


def _swapped(code: str) -> list[str]:
    return [code[:n] + code[n + 1] + code[n] + code[n + 2 :] for n in range(len(code) - 1)]


def _candidates(code: str, *, masked: dict[tuple[int, str], str], exact: set[str]) -> set[str]:
    one_off = {masked[key] for key in _masked(code) if key in masked}
    return one_off | {other for other in _swapped(code) if other in exact}
