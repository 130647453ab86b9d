"""One exception tree: what happened, to what, and what to do next.

Every failure that a user can cause is a `CoderError`; the command line prints its message and
leaves with its `exit_code`. A traceback is shown only under `--debug`.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line, a contract with scripts."""

    DONE = 0
    NOT_ACHIEVED = 1
    USAGE = 2
    NO_MODEL = 3
    REFUSED = 4
    OUT_OF_BUDGET = 5
    INTERRUPTED = 130


class CoderError(Exception):
    """Root of all errors that are shown to a user. `hint` says what to do next."""

    exit_code = ExitCode.NOT_ACHIEVED

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(CoderError):
    """The command was given something it cannot work with."""

    exit_code = ExitCode.USAGE


class ModelError(CoderError):
    """A model is missing, damaged, unsupported or does not fit."""

    exit_code = ExitCode.NO_MODEL


class NoModelError(ModelError):
    """There is no model at all on this machine yet."""


class ContextFullError(CoderError):
    """Prompt and answer do not fit the model's context. Reported before anything is evaluated."""


class RefusedError(CoderError):
    """The user, a permission or a safety rule said no. Nothing was changed."""

    exit_code = ExitCode.REFUSED


class OutOfBudgetError(CoderError):
    """The time budget ended. Partial work is kept."""

    exit_code = ExitCode.OUT_OF_BUDGET


class InterruptedByUserError(CoderError):
    """Ctrl-C or Esc."""

    exit_code = ExitCode.INTERRUPTED
