"""Files on any path that Hadoop knows, read and written by the driver."""

from typing import Any

from pyspark.sql import SparkSession


class Files:
    """Small files and whole folders, through Hadoop's file systems.

    Parameters
    ----------
    spark : SparkSession
        Brings Hadoop's configuration.
    """

    def __init__(self, spark: SparkSession) -> None:
        # pyspark has no public way to Hadoop's file systems.
        self._jvm: Any = spark._jvm  # noqa: SLF001 - see above
        self._configuration: Any = spark._jsc.hadoopConfiguration()  # noqa: SLF001 - see above

    def write(self, path: str, content: bytes) -> None:
        """Write a small file, whole or not at all, over one that is there.

        Parameters
        ----------
        path : str
            Where; missing folders are made.
        content : bytes
            Held in memory twice, on the driver.
        """
        target, system = self._resolve(path)
        unfinished = self._jvm.org.apache.hadoop.fs.Path(f"{path}.unfinished")
        stream = system.create(unfinished, True)
        stream.write(bytearray(content))
        stream.close()
        if system.exists(target):
            system.delete(target, False)
        system.rename(unfinished, target)

    def read(self, path: str) -> bytes:
        """Read a small file.

        Parameters
        ----------
        path : str
            Of the file.

        Returns
        -------
        bytes
            Held in memory twice, on the driver.
        """
        target, system = self._resolve(path)
        stream = system.open(target)
        try:
            return bytes(self._jvm.org.apache.commons.io.IOUtils.toByteArray(stream))
        finally:
            stream.close()

    def delete(self, path: str) -> None:
        """Delete a file, or a folder with all it holds; nothing happens if it is not there.

        Parameters
        ----------
        path : str
            Of the file or folder.
        """
        target, system = self._resolve(path)
        system.delete(target, True)

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder, sorted; none if it is not there.

        Parameters
        ----------
        folder : str
            Its path.

        Returns
        -------
        list of str
            Names without the folder.
        """
        target, system = self._resolve(folder)
        if not system.exists(target):
            return []
        return sorted(str(status.getPath().getName()) for status in system.listStatus(target))

    def modified(self, path: str) -> float:
        """Return when a file or folder changed last.

        Parameters
        ----------
        path : str
            Of the file or folder.

        Returns
        -------
        float
            Seconds since 1970.
        """
        target, system = self._resolve(path)
        return int(system.getFileStatus(target).getModificationTime()) / 1000

    def copy_to_local(self, path: str, local: str) -> None:
        """Copy a file to the driver's disk, over one that is there.

        Parameters
        ----------
        path : str
            The file to copy.
        local : str
            Path of the copy on the driver.
        """
        target, system = self._resolve(path)
        system.copyToLocalFile(False, target, self._jvm.org.apache.hadoop.fs.Path(local), True)

    def _resolve(self, path: str) -> tuple[Any, Any]:
        target = self._jvm.org.apache.hadoop.fs.Path(path)
        return target, target.getFileSystem(self._configuration)
