"""`inplay evaluate`: files of labelled texts, and texts made by rule."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from cli.evaluate import app
from trading.errors import BadDataError, ConfigurationError


def _said(*words: str) -> str:
    answer = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert answer.exit_code == 0
    return answer.output


def test_parquet_is_evaluated_with_precision_and_recall(tmp_path: Path) -> None:
    """Of two rises and a fall, one rise labelled negative: precision of positive 1/2, recall of negative 1/2."""
    path = tmp_path / "sentences.parquet"
    labels = ["positive", "negative", "negative"]
    pq.write_table(pa.table({"sentence": ["Sales rose", "Profit rose", "Sales fell"], "label": labels}), path)
    facts = json.loads(_said("sentiment", str(path), "--text", "sentence", "--json"))
    assert facts["classes"]["positive"] == {"precision": 0.5, "recall": 1.0}
    assert facts["classes"]["negative"] == {"precision": 1.0, "recall": 0.5}
    assert facts["macro_f1"] == pytest.approx(2 / 3)
    assert facts["confusion"] == [[1, 1], [0, 1]]
    assert "precision" in _said("sentiment", str(path), "--text", "sentence")


def test_made_texts_need_no_file() -> None:
    """Over three hundred texts and headlines; a file beside them, or nothing, is refused."""
    assert json.loads(_said("sentiment", "--made", "--json"))["texts"] > 300
    assert json.loads(_said("catalyst", "--made", "--json"))["texts"] > 300
    for words in (["sentiment"], ["sentiment", "a.csv", "--made"]):
        with pytest.raises(ConfigurationError, match="or --made and none"):
            CliRunner().invoke(app, words, catch_exceptions=False)
    with pytest.raises(BadDataError, match="can't be read"):
        CliRunner().invoke(app, ["catalyst", "none.csv"], catch_exceptions=False)


def test_vader_stands_beside_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that says +0.5 of everything is right wherever the label is positive."""

    class SentimentIntensityAnalyzer:
        """Likes everything."""

        def polarity_scores(self, _: str) -> dict[str, float]:
            """Half a point."""
            return {"compound": 0.5}

    module = ModuleType("vaderSentiment.vaderSentiment")
    module.SentimentIntensityAnalyzer = SentimentIntensityAnalyzer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vaderSentiment", ModuleType("vaderSentiment"))
    monkeypatch.setitem(sys.modules, "vaderSentiment.vaderSentiment", module)
    facts = json.loads(_said("sentiment", "--made", "--json"))
    support = dict(zip(facts["labels"], map(sum, facts["confusion"]), strict=True))
    assert facts["peers"]["vader"]["accuracy"] == pytest.approx(support["positive"] / facts["texts"])
    assert "by vader" in _said("sentiment", "--made")
