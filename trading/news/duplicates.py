"""Near-duplicates: the same story told again, found by MinHash over shingles of three words.

Source: Broder (1997), "On the resemblance and containment of documents"; banding as in Leskovec, Rajaraman, Ullman,
"Mining of Massive Datasets", section 3.4.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from trading.arrays import Ints, Stamps

Hashes = npt.NDArray[np.uint64]

HASHES = 64
BANDS = 16
"""Sixteen bands of four: of pairs with a resemblance of 0.7 this misses one in 80, and it compares few below 0.4."""
RESEMBLANCE = 0.7
"""Share of common shingles from which two texts are one story; the estimate's standard error is 0.06 there."""
WINDOW = np.timedelta64(72 * 3600, "s")
"""A story told again after three days is a new one: "beats estimates" returns every quarter."""
SHINGLE_WORDS = 3

_NOISE = re.compile(r"https?://\S+|\b(?:url|at_user|rt|via)\b|@\w+")
_WORD = re.compile(r"\w+")
_SEED = 0x9E3779B97F4A7C15


def signatures(texts: Sequence[str]) -> Hashes:
    """MinHash of each text, shape `(n_texts, HASHES)`. Links, names of users and retweet marks don't count."""
    words = [_WORD.findall(_NOISE.sub(" ", text.lower())) or [text] for text in texts]
    if not words:
        return np.empty((0, HASHES), dtype=np.uint64)
    lengths = np.array([len(some) for some in words], dtype=np.int64)
    flat = np.array([word for some in words for word in some], dtype=object)
    shingles, starts = _shingles(pd.util.hash_array(flat), lengths)
    rng = np.random.default_rng(_SEED)  # fixed: signatures of today must match those of yesterday
    factors = rng.integers(0, 2**63, HASHES, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    out = np.empty((len(texts), HASHES), dtype=np.uint64)
    for at, factor in enumerate(factors):
        out[:, at] = np.minimum.reduceat(_mixed(shingles * factor), starts)
    return out


def _shingles(word: Hashes, lengths: Ints) -> tuple[Hashes, Ints]:
    """Hash of each run of three words within a text, and where each text's begin; shorter texts have one of all."""
    begin = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    left = np.repeat(begin + lengths, lengths) - np.arange(len(word))  # words from here to the end of the text
    combined = word.copy()
    for step in range(1, SHINGLE_WORDS):
        following = np.zeros_like(word)
        following[:-step] = word[step:]
        combined = _mixed(combined) + np.where(left > step, following, np.uint64(step))
    first = np.zeros(len(word), dtype=np.bool_)
    first[begin] = True
    keep = (left >= SHINGLE_WORDS) | first
    counts = np.maximum(lengths - SHINGLE_WORDS + 1, 1)
    return combined[keep], np.concatenate([[0], np.cumsum(counts)[:-1]])


def _mixed(values: Hashes) -> Hashes:
    """Every bit depends on every bit: the finaliser of MurmurHash3 (Appleby, public domain)."""
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return values ^ (values >> np.uint64(33))


def near_duplicates(signature: Hashes, knowable_at: Stamps, article: Ints, company: Ints) -> Ints:
    """For each text the position of an earlier one about the same company that it repeats, -1 for a new story.

    Only earlier texts are looked at, so later ones never change an answer. The company matters because services write
    one sentence about each: "news alert for $AAPL" doesn't repeat "news alert for $SLB". In each band a text is
    compared with the one before it in its bucket.

    Args:
        signature: `signatures` of the texts, shape `(n, HASHES)`.
        knowable_at: ascending, shape `(n,)`.
        article: position of a text, once for each company it is about, ascending, shape `(n_links,)`; a text about
            none stands once.
        company: number of that company, -1 for none, shape `(n_links,)`.
    """
    earlier = np.full(len(signature), -1, dtype=np.int64)
    best = np.zeros(len(signature))
    about = _mixed(company.astype(np.uint64) + np.uint64(2))
    for band in np.split(signature, BANDS, axis=1):
        bucket = about
        for column in band.T:
            bucket = _mixed(bucket ^ column[article])
        order = np.argsort(bucket, kind="stable")  # stable: within a bucket by time
        same = bucket[order[:-1]] == bucket[order[1:]]
        before, after = article[order[:-1][same]], article[order[1:][same]]
        near = (before != after) & (knowable_at[after] - knowable_at[before] <= WINDOW)
        before, after = before[near], after[near]
        alike = (signature[before] == signature[after]).mean(axis=1)
        better = (alike >= RESEMBLANCE) & (alike > best[after])
        earlier[after[better]], best[after[better]] = before[better], alike[better]
    return earlier
