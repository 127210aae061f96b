"""Why a download failed, in a line for readers: the innermost cause, and what helps."""

from __future__ import annotations

import os
import socket
import ssl


def why_not(error: Exception, timeout: tuple[float, float]) -> str:
    """What went wrong at one address; `timeout` as it was: seconds to connect, and of silence.

    requests wraps the cause several times over, and its families overlap: errors of proxies and
    of certificates are connection errors as well, so they are told apart first.
    """
    import requests

    connect, silence = timeout
    cause = _innermost(error)
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.exceptions.ProxyError):
        return (
            f"no connection through the proxy ({cause}): correct or unset HTTP_PROXY and "
            "HTTPS_PROXY"
        )
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"its certificate was not accepted ({cause.verify_message}{_bundle()}): set "
            "REQUESTS_CA_BUNDLE to a file of your network's certificates, or set the clock right"
        )
    if isinstance(error, requests.exceptions.SSLError):
        return f"no secure connection ({cause}{_bundle()})"
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {connect:g} seconds"
    # A number makes it the system's own patience that ended.
    if isinstance(cause, TimeoutError) and cause.errno is None:
        return f"no answer for {silence:g} seconds"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off half-way"
    if isinstance(cause, socket.gaierror):
        return f"its name was not found ({cause.strerror}): is there a network?"
    if isinstance(error, requests.ConnectionError):
        return f"no connection ({cause})"
    if isinstance(error, requests.RequestException):
        return f"{type(error).__name__}: {error}"
    if isinstance(error, OSError):
        return f"{error}: correct or unset REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE"
    return f"what came was damaged ({str(error).split('. ')[0]})"


def _innermost(error: BaseException) -> BaseException:
    within = (
        getattr(error, "reason", None),
        getattr(error, "original_error", None),
        *error.args,
        error.__cause__,
    )
    inner = next((one for one in within if isinstance(one, BaseException)), None)
    return error if inner is None else _innermost(inner)


def _bundle() -> str:
    path = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return f"; certificates from {path}" if path else ""
