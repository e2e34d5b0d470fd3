"""The number of a finding: made of what is wrong with which feature, not of where the record stands in its file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from landinv.model.datasets import Dataset
from landinv.model.findings import finding_rules

_KEY_COLUMNS: Final = {
    "xzq": ("BSM", "XZQDM"),
    "cjdcq": ("BSM", "ZLDWDM"),
    "approvals": ("approval_no", "batch_name"),
    "supplies": ("supervision_no", "contract_no", "parcel_code", "record_key"),
    "projects": ("project_code", "project_name"),
    "planning": (),
    "constraints": (),
}
_SURVEY_KEY: Final = ("BSM",)
_REF: Final = "source_ref"
_PREFIX: Final = "F-"
_BYTES: Final = 5
_BETWEEN: Final = "\x1f"
_LAST_NUMBER: Final = re.compile(r"\d+$")


def finding_ids(found: pd.DataFrame, datasets: Sequence[Dataset]) -> pd.Series:
    """A number for each finding, such as ``F-3c0a91b7d2``, that the next import gives again.

    It is a digest of the rule, the data set, the field, the value, what the message says in brackets, and the
    feature. Record numbers (``dltb#12``) are replaced by the record's own key (BSM, approval number, supervision
    number, project code …); where it has none, by its place to the metre, or by its content where it has no shape. Of
    findings that are equal so far the layer, the place and at last an ordinal tell which is which.

    Parameters
    ----------
    found
        Findings (:data:`~landinv.model.findings.FINDING_COLUMNS`); x and y in the county's CRS, metres.
    datasets
        The sources that findings refer to by record number.

    Returns
    -------
    Series
        Text, unique, with the index of ``found``.
    """
    if found.empty:
        return pd.Series(dtype="str", index=found.index)
    columns = {name: found[name].astype("str").fillna("").tolist() for name in _columns_read()}
    columns["detail"] = _details(columns)
    durable = _Durable(datasets, [columns[name] for name in ("feature", "value", "detail")])
    for name in ("feature", "value", "detail"):
        columns[name] = durable.texts(columns[name])
    first = ("rule", "dataset", "field", "value", "detail", "feature")
    texts = list(map(_BETWEEN.join, zip(*(columns[name] for name in first), strict=True)))
    places = _places(found["x"], found["y"])
    nearer = list(map(_BETWEEN.join, zip(columns["layer"], places, strict=True)))
    return pd.Series(_distinct(texts, nearer), index=found.index, dtype="str", name="finding_id")


def _columns_read() -> tuple[str, ...]:
    return ("rule", "dataset", "layer", "feature", "field", "value", "message")


def _details(columns: Mapping[str, Sequence[str]]) -> list[str]:
    """What a message says beyond its rule's words; those may be put better in another version."""
    words = {code: rule.message for code, rule in finding_rules().items()}
    pairs = zip(columns["rule"], columns["message"], strict=True)
    return [message.removeprefix(words.get(rule, "")) for rule, message in pairs]


def _places(x: pd.Series, y: pd.Series) -> list[str]:
    known = np.isfinite(x.to_numpy(dtype="float64")) & np.isfinite(y.to_numpy(dtype="float64"))
    pairs = zip(x.tolist(), y.tolist(), known.tolist(), strict=True)
    return [f"{east:.0f} {north:.0f}" if is_known else "" for east, north, is_known in pairs]


def _distinct(texts: list[str], nearer: list[str]) -> list[str]:
    """Digests of texts; equal ones are told apart by what is nearer, and at last by their order."""
    ids = [_digest(text) for text in texts]
    shared = {key for key, count in Counter(ids).items() if count > 1}
    result: list[str] = []
    seen: Counter[str] = Counter()
    taken: set[str] = set()
    # One after the other, for the ordinal of a finding depends on those before it.
    for first, text, near in zip(ids, texts, nearer, strict=True):
        key = first
        if first in shared:
            told = f"{text}{_BETWEEN}{near}"
            key = _digest(f"{told}{_BETWEEN}{seen[told]}")
            seen[told] += 1
        while key in taken:
            key = _digest(key)
        taken.add(key)
        result.append(key)
    return result


def _digest(text: str) -> str:
    return _PREFIX + blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_BYTES).hexdigest()


class _Durable:
    """Replaces record numbers in texts by what names the record in the next import too."""

    def __init__(self, datasets: Sequence[Dataset], columns: Iterable[Sequence[str]]) -> None:
        names = sorted((re.escape(d.options.key) for d in datasets), key=len, reverse=True)
        # A sheet's name stands between # and !; several records of one feature are joined by semicolons. Hanzi may
        # come right before, as in 与supplies#4重叠.
        one = rf"(?<![A-Za-z0-9_.])(?:{'|'.join(names)})#(?:[^#;]*?!)?\d+"
        self._one = re.compile(one)
        self._several = re.compile(rf"{one}(?:;{one})*")
        self._has_names = bool(names)
        used = {ref for texts in columns for text in set(texts) for ref in self._refs(text)}
        self._keys = {ref: key for d in datasets for ref, key in _record_keys(d, used).items()}

    def texts(self, given: Sequence[str]) -> list[str]:
        """The texts with every run of record numbers replaced by the keys of these records, in order."""
        if not self._has_names:
            return list(given)
        keys, several = self._keys, self._several
        return [
            text if "#" not in text else keys.get(text) or several.sub(self._key_of, text) for text in given
        ]

    def _refs(self, text: str) -> list[str]:
        return self._one.findall(text) if self._has_names and "#" in text else []

    def _key_of(self, match: re.Match[str]) -> str:
        # A record that was left out (a totals row, a header) has its sheet alone.
        refs = self._one.findall(match[0])
        return ";".join(sorted({self._keys.get(ref) or _LAST_NUMBER.sub("", ref) for ref in refs}))


def _record_keys(dataset: Dataset, used: set[str]) -> dict[str, str]:
    """Keys of the records of one source that findings refer to."""
    keys: dict[str, str] = {}
    for frame in (dataset.frame, dataset.quarantined):
        if _REF not in frame:
            continue
        # isin on text goes value by value through Arrow: a set is four times as fast.
        rows = frame[np.array([ref in used for ref in frame[_REF].tolist()], dtype=bool)]
        if len(rows):
            keys |= dict(zip(rows[_REF].tolist(), _keys_of_rows(rows, dataset.options.role), strict=True))
    return keys


def _keys_of_rows(rows: pd.DataFrame, role: str) -> list[str]:
    wanted = _KEY_COLUMNS.get(role, _SURVEY_KEY)
    keys = pd.Series("", index=rows.index, dtype="str")
    for name in wanted:
        if name in rows:
            keys = keys.where(keys != "", rows[name].astype("str").fillna("").str.strip())
    without = keys == ""
    if without.any():
        keys = keys.mask(without, pd.Series(_unnamed(rows[without]), index=rows.index[without], dtype="str"))
    return keys.tolist()


def _unnamed(rows: pd.DataFrame) -> list[str]:
    """Rows without a key: where they lie, to the metre, or what they say."""
    plain = pd.DataFrame(rows.drop(columns=[c for c in ("geometry", _REF) if c in rows]))
    said = plain.astype("str").fillna("").to_numpy(dtype=object).tolist()
    contents = ["=" + _digest(_BETWEEN.join(map(str, cells))) for cells in said]
    if not isinstance(rows, gpd.GeoDataFrame):
        return contents
    with np.errstate(invalid="ignore"):
        bounds = rows.geometry.bounds.to_numpy()
        middle = pd.DataFrame((bounds[:, :2] + bounds[:, 2:]) / 2, columns=["x", "y"])
    places = _places(middle["x"], middle["y"])
    return [f"@{place}" if place else content for place, content in zip(places, contents, strict=True)]
