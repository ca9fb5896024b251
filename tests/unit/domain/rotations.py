"""Two roots in one mount: samples, and any Vault that a policy may find while its root changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import strategies as st

from roottrust.api.choices import RootSource
from roottrust.api.rotation_status import RotationRoot
from roottrust.domain.certificate import Certificate, parse_certificate
from roottrust.domain.facts import ISSUING, IssuerFacts, Unread, VaultFacts
from roottrust.domain.mark import Mark
from roottrust.domain.rotation.cluster_step import ClusterStep
from roottrust.domain.rotation.posture import Posture, Side
from roottrust.domain.rotation.vault_target import RotationPhase, RotationTarget
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import RootTarget, VaultTarget
from tests.unit.domain.certificates import NOW, build_name, build_pem
from tests.unit.domain.samples import (
    EXISTING_ROOT,
    GENERATED_ROOT,
    IMPORTED_ROOT,
    ISSUER_ID,
    OTHER_POLICY,
    OTHER_ROOT,
    OURS,
    ROOT,
    USAGE,
    build_facts,
    build_imported,
    build_issuer,
    build_mount,
    build_snapshot,
    build_target,
)
from tests.unit.domain.strategies import (
    CERTIFICATES,
    ODD_ISSUER_IDS,
    ODD_TEXTS,
    OTHER_ISSUERS,
    SOUND_ISSUER,
    UNREAD,
    root_secrets,
    snapshots,
)

NEXT_ID = "77f1a3f2-5a2e-4a9b-8c7d-2f6f0c9d1e02"
NEXT_NAME = "roottrust-g2"
NEXT_KEY = ec.generate_private_key(ec.SECP256R1())
NEXT_ROOT = replace(
    parse_certificate(build_pem(subject=build_name("Next"), key=NEXT_KEY, usage=USAGE)),
    not_after=NOW + timedelta(days=4380),
)
ALL_USAGES = frozenset({"read-only", ISSUING, "crl-signing", "ocsp-signing"})
WITHDRAWN = ALL_USAGES - {ISSUING}
PREVIOUS = RotationRoot(issuer=ISSUER_ID, fingerprint=ROOT.fingerprint)


def build_rotation(
    source: RootTarget = GENERATED_ROOT,
    phase: RotationPhase = RotationPhase.PREPARE,
    **changes: Any,
) -> RotationTarget:
    rotation = RotationTarget(
        generation=2,
        next=replace(source, ttl_days=4380),
        previous=PREVIOUS,
        phase=phase,
        default_issuer=ISSUER_ID,
    )
    return replace(rotation, **changes)


def build_next(certificate: Certificate | None = NEXT_ROOT, **changes: Any) -> IssuerFacts:
    issuer = IssuerFacts(
        issuer_id=NEXT_ID,
        issuer_name=NEXT_NAME,
        certificate=certificate,
        has_key=True,
        key_id="key-2",
        usages=ALL_USAGES,
    )
    return replace(issuer, **changes)


def build_rotating_target(rotation: RotationTarget, **changes: Any) -> VaultTarget:
    root = replace(rotation.next, issuer=ISSUER_ID, generation=rotation.generation - 1)
    return build_target(root=root, rotation=rotation, **changes)


def build_rotating(
    rotation: RotationTarget | None = None, *, mark: Mark | None = OURS, **facts: Any
) -> Snapshot:
    """Return a policy with the root in use, as Vault has it when a rotation begins."""
    rotation = rotation or build_rotation()
    mount = build_mount(description=mark.render() if mark else "", days=4380)
    root = build_issuer(issuer_name="roottrust-g1", usages=ALL_USAGES)
    found = {"mounts": {"pki": mount}, "root_issuer": root, "default_issuer": ISSUER_ID, **facts}
    return build_snapshot(
        build_rotating_target(rotation), build_facts(**found), known_root=ROOT.fingerprint
    )


_POSTURES = (
    Posture(signer=Side.PREVIOUS, roots=(Side.PREVIOUS,)),
    Posture(signer=Side.NEXT, roots=(Side.PREVIOUS,), is_crossed=True),
    Posture(signer=Side.NEXT, roots=(Side.PREVIOUS, Side.NEXT)),
    Posture(signer=Side.NEXT, roots=(Side.NEXT,)),
)
_STEPS = (
    None,
    *(
        ClusterStep(name="g2-0", posture=each, cross_certificate=OTHER_ROOT.pem)
        for each in _POSTURES
    ),
)
_NEXT_CERTIFICATES = (
    *[NEXT_ROOT] * 6,
    None,
    ROOT,
    OTHER_ROOT,
    replace(NEXT_ROOT, not_after=ROOT.not_after),
    replace(NEXT_ROOT, pem=ROOT.pem),
    replace(NEXT_ROOT, is_ca=False),
    replace(NEXT_ROOT, path_length=0),
    replace(NEXT_ROOT, subject=ROOT.subject),
)


_OTHER = RotationRoot(issuer="other-1", fingerprint=OTHER_ROOT.fingerprint)


def mostly(usual: Any, *unusual: Any) -> st.SearchStrategy[Any]:
    """Return what is as it should be in most cases, lest few plans come to the end."""
    return st.sampled_from([usual] * (4 * len(unusual) or 1) + list(unusual))


@st.composite
def rotations(draw: st.DrawFn) -> RotationTarget:
    """A rotation in any phase; what an administrator's hand may have made of it, too."""
    source = draw(st.sampled_from((EXISTING_ROOT, GENERATED_ROOT, IMPORTED_ROOT)))
    wish = replace(
        source,
        common_name=draw(st.sampled_from(("Root", "Istio root CA", 64 * "x"))),
        ttl_days=draw(mostly(4380, 3650, 30, 7300)),
    )
    return build_rotation(
        wish,
        draw(st.sampled_from(RotationPhase)),
        next=wish,
        previous=draw(mostly(PREVIOUS, _OTHER)),
        default_issuer=draw(mostly(ISSUER_ID, "", "other-1")),
        is_compromised=draw(st.booleans()),
    )


@st.composite
def next_issuers(draw: st.DrawFn) -> IssuerFacts | Unread | None:
    """The next root as Vault has it: mostly one that is whole, or none."""
    state = draw(st.sampled_from(("absent", "absent", "sound", "sound", "sound", "odd", "unread")))
    if state == "absent":
        return None
    if state == "unread":
        return draw(UNREAD)
    usages = mostly(ALL_USAGES, WITHDRAWN, None, frozenset(), frozenset({ISSUING}))
    issuer = build_next(usages=draw(usages))
    if state == "sound":
        return issuer
    return replace(
        issuer,
        certificate=draw(st.sampled_from(_NEXT_CERTIFICATES) | CERTIFICATES),
        has_key=draw(st.booleans()),
        issuer_id=draw(mostly(NEXT_ID, ISSUER_ID, *ODD_ISSUER_IDS)),
        issuer_name=draw(st.sampled_from((NEXT_NAME, "", *ODD_TEXTS))),
    )


@st.composite
def rotating_snapshots(draw: st.DrawFn, *, min_clusters: int = 1) -> Snapshot:
    """A policy whose root is rotated, and any Vault that it may find."""
    snapshot, rotation = draw(snapshots(min_clusters=min_clusters)), draw(rotations())
    root = replace(rotation.next, issuer=ISSUER_ID)
    target = replace(snapshot.target, root=root, rotation=rotation)
    clusters = tuple(replace(each, step=draw(st.sampled_from(_STEPS))) for each in target.clusters)
    secrets = (
        st.just(build_imported(NEXT_ROOT)) | st.just(build_imported(NEXT_ROOT)) | root_secrets()
    )
    return replace(
        snapshot,
        target=replace(target, clusters=clusters),
        facts=_add_next(draw, snapshot.facts),
        known_root=draw(mostly(ROOT.fingerprint, None, OTHER_ROOT.fingerprint)),
        root_secret=draw(secrets) if root.source is RootSource.IMPORT else None,
    )


def _add_next(draw: st.DrawFn, facts: VaultFacts) -> VaultFacts:
    if draw(st.sampled_from((True, True, True, False))):
        facts = _mend_root(draw, facts)
    if "pki" not in facts.mounts or facts.mounts["pki"].type != "pki":
        return replace(facts, default_issuer=None)
    issuer = draw(next_issuers())
    unnamed = build_next(issuer_name="", issuer_id="other-3")
    others = st.sampled_from((*OTHER_ISSUERS, SOUND_ISSUER))
    beside = draw(st.lists(others, max_size=2, unique=True) | st.just([unnamed]))
    return replace(
        facts,
        next_issuer=issuer,
        beside=() if issuer is not None else tuple(beside),
        default_issuer=draw(mostly(ISSUER_ID, NEXT_ID, "", "other-1", None)),
        follows_latest=draw(mostly(False, True)),
    )


def _mend_root(draw: st.DrawFn, facts: VaultFacts) -> VaultFacts:
    """Have the root in use as it mostly is when a rotation begins: sound, by its id."""
    marks = mostly(OURS.render(), "", OTHER_POLICY.render())
    mount = build_mount(description=draw(marks), days=draw(mostly(4380, 3650, 30)))
    root = replace(
        SOUND_ISSUER,
        issuer_name=draw(mostly("roottrust-g1", "")),
        usages=draw(mostly(ALL_USAGES, WITHDRAWN, None)),
    )
    return replace(facts, mounts={**facts.mounts, "pki": mount}, root_issuer=root, other_issuers=())


def some_snapshots(*, min_clusters: int = 1) -> st.SearchStrategy[Snapshot]:
    """A policy at rest, or one whose root is rotated."""
    at_rest = snapshots(min_clusters=min_clusters)
    return at_rest | rotating_snapshots(min_clusters=min_clusters)
