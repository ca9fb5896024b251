"""The reviewer's tokens of one policy: what is known of them, and fresh ones for writes.

A token is in memory only from the API server's answer to the write that hands it to Vault.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from roottrust.domain.action import Action
from roottrust.domain.reviewer import TOKEN_FIELD, ReviewerToken, ReviewerTokens
from roottrust.domain.vault_object import VaultKind
from roottrust.kube.reviewer_token import IssuedToken

Issue = Callable[[str], Awaitable[IssuedToken]]


class ReviewerBook:
    """Fills tokens into writes, and keeps what may be known of those that Vault took."""

    def __init__(self, known: ReviewerTokens, *, issue: Issue) -> None:
        self.known: dict[str, ReviewerToken] = dict(known)
        self._issue = issue
        self._sent: dict[str, ReviewerToken] = {}

    async def fill(self, action: Action, *, cluster: str) -> Action:
        """Return the write with all that it needs; raises RootTrustError."""
        wanted = action.wanted
        if not wanted.needs_reviewer:
            return action
        issued = await self._issue(cluster)
        self._sent[wanted.path] = issued.known
        secrets = {**wanted.secrets, TOKEN_FIELD: issued.token}
        return replace(action, wanted=replace(wanted, secrets=secrets))

    def take(self, action: Action) -> None:
        """Know of a write that Vault took: each one to an auth config exchanges its token."""
        if action.wanted.kind is not VaultKind.AUTH_CONFIG:
            return
        path = action.wanted.path
        self.known.pop(path, None)
        if action.wanted.needs_reviewer:
            self.known[path] = replace(self._sent.pop(path), is_fresh=True)
