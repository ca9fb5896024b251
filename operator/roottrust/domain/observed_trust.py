"""How far an istiod's roots have come: what was seen, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from roottrust.api.stale_workloads import ROOTS_MAX
from roottrust.domain.discovery import Istiod
from roottrust.domain.observed_step import ObservedStep
from roottrust.domain.published_bundle import PublishedBundle
from roottrust.domain.served_namespaces import ServedNamespaces


@dataclass(frozen=True, kw_only=True)
class ObservedTrust:
    """What was seen of one istiod.

    `published` is what its own namespace has. `pinned` is the fingerprint of the text that its
    IssuedCertificate pins, None where there is none; `restarts_pods` is whether it asks for
    restarts, `restarts_on_issuance` whether for those of new intermediates, too. `generation` is
    that of the intermediates that it asks for, and `is_generation_served` whether each istiod
    serves such a one. `bundles` has by namespace the fingerprint of
    the text that is there; a namespace without roots is not in it. `step` is that of a rotation of
    the root, None where none is under way; with `restarts_istiod_alone` its workloads are not
    restarted.
    """

    istiod: Istiod
    published: PublishedBundle | None
    pinned: str | None
    served: ServedNamespaces
    bundles: Mapping[str, str]
    restarts_pods: bool = False
    generation: int | None = None
    is_generation_served: bool = False
    restarts_on_issuance: bool = False
    step: ObservedStep | None = None
    restarts_istiod_alone: bool = False

    @property
    def root_fingerprints(self) -> tuple[str, ...]:
        """The roots that istiod publishes, in their order, as many as a status takes."""
        roots = self.published.roots if self.published else ()
        return tuple(each.fingerprint for each in roots[:ROOTS_MAX])

    @property
    def is_as_pinned(self) -> bool:
        """Whether istiod publishes the very text that is pinned."""
        return self.published is not None and self.published.text_fingerprint == self.pinned

    @property
    def is_self_signed(self) -> bool | None:
        """Whether istiod signs by a root that it made itself, None if that is not known."""
        if self.published is None or self.published.trouble:
            return None
        return self.published.is_istiods_own and not self.is_as_pinned

    @property
    def expected(self) -> str | None:
        """The fingerprint of the text that every namespace should have, None if none is known."""
        return self.pinned or (self.published.text_fingerprint if self.published else None)

    @property
    def counted(self) -> tuple[str, ...]:
        """The namespaces that count: those that have the text, and those that are old enough."""
        return tuple(
            name for name in self.served.names if self._is_right(name) or not self._waits(name)
        )

    @property
    def stale(self) -> tuple[str, ...]:
        """The namespaces that should have the text and do not."""
        return tuple(name for name in self.counted if not self._is_right(name))

    @property
    def is_step_everywhere(self) -> bool:
        """Whether each istiod serves what a step asks for, and each namespace has its roots."""
        return (
            self.step is not None
            and self.step.is_served_by(self.istiod.wanted)
            and self.is_as_pinned
            and not self.stale
        )

    @property
    def is_waiting(self) -> bool:
        """Whether a namespace is too young to tell, so that it has to be looked at again."""
        return any(self._waits(name) and not self._is_right(name) for name in self.served.names)

    def _is_right(self, name: str) -> bool:
        return self.expected is not None and self.bundles.get(name) == self.expected

    def _waits(self, name: str) -> bool:
        return name in self.served.young and name not in self.bundles
