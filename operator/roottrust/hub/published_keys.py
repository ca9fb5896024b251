"""The keys of one cluster's tokens, as they were read last."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from roottrust.domain.errors import RootTrustError
from roottrust.domain.token_keys import TokenKeys

logger = logging.getLogger(__name__)


class PublishedKeys:
    """Keeps the last keys whatever happens to later reads, and says why these failed."""

    def __init__(self, cluster: str, *, read: Callable[[], Awaitable[TokenKeys]]) -> None:
        self._cluster = cluster
        self._read = read
        self.keys: TokenKeys | None = None
        self.trouble: str | None = None

    async def refresh(self) -> bool:
        """Read them again; return whether keys or trouble are others than before."""
        before = (self.keys, self.trouble)
        try:
            self.keys, self.trouble = await self._read(), None
        except RootTrustError as error:
            self.trouble = error.message
        has_changed = before != (self.keys, self.trouble)
        if has_changed:
            self._tell(before[0])
        return has_changed

    def _tell(self, before: TokenKeys | None) -> None:
        name = self._cluster
        if self.trouble is not None:
            message = "the keys of %s's tokens could not be read: %s"
            logger.warning(message, name, self.trouble, extra={"cluster": name})
        elif before not in {None, self.keys}:
            logger.info("the keys of %s's tokens have changed", name, extra={"cluster": name})
