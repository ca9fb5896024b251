"""Which PodBounceDirectives are obeyed: one namespace cannot restart another's workloads."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pydantic import ValidationError

from roottrust.api.pod_bounce_directive import PodBounceDirectiveSpec
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.manifest import Manifest, read_mapping
from roottrust.domain.reasons import Reason
from roottrust.domain.some_names import list_some


@dataclass(frozen=True, kw_only=True)
class Directive:
    """A PodBounceDirective that can be read; `created_at` is as the API server writes it."""

    namespace: str
    name: str
    created_at: str
    spec: PodBounceDirectiveSpec
    trust_hash: str

    @property
    def age_order(self) -> tuple[str, str, str]:
        """What is greater for a younger one."""
        return self.created_at, self.namespace, self.name

    @property
    def foreign_namespaces(self) -> tuple[str, ...]:
        """The namespaces beside its own that it asks something of."""
        asked = {each.namespace for each in self.spec.pods_to_bounce}
        asked |= {
            each.root_cert_sync.config_map_ref.namespace or each.namespace
            for each in self.spec.pods_to_bounce
            if each.root_cert_sync is not None
        }
        return tuple(sorted(asked - {self.namespace}))


def read_directive(manifest: Manifest) -> Directive:
    """Return a directive; raises InvalidSpecError for one that the CRD would not have let through.

    What is restarted without a trust hash is restarted for the directive itself, once: its uid
    stands for the hash.
    """
    metadata = read_mapping(manifest.get("metadata"))
    try:
        spec = PodBounceDirectiveSpec.model_validate(manifest.get("spec"))
    except ValidationError as error:
        fields = ", ".join(".".join(str(part) for part in each["loc"]) for each in error.errors())
        raise InvalidSpecError(
            f"The directive cannot be obeyed: see to its {fields}.", reason=Reason.INVALID_SPEC
        ) from None
    own = hashlib.sha256(str(metadata.get("uid")).encode()).hexdigest()
    return Directive(
        namespace=str(metadata.get("namespace") or ""),
        name=str(metadata.get("name") or ""),
        created_at=str(metadata.get("creationTimestamp") or ""),
        spec=spec,
        trust_hash=spec.trust_hash or own,
    )


def check_cluster(directive: Directive, *, cluster: str) -> None:
    """See that a directive is for this cluster; raises InvalidSpecError."""
    mesh = directive.spec.mesh_ref
    if mesh is not None and mesh.cluster != cluster:
        raise InvalidSpecError(
            f"meshRef names cluster {mesh.cluster}, and this is {cluster}: create the directive "
            "there.",
            reason=Reason.OTHER_CLUSTER,
        )


def check_reference(directive: Directive) -> None:
    """See that roots can be compared with something; raises InvalidSpecError."""
    spec = directive.spec
    asks = any(each.root_cert_sync is not None for each in spec.pods_to_bounce)
    if asks and spec.trust_hash is None and spec.mesh_ref is None:
        raise InvalidSpecError(
            "rootCertSync has nothing to compare with: write trustHash (sha256sum of "
            "root-cert.pem) or meshRef.",
            reason=Reason.INVALID_SPEC,
        )


def check_bounds(directive: Directive, *, is_privileged: bool) -> None:
    """See that it asks only for what it may; raises InvalidSpecError."""
    foreign = directive.foreign_namespaces
    if foreign and not is_privileged:
        raise InvalidSpecError(
            f"Namespace {directive.namespace} may restart its own pods alone, not those of "
            f"{list_some(foreign)}: create the directive there, in istiod's namespace, or in the "
            "operator's.",
            reason=Reason.NOT_ALLOWED,
        )
