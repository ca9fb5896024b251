"""An IssuedCertificate as the API server has it, read into what is judged: whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from roottrust.api.issued_certificate import Instance, IssuedCertificateSpec
from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificates,
)
from roottrust.domain.instance_check import Pinned, check_instances
from roottrust.domain.intermediate_renewal import RATIO_DEFAULT
from roottrust.domain.manifest import Manifest, read_mapping
from roottrust.domain.mesh_issuance import MeshIssuance
from roottrust.domain.names import build_intermediate_common_name
from roottrust.domain.target import MeshTarget
from roottrust.domain.trust_bundle import fingerprint_text

_BUNDLES_MAX = 64


def read_spec(manifest: Manifest) -> IssuedCertificateSpec | None:
    """Return its specification, None for one that this version cannot read."""
    try:
        return IssuedCertificateSpec.model_validate(manifest.get("spec"))
    except ValidationError:
        return None


def read_instances(manifest: Manifest) -> Iterator[Instance]:
    """Return the entries that can be read: the API server lets no others in by our CRD."""
    status: Any = manifest.get("status") or {}
    for entry in status.get("instances") or ():
        try:
            yield Instance.model_validate(entry)
        except ValidationError:
            continue


@lru_cache(maxsize=_BUNDLES_MAX)
def read_roots(bundle: str) -> tuple[Certificate, ...]:
    """Return the roots of a trust bundle, none of one that is unreadable."""
    try:
        return parse_certificates(bundle)
    except UnreadableCertificateError:
        return ()


def find_step(manifest: Manifest) -> str | None:
    """Return the step of a rotation that it names, None if it names none; of any version."""
    name = read_mapping(manifest.get("spec")).get("rotationStep")
    return str(name) if name else None


def find_pinned(manifest: Manifest) -> str | None:
    """Return the fingerprint of the root that it pins, None if it pins none."""
    spec = read_spec(manifest)
    roots = read_roots(spec.trust_bundle) if spec else ()
    return roots[0].fingerprint if roots else None


def build_pinned(
    spec: IssuedCertificateSpec, roots: tuple[Certificate, ...], *, cluster: str
) -> Pinned:
    """Return what every intermediate is checked against; `roots` are those that it pins."""
    ratio = spec.cert_options.secret_rotation_grace_period_ratio
    signing = read_roots(spec.signing_root) if spec.signing_root else ()
    return Pinned(
        root=(signing or roots)[0],
        roots=roots,
        bundle_fingerprint=fingerprint_text(spec.trust_bundle),
        common_name=build_intermediate_common_name(cluster),
        generation=spec.intermediate_generation,
        renewal_ratio=RATIO_DEFAULT if ratio is None else ratio,
    )


def read_issuance(
    manifest: Manifest, *, replicas: int | None, now: datetime
) -> MeshIssuance | None:
    """Return how far a mesh is by its IssuedCertificate alone; None where that cannot be told."""
    spec = read_spec(manifest)
    roots = read_roots(spec.trust_bundle) if spec else ()
    if spec is None or not roots:
        return None
    pinned = build_pinned(spec, roots, cluster=spec.mesh_ref.cluster)
    return MeshIssuance(
        mesh=_build_mesh(spec),
        instances=check_instances(read_instances(manifest), pinned, now=now),
        replicas=replicas,
    )


def find_mesh(manifest: Manifest) -> MeshTarget | None:
    """Return the mesh that it is for, None for one that this version cannot read."""
    spec = read_spec(manifest)
    return _build_mesh(spec) if spec else None


def _build_mesh(spec: IssuedCertificateSpec) -> MeshTarget:
    mesh = spec.mesh_ref
    return MeshTarget(name=mesh.name, namespace=mesh.namespace, deployment=mesh.deployment)
