"""Whether every namespace has the pinned root for its workloads, in istio-ca-root-cert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from roottrust.domain.facts import Unread
from roottrust.domain.published_bundle import CONFIG_MAP, KEY
from roottrust.domain.some_names import list_some
from roottrust.domain.verification import (
    Check,
    Finding,
    Place,
    VerifiedMesh,
    describe_roots,
    is_made_by_istiod,
    read_roots,
)

PLACE = Place(check=Check.NAMESPACES, subject=CONFIG_MAP)

_NAMED = 5
_READS_ALL = "Grant what deploy/verify/ grants, or leave this out by --skip namespaces."


@dataclass(frozen=True, kw_only=True)
class PublishedRoots:
    """What istiod published: `namespaces` should have it, `texts` is what each has there.

    A text is None where the ConfigMap lacks its key.
    """

    namespaces: tuple[str, ...]
    texts: Mapping[str, str | None]


def judge_namespaces(mesh: VerifiedMesh, observed: PublishedRoots | Unread) -> Finding:
    """Compare what every namespace has with the pinned root."""
    if isinstance(observed, Unread):
        return PLACE.build_unknown(observed.error, _READS_ALL)
    if not observed.namespaces:
        return PLACE.build_unknown("There is no namespace that istiod would publish its root in.")
    missing = tuple(name for name in observed.namespaces if name not in observed.texts)
    stale = {
        name: observed.texts[name] or ""
        for name in observed.namespaces
        if name in observed.texts and not _is_pinned(mesh, observed.texts[name])
    }
    total = len(observed.namespaces)
    told = f"{total - len(missing) - len(stale)} of {total} namespaces have the pinned root"
    if not missing and not stale:
        return PLACE.build_ok(told, facts={"inSync": total, "total": total})
    sentences = [*_describe_stale(mesh, stale), *_describe_missing(missing)]
    return PLACE.build_different(
        told,
        " ".join(sentences),
        _find_next_step(mesh, stale),
        names=(*stale, *missing),
        facts={"inSync": total - len(missing) - len(stale), "total": total},
    )


def _is_pinned(mesh: VerifiedMesh, text: str | None) -> bool:
    if text == mesh.pinned.text:
        return True
    roots = read_roots(text or "")
    if isinstance(roots, str):
        return False
    return tuple(each.fingerprint for each in roots) == mesh.pinned.fingerprints


def _describe_stale(mesh: VerifiedMesh, stale: Mapping[str, str]) -> list[str]:
    """Say which namespaces have which other root: the same one in many is said once."""
    places: dict[str, list[str]] = {}
    for name, text in stale.items():
        places.setdefault(_describe_text(mesh, text), []).append(name)
    return [f"{_list_names(tuple(names))} {_has(names)} {what}." for what, names in places.items()]


def _describe_text(mesh: VerifiedMesh, text: str) -> str:
    if not text:
        return f"no {KEY} in its ConfigMap"
    roots = read_roots(text)
    if isinstance(roots, str):
        return f"something else than certificates ({roots})"
    if any(is_made_by_istiod(each, mesh.trust_domain) for each in roots):
        return f"a root that istiod made itself ({describe_roots(roots)})"
    return f"another root ({describe_roots(roots)})"


def _describe_missing(missing: tuple[str, ...]) -> list[str]:
    if not missing:
        return []
    return [f"{_list_names(missing)} {_has(missing)} no ConfigMap {CONFIG_MAP}."]


def _find_next_step(mesh: VerifiedMesh, stale: Mapping[str, str]) -> str:
    published = [read_roots(text) for text in stale.values()]
    if any(
        is_made_by_istiod(root, mesh.trust_domain)
        for roots in published
        if not isinstance(roots, str)
        for root in roots
    ):
        return (
            "istiod started without its CA files: put the agent beside it (`roottrust "
            "istiod-patch`), restart it, and delete the Secret istio-ca-secret."
        )
    if stale:
        return (
            "istiod writes them within a minute of a change: see its log, and whether another "
            "istiod publishes there."
        )
    return (
        "istiod makes it in all namespaces that its discoverySelectors select: name those that "
        "they leave out by --exclude-namespace, and see its log for the others."
    )


def _has(names: tuple[str, ...] | list[str]) -> str:
    return "has" if len(names) == 1 else "have"


def _list_names(names: tuple[str, ...]) -> str:
    what = "Namespace" if len(names) == 1 else "Namespaces"
    return f"{what} {list_some(names, most=_NAMED)}"
