"""The errors of matching."""


class MatchingError(Exception):
    """Signatures cannot be matched as asked; the message says why."""


class ModelError(MatchingError):
    """A model's files are missing, damaged, or do not agree with its id."""
