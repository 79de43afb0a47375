"""Where the parts of a store lie below its root."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """Paths below a store's root; any path that Hadoop knows, joined by slashes.

    Attributes
    ----------
    root : str
        The store's folder, without a trailing slash (a single one is stripped).
    """

    root: str

    def __post_init__(self) -> None:
        """Strip one trailing slash, so that joins are uniform."""
        object.__setattr__(self, "root", self.root.rstrip("/") or "/")

    def table(self, name: str) -> str:
        """Return the folder of the Delta table ``name``.

        Parameters
        ----------
        name : str
            One of `store.schemas.TABLES`.

        Returns
        -------
        str
            Without a trailing slash.
        """
        return f"{self.root}/{name}"

    @property
    def runs(self) -> str:
        """The folder of the run log, a Delta table."""
        return f"{self.root}/runs"

    def model(self, model_id: str) -> str:
        """Return the folder of a model's files.

        Parameters
        ----------
        model_id : str
            The model's id.

        Returns
        -------
        str
            Without a trailing slash.
        """
        return f"{self.root}/models/{model_id}"

    def report(self, run_id: str) -> str:
        """Return the folder of a run's reports.

        Parameters
        ----------
        run_id : str
            The run's id.

        Returns
        -------
        str
            Without a trailing slash.
        """
        return f"{self.root}/reports/{run_id}"

    def staging(self, run_id: str) -> str:
        """Return the folder for a run's unfinished work; nobody else reads it.

        Parameters
        ----------
        run_id : str
            The run's id.

        Returns
        -------
        str
            Without a trailing slash.
        """
        return f"{self.root}/staging/{run_id}"
