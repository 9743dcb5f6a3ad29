"""The bearer token of a data folder: given in the settings, or made once and kept where only its owner can read it."""

from __future__ import annotations

import os
import secrets

from adapters.settings import Settings

FILE = "api_token"


def token_of(settings: Settings) -> str:
    """The token that clients must send."""
    known = known_token(settings)
    if known is not None:
        return known
    path = settings.home / FILE
    part = path.with_suffix(".part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(24))
    part.replace(path)
    return path.read_text().strip()


def known_token(settings: Settings) -> str | None:
    """The token that clients must send; None when none was made yet. Nothing is made by asking."""
    if settings.api_token is not None:
        return settings.api_token.get_secret_value()
    path = settings.home / FILE
    return path.read_text().strip() if path.exists() else None
