"""Whether a Vault has namespaces, and the one that is asked for.

HashiCorp's Vault without them takes no notice of the header: everything would happen at its top.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.vault.transport import VaultResponse

_REFUSED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
_NO_NAMESPACE = "namespace not found"


class NamespaceCheck:
    """Asks once: sys/health exists at the top alone, so an answer from below is no namespace's."""

    def __init__(
        self, ask_health: Callable[[str], Awaitable[VaultResponse]], *, address: str
    ) -> None:
        self._ask_health = ask_health
        self._address = address
        self._lock = asyncio.Lock()
        self._has_namespaces = False

    async def require(self, namespace: str) -> None:
        """Raise DependencyMissingError when what is done would not happen in the namespace."""
        async with self._lock:
            if not self._has_namespaces:
                self._has_namespaces = await self._find_out(namespace)

    async def _find_out(self, namespace: str) -> bool:
        """Return whether it has namespaces; False also for one that cannot tell, being sealed."""
        response = await self._ask_health(namespace)
        if _is_top(response):
            version = response.body.get("version")
            raise DependencyMissingError(
                f"Vault {self._address} ({version}) has no namespaces, and would do in its root "
                f"what is meant for {namespace}: leave namespace out of the policy and of the "
                "server's entry in vaultServers, or use Vault Enterprise, or OpenBao 2.3 or newer.",
                reason=Reason.NOT_SUPPORTED,
            )
        return response.status in _REFUSED


def check_namespace(response: VaultResponse, *, namespace: str | None, address: str) -> None:
    """Raise DependencyMissingError for a namespace that is not there: nothing is absent in it."""
    is_missing = response.status == HTTPStatus.NOT_FOUND and _NO_NAMESPACE in response.errors
    if namespace and is_missing:
        raise DependencyMissingError(
            f"Vault {address} has no namespace {namespace}: create it.",
            reason=Reason.REJECTED_BY_VAULT,
        )


def _is_top(response: VaultResponse) -> bool:
    """Whether it answers for the whole of a Vault that is not known to have namespaces."""
    body = response.body
    is_enterprise = body.get("enterprise") is True or "+ent" in str(body.get("version"))
    return "version" in body and body.get("sealed") is False and not is_enterprise
