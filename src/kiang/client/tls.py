"""Certificates for connections to an engine."""

from __future__ import annotations

import ssl

from kiang.client.settings import TlsSettings
from kiang.errors import ConfigError


def ssl_context(tls: TlsSettings) -> ssl.SSLContext:
    """A context that verifies the server and, with a certificate of the client, proves who it is.

    Raises:
        ConfigError: A file is no PEM file, or does not fit its key.
    """
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
        if tls.certificate_file is not None:
            context.load_cert_chain(tls.certificate_file, tls.key_file, tls.key_password or None)
    except (ssl.SSLError, OSError) as error:
        raise ConfigError("tls", f"{tls.ca_file or tls.certificate_file}", f"readable PEM files ({error})") from error
    return context
