"""Where the parts of a store lie below its root."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """Paths below a store's root; any path that Hadoop knows, joined by slashes.

    Parameters
    ----------
    root : str
        The store's folder, without a trailing slash (a single one is stripped).
    """

    root: str

    def __post_init__(self) -> None:
        """Strip one trailing slash, so that joins are uniform."""
        object.__setattr__(self, "root", self.root.rstrip("/") or "/")

    def table(self, name: str) -> str:
        """Return the folder of the Delta table ``name``."""
        return f"{self.root}/{name}"

    @property
    def runs(self) -> str:
        """The folder of the run log, a Delta table."""
        return f"{self.root}/runs"

    def model(self, model_id: str) -> str:
        """Return the folder of a model's files."""
        return f"{self.root}/models/{model_id}"

    def report(self, run_id: str) -> str:
        """Return the folder of a run's reports."""
        return f"{self.root}/reports/{run_id}"

    def staging(self, run_id: str) -> str:
        """Return the folder for a run's unfinished work; nobody else reads it."""
        return f"{self.root}/staging/{run_id}"
