"""The models in use and what they are worth out of sample."""

from datetime import date, datetime

from pydantic import Field

from serve.schemas.base import Estimate, Schema


class Accuracy(Schema):
    """Directional accuracy on sessions the model never saw, beside what it has to beat. Fractions."""

    model: Estimate
    majority: float | None = Field(description="Always saying the more frequent class.", examples=[0.553])
    rule: float | None = Field(description="The rule-based system on the same rows.", examples=[0.521])
    rows: int = Field(ge=0, description="Test rows.", examples=[4120])
    first_session: date | None
    last_session: date | None


class Model(Schema):
    """One registered model."""

    model_id: str
    kind: str = Field(description="Its part in the ensemble.", examples=["pattern"])
    algorithm: str = Field(examples=["random forest"])
    weight: float | None = Field(description="Its weight in the ensemble.", examples=[0.4])
    trained_at: datetime
    train_first_session: date | None
    train_last_session: date | None
    train_rows: int | None = Field(ge=0)
    features: int = Field(ge=0, description="How many features it reads.")
    accuracy: Accuracy | None = Field(description="Null when it was never measured out of sample.")
    sha256: str = Field(description="Hash of the model file; a file that doesn't match is refused.")
    data_sha256: str | None = Field(description="Hash of the training rows.")


class Ensemble(Schema):
    """Three models that decide together."""

    ensemble_id: str
    status: str = Field(examples=["champion"])
    known_before: date | None = Field(description="No outcome of this session or later was used to train it.")
    accuracy: Accuracy | None = Field(description="Of the weighted decision.")
    models: list[Model]


class Models(Schema):
    """Ensembles in use, the champion first."""

    ensembles: list[Ensemble]
