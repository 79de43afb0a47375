"""A file of authorities in PEM form as the trust store that Java reads."""

from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from jobs.errors import UserError


def write_truststore(spark: SparkSession, ca_file: str, target: str) -> str:
    """Write a trust store with the certificates of a PEM file. It holds nothing secret.

    Parameters
    ----------
    spark : SparkSession
        Brings Java.
    ca_file : str
        Certificates in PEM form.
    target : str
        Local path, the same on all machines of the cluster.

    Returns
    -------
    str
        The trust store's URL.

    Raises
    ------
    UserError
        If Java cannot read the certificates.
    """
    java: Any = spark._jvm.java  # type: ignore[union-attr] # noqa: SLF001 - no public way to Java
    store = java.security.KeyStore.getInstance("JKS")
    store.load(None, None)
    factory = java.security.cert.CertificateFactory.getInstance("X.509")
    source = java.io.FileInputStream(ca_file)
    try:
        for number, certificate in enumerate(factory.generateCertificates(source)):
            store.setCertificateEntry(f"authority-{number}", certificate)
    except Py4JJavaError:
        raise UserError(f"{ca_file}: Java cannot read these certificates") from None
    finally:
        source.close()
    # Certificates are public: the password only keeps the file from being changed unseen.
    gateway: Any = spark.sparkContext._gateway  # noqa: SLF001 - a Java array needs it
    password = gateway.new_array(gateway.jvm.char, 0)
    file = java.io.File(target)
    file.getParentFile().mkdirs()
    stream = java.io.FileOutputStream(file)
    try:
        store.store(stream, password)
    finally:
        stream.close()
    return str(file.toURI().toURL().toString())
