"""The few calls of Vault's HTTP API that bringing a server up needs."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from testbed.errors import TestbedError


class VaultApi:
    """A client of one server that trusts only that server's authority."""

    def __init__(self, address: str, ca_file: Path) -> None:
        self._address = address
        self._ca_file = ca_file

    def is_answering(self) -> bool:
        """Tell whether the server answers at all, sealed or not."""
        try:
            self.status()
        except OSError:
            return False
        return True

    def is_active(self) -> bool:
        """Tell whether the server is initialised, open and active."""
        try:
            self._call("GET", "sys/health", None, None)
        except (OSError, TestbedError):
            return False
        return True

    def status(self) -> dict[str, Any]:
        """Read whether the server is initialised and sealed."""
        return self._call("GET", "sys/seal-status", None, None)

    def put(
        self, path: str, body: Mapping[str, object], *, token: str | None = None
    ) -> dict[str, Any]:
        """Write to a path, and return the answer; raises with the server's own words."""
        return self._call("PUT", path, body, token)

    def _call(
        self, method: str, path: str, body: Mapping[str, object] | None, token: str | None
    ) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310  the address is our own server's
            f"{self._address}/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Vault-Token": token} if token else {},
        )
        context = ssl.create_default_context(cafile=str(self._ca_file))
        try:
            with urllib.request.urlopen(request, timeout=10, context=context) as answer:  # noqa: S310
                content = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                words = error.read().decode(errors="replace").strip()
            raise TestbedError(f"Vault answers {error.code} to {method} {path}: {words}") from error
        decoded: dict[str, Any] = json.loads(content) if content else {}
        return decoded
