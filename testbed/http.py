"""Ask a server whether it is well."""

import ssl
import urllib.error
import urllib.request


def is_good(url: str, *, context: ssl.SSLContext | None = None, seconds: float = 2) -> bool:
    """Tell whether the address answers, and with success."""
    try:
        with urllib.request.urlopen(url, timeout=seconds, context=context):  # noqa: S310  our own
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False
