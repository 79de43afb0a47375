"""The errors of a store, each with a one-line meaning."""


class StoreError(Exception):
    """A store cannot be read as asked; the message says why and what to do."""


class NoSuchStoreError(StoreError):
    """There is no committed run at this path."""


class NoSuchRunError(StoreError):
    """The run log has no committed run of this id."""


class MissingFilesError(StoreError):
    """A run's files are gone: it was compacted away, or the store is damaged."""


class DamagedStoreError(StoreError):
    """A file of the store is not what was written."""


class StoreFormatError(StoreError):
    """The store was written in a format that this version of the code does not read."""


class RunConflictError(StoreError):
    """Another run committed to the store first; nothing of this one is visible."""
