"""Sentiment by a transformer of the FinBERT class: optional, off unless asked for, and never downloaded by inplay."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trading.arrays import Floats
from trading.errors import ConfigurationError, ModelError

BATCH_TEXTS = 32
MOST_TOKENS = 512
SIGNS = {"positive": 1.0, "negative": -1.0, "neutral": 0.0}


class TransformerScorer:
    """Reads texts with a model that says positive, negative or neutral; the score is P(positive) - P(negative).

    Args:
        folder: a model in the format of `transformers`, on this machine.

    Raises:
        ConfigurationError: when the package `transformers` or its `torch` isn't installed, or there is no such folder.
        ModelError: when the model can't be loaded, or its labels are others.
    """

    def __init__(self, folder: str | Path) -> None:
        path = Path(folder)
        if not (path / "config.json").is_file():
            raise ConfigurationError(
                f"{path} is no folder of a model: it has no config.json. Nothing was scored. Download a FinBERT-class "
                "model there, or leave the option out to use the lexicon."
            )
        try:
            library: Any = importlib.import_module("transformers")
            importlib.import_module("torch")
        except ImportError as error:
            raise ConfigurationError(
                f"The transformer scorer needs the packages transformers and torch: {error}. Nothing was scored. "
                "Install them beside inplay (`pip install transformers torch`), or leave the option out to use the "
                "lexicon."
            ) from None
        self.name = f"transformer:{path.name}"
        try:
            # No code of the model's own runs, only safetensors are read (no pickle), and nothing is fetched.
            only_here = {"local_files_only": True, "trust_remote_code": False}
            tokenizer = library.AutoTokenizer.from_pretrained(str(path), **only_here)
            model = library.AutoModelForSequenceClassification.from_pretrained(
                str(path), use_safetensors=True, **only_here
            )
            self._classify = library.pipeline("text-classification", model=model, tokenizer=tokenizer)
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(f"{path} can't be loaded: {error}. Nothing was scored.") from error
        labels = {str(label).lower() for label in model.config.id2label.values()}
        if labels != set(SIGNS):
            raise ModelError(
                f"{path} knows the labels {sorted(labels)}, other than {sorted(SIGNS)}; nothing was scored"
            )

    def score(self, texts: Sequence[str]) -> Floats:
        """P(positive) - P(negative) of each text, NaN for a text without a word; shape `(n_texts,)`."""
        scores = np.full(len(texts), np.nan)
        worded = [at for at, text in enumerate(texts) if any(character.isalnum() for character in text)]
        answers = self._classify(
            [texts[at] for at in worded], top_k=None, truncation=True, max_length=MOST_TOKENS, batch_size=BATCH_TEXTS
        )
        for at, answer in zip(worded, answers, strict=True):
            scores[at] = sum(SIGNS[found["label"].lower()] * found["score"] for found in answer)
        bounded: Floats = np.clip(scores, -1.0, 1.0)
        return bounded
