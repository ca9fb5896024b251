"""One attempt to remove from Vault what was made for a policy: observe, plan, apply, until done."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from roottrust.domain.deletion_plan import DeletionPlan, plan_deletion
from roottrust.domain.deletion_report import describe_kept, describe_wait
from roottrust.domain.deletion_scope import DeletionScope
from roottrust.domain.errors import RootTrustError
from roottrust.domain.fault import is_outage
from roottrust.domain.issuance import CertificateKey
from roottrust.hub.vault_server import VaultServer
from roottrust.runtime.fence import FencedError

logger = logging.getLogger(__name__)

# One to remove, one to verify, one for what came in between.
MAX_ROUNDS = 3

FindInUse = Callable[[], Awaitable[Mapping[str, str]]]


@dataclass(kw_only=True)
class DeletionWork:
    """What was removed, the last plan, the first failure; `kept` is what clusters still have."""

    plan: DeletionPlan | None = None
    removed: list[str] = field(default_factory=list)
    failure: RootTrustError | None = None
    kept: Mapping[CertificateKey, RootTrustError] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        """Whether there is nothing more to do or to wait for."""
        plan = self.plan
        is_through = plan is not None and not plan.actions and not plan.waiting
        return is_through and not self.kept

    @property
    def hindrance(self) -> str:
        """What is waited for."""
        if self.failure is not None:
            return self.failure.message
        if self.kept:
            return describe_kept(self.kept)
        return describe_wait(self.plan.waiting if self.plan else ())


async def delete_from_vault(
    server: VaultServer, scope: DeletionScope, *, find_in_use: FindInUse, work: DeletionWork
) -> None:
    """Go as far as it goes; `work` tells how far that was, also when this is cut off.

    Raises RootTrustError when Vault, or what depends on it, cannot be looked at.
    """
    for _ in range(MAX_ROUNDS):
        facts = await server.observe_deletion(scope)
        in_use = await find_in_use() if facts.roots else {}
        work.plan = plan_deletion(scope, facts, in_use=in_use)
        if not work.plan.actions or work.failure is not None:
            return
        await _apply(server, work.plan, work)


async def _apply(server: VaultServer, plan: DeletionPlan, work: DeletionWork) -> None:
    """Remove all that can be: what one right is missing for keeps nothing else in Vault."""
    for action in plan.actions:
        try:
            await server.apply(action)
        except FencedError:
            raise  # nothing of this is ours to tell any more
        except RootTrustError as error:
            work.failure = work.failure or error
            if is_outage(error):
                return
            continue
        logger.info("%s in Vault", action)
        work.removed.append(action.wanted.path)
