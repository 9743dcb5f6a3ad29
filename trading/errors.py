"""Errors of the domain.

InplayError                  what every error of ours is; its text says what happened, what was not lost, what to do
├── BadDataError             an input cannot be what it claims to be (missing column, wrong type, empty)
├── ConfigurationError       a setting is missing or contradicts another
├── UnavailableError         something outside (database, port, package, disk) cannot be used now
│   ├── AlreadyRunningError  another run owns the data folder
│   └── AskedTooOftenError   a source wants to be left alone for a while
├── LedgerError              a command would break an invariant of the ledger
└── ModelError               a model is missing, does not match its hash or refuses its input
    ├── UnknownModelError    no ensemble of that name is on record
    └── ModelRefusedError    an ensemble may not become what it was asked to become
"""


class InplayError(Exception):
    """Base of every error that a user may see."""


class BadDataError(InplayError):
    """An input cannot be what it claims to be."""


class ConfigurationError(InplayError):
    """A setting is missing or contradicts another."""


class UnavailableError(InplayError):
    """Something outside the program cannot be used now."""


class AlreadyRunningError(UnavailableError):
    """Another run owns the data folder."""


class AskedTooOftenError(UnavailableError):
    """A source wants to be left alone for `retry_after_s`."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class LedgerError(InplayError):
    """A command would break an invariant of the ledger."""


class ModelError(InplayError):
    """A model is missing, does not match its hash or refuses its input."""


class UnknownModelError(ModelError):
    """No ensemble of that name is on record."""


class ModelRefusedError(ModelError):
    """An ensemble may not become what it was asked to become; nothing was changed."""
