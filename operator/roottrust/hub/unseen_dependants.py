"""Looking for dependants of a root that no policy here knows, in the mount that signed for them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from roottrust.domain.certificate import Certificate
from roottrust.domain.errors import RootTrustError
from roottrust.domain.rotation.unseen import (
    MountLook,
    SignedCa,
    SignedCertificate,
    find_ca,
    list_unseen,
)
from roottrust.hub.serial_reads import read_each
from roottrust.hub.vault_server import VaultServer
from roottrust.runtime.store import ObjectKey

LOOK_AGAIN = timedelta(minutes=3)
# Which of more are the newest, a list of serial numbers does not tell.
READ_MAX = 2000


@dataclass(frozen=True, kw_only=True)
class AskedMount:
    """The mount of a root, and the root that is to take its place."""

    server: VaultServer
    mount: str
    root: Certificate
    following: Certificate | None = None


@dataclass(kw_only=True)
class _Known:
    """What is known of one root in its mount, by serial number: None for what is no CA under it."""

    root: tuple[str, str]
    cas: dict[str, SignedCa | None] = field(default_factory=dict)
    look: MountLook | None = None
    looked_at: datetime | None = None


class UnseenDependants:
    """Knows the CAs under roots that are rotated, by the policy that owns each.

    Each serial number is read once; a CA of nobody here in each look, for it may have been revoked.
    """

    def __init__(self, *, now: Callable[[], datetime], read_max: int = READ_MAX) -> None:
        self._now = now
        self._read_max = read_max
        self._known: dict[ObjectKey, _Known] = {}

    def forget(self, policy: ObjectKey) -> None:
        """Keep nothing of a policy's root."""
        self._known.pop(policy, None)

    async def look(
        self, policy: ObjectKey, asked: AskedMount, clusters: Collection[str]
    ) -> MountLook:
        """Return which CAs are under a root; what Vault refuses is told, and soon asked again."""
        known, now = self._find(policy, asked), self._now()
        if known.look and known.looked_at and now - known.looked_at < LOOK_AGAIN:
            return known.look
        found = [each for each in known.cas.values() if each is not None]
        doubtful = frozenset(each.serial for each in list_unseen(found, clusters, now=now))
        try:
            left = await self._read(known, asked, doubtful)
        except RootTrustError as error:
            return _build_look(known, trouble=error.message)
        known.look, known.looked_at = _build_look(known, left=left), now
        return known.look

    def _find(self, policy: ObjectKey, asked: AskedMount) -> _Known:
        root = (asked.mount, asked.root.fingerprint)
        known = self._known.get(policy)
        if known is None or known.root != root:
            known = self._known[policy] = _Known(root=root)
        return known

    async def _read(self, known: _Known, asked: AskedMount, doubtful: frozenset[str]) -> int:
        """Read what is not known for sure, as far as the bound goes; return how many are left."""
        serials = await asked.server.list_serials(asked.mount)
        known.cas = {each: known.cas[each] for each in serials if each in known.cas}
        unknown = [each for each in serials if each not in known.cas]
        new = unknown[: max(self._read_max - len(known.cas), 0)]

        def keep(serial: str, signed: SignedCertificate | None) -> None:
            known.cas[serial] = (
                find_ca(signed, root=asked.root, following=asked.following) if signed else None
            )

        wanted = [*doubtful.intersection(serials), *new]
        await read_each(asked.server, asked.mount, wanted, keep=keep)
        return len(unknown) - len(new)


def _build_look(known: _Known, *, left: int = 0, trouble: str | None = None) -> MountLook:
    mount, _ = known.root
    cas = tuple(each for each in known.cas.values() if each is not None)
    return MountLook(mount=mount, cas=cas, left=left, trouble=trouble)
