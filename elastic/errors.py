"""What can go wrong with a server, each with a one-line meaning. No message holds a secret."""


class ElasticError(Exception):
    """Elasticsearch cannot do what was asked; the message is a sentence."""


class ConnectionSettingError(ElasticError):
    """The address, a secret's place or a file of authorities cannot be used as it was given."""


class UnreachableError(ElasticError):
    """Nothing answers at the address, or what answers breaks off, again and again."""


class AnswerError(ElasticError):
    """The server refuses.

    Parameters
    ----------
    status : int
        Of the answer.
    kind : str
        The server's own name of the error, such as ``index_not_found_exception``.
    reason : str
        The server's sentence.
    """

    def __init__(self, status: int, kind: str, reason: str) -> None:
        super().__init__(f"Elasticsearch answers {status} {kind}: {reason}")
        self.status, self.kind, self.reason = status, kind, reason

    def __reduce__(self) -> tuple[type["AnswerError"], tuple[int, str, str]]:
        return type(self), (self.status, self.kind, self.reason)


class NotFoundError(AnswerError):
    """There is no such index, alias or document."""


class ForbiddenError(AnswerError):
    """The user or key is wrong, or may not do this."""


class OverloadedError(AnswerError):
    """The server still takes no more work after all waiting: busy, or its disk is full."""
