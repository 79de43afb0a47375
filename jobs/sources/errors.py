"""What a user can get wrong about a source."""


class SourceError(ValueError):
    """The source cannot be read as the user described it."""
