"""Which clusters a policy is for.

A cluster counts as selected before a mesh is found in it: by its labels, by the well-known ones
`cluster` (its name) and `mesh` (a Mesh's name, which ends with its cluster's name), and by paths
that follow the guide's names. Vault is thus ready before the first istiod starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import re2

from roottrust.api.mesh_selector import IstioSelector
from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.errors import DependencyMissingError, InvalidSpecError
from roottrust.domain.known import KnownCluster, KnownMesh
from roottrust.domain.reasons import Reason
from roottrust.domain.vault_path import has_cluster_variable

CLUSTER_LABEL = "cluster"
MESH_LABEL = "mesh"
ISTIO_NAMESPACE = "istio-system"

_GUIDE_NAMES = (
    re.compile(r"^/v1/auth/kube-(?P<cluster>[a-z0-9-]+)-mesh-auth$"),
    re.compile(r"^pki_int_(?P<cluster>[a-z0-9-]+)/"),
    re.compile(r"^gen-int-ca-istio-(?P<cluster>[a-z0-9-]+)-mesh$"),
)


def select_clusters(
    spec: RootTrustPolicySpec, clusters: Iterable[KnownCluster]
) -> tuple[KnownCluster, ...]:
    """Return the clusters that a policy selects.

    Those whose registration is refused do not count. Raises DependencyMissingError when there is
    none, InvalidSpecError when several would share names in Vault.
    """
    known = tuple(clusters)
    usable = tuple(each for each in known if each.refusal is None)
    named = find_named(spec)
    # By name first: of a thousand clusters it leaves one, at little cost.
    possible = [each for each in usable if each.name in named] if len(named) == 1 else usable
    selected = tuple(each for each in possible if _list_selectors(spec, each, known))
    if not selected or len(named) > 1:
        raise _build_none_selected(usable, named)
    if len(selected) > 1:
        _check_templates(spec, selected)
    return selected


def select_refused(
    spec: RootTrustPolicySpec, clusters: Iterable[KnownCluster]
) -> tuple[KnownCluster, ...]:
    """Return the clusters that a policy would select if their registration were not refused."""
    refused = tuple(each for each in clusters if each.refusal is not None)
    named = find_named(spec)
    return tuple(
        each
        for each in refused
        if (not named or each.name in named) and _list_selectors(spec, each, ())
    )


def select_meshes(
    spec: RootTrustPolicySpec, cluster: KnownCluster, known: tuple[KnownCluster, ...]
) -> tuple[KnownMesh, ...]:
    """Return the meshes of a selected cluster that the policy is for."""
    selectors = _list_selectors(spec, cluster, known)
    return tuple(
        mesh for mesh in cluster.meshes if any(_matches_mesh(each, mesh) for each in selectors)
    )


def list_namespaces(
    spec: RootTrustPolicySpec, cluster: KnownCluster, known: tuple[KnownCluster, ...]
) -> tuple[str, ...]:
    """Return the namespaces of a cluster that istiod runs in.

    Those written; where a selector leaves it open also those found, else istio's own.
    """
    written = {each.namespace for each in _list_selectors(spec, cluster, known)}
    named = {namespace for namespace in written if namespace is not None}
    if None not in written:
        return tuple(sorted(named))
    found = {mesh.namespace for mesh in select_meshes(spec, cluster, known)}
    return tuple(sorted(named | (found or {ISTIO_NAMESPACE})))


def _list_selectors(
    spec: RootTrustPolicySpec, cluster: KnownCluster, known: tuple[KnownCluster, ...]
) -> tuple[IstioSelector, ...]:
    """Return the selectors that are for a cluster: what one says of it holds nowhere else."""
    selectors = tuple(each.istio for each in spec.apply_to_meshes) or (IstioSelector(),)
    return tuple(each for each in selectors if _matches_cluster(each, cluster, known))


def _matches_cluster(
    selector: IstioSelector, cluster: KnownCluster, known: tuple[KnownCluster, ...]
) -> bool:
    return all(
        _matches_label(key, value, cluster, known)
        for key, value in selector.cluster_selector.items()
    )


def _matches_label(
    key: str, value: str, cluster: KnownCluster, known: tuple[KnownCluster, ...]
) -> bool:
    if key == CLUSTER_LABEL:
        return value == cluster.name
    if key == MESH_LABEL:
        return _is_mesh_of(value, cluster, known)
    return cluster.labels.get(key) == value


def _is_mesh_of(mesh: str, cluster: KnownCluster, known: tuple[KnownCluster, ...]) -> bool:
    """Whether a Mesh's name, `<deployment>-<namespace>-<cluster>`, is of this cluster.

    Names may hold dashes, so the longest cluster's name that fits is meant. That it was found here
    does not count against that: whoever is in charge of cluster `b` could have a Mesh there that is
    called like one of cluster `a-b`, and be selected in its stead.
    """
    if any(_can_be_of(mesh, each.name) for each in list_namesakes(cluster, known)):
        return False
    is_found = any(mesh == found.name for found in cluster.meshes)
    return is_found or _can_be_of(mesh, cluster.name)


def _can_be_of(mesh: str, cluster: str) -> bool:
    rest = mesh.removesuffix(f"-{cluster}")
    return rest != mesh and "-" in rest


def list_namesakes(
    cluster: KnownCluster, known: tuple[KnownCluster, ...]
) -> tuple[KnownCluster, ...]:
    """Return the clusters whose names end as this one's does: its meshes could be theirs."""
    ending = f"-{cluster.name}"
    return tuple(each for each in known if each.name.endswith(ending))


def index_namesakes(
    known: Iterable[KnownCluster],
) -> Mapping[str, tuple[KnownCluster, ...]]:
    """Return what `list_namesakes` does, by name: of a thousand it needs no million looks."""
    found: dict[str, list[KnownCluster]] = {}
    for each in known:
        rest = each.name
        while "-" in rest:
            rest = rest.partition("-")[2]
            found.setdefault(rest, []).append(each)
    return {name: tuple(namesakes) for name, namesakes in found.items()}


def _matches_mesh(selector: IstioSelector, mesh: KnownMesh) -> bool:
    wanted_name = selector.cluster_selector.get(MESH_LABEL)
    return (
        (wanted_name is None or wanted_name == mesh.name)
        and (not selector.namespace or selector.namespace == mesh.namespace)
        and all(mesh.pod_labels.get(key) == value for key, value in selector.selector.items())
        and (not selector.revision or matches_revision(selector.revision, mesh.revision))
    )


def matches_revision(pattern: str, revision: str) -> bool:
    """Whether a whole revision has the form of a pattern; raises InvalidSpecError."""
    try:
        return re2.fullmatch(pattern, revision) is not None
    except re2.error:
        raise InvalidSpecError(
            f"revision {pattern!r} is not a regular expression (RE2): correct it.",
            reason=Reason.INVALID_SPEC,
        ) from None


def find_named(spec: RootTrustPolicySpec) -> frozenset[str]:
    """Return the clusters that paths of the guide's form name literally."""
    found = (
        pattern.match(text) for text in _list_templates(spec).values() for pattern in _GUIDE_NAMES
    )
    return frozenset(each["cluster"] for each in found if each)


def _list_templates(spec: RootTrustPolicySpec) -> dict[str, str]:
    """Return the fields that differ from cluster to cluster."""
    vault = spec.config.agent_ca.vault
    fields = {
        "kubernetesAuth.mountPath": vault.kubernetes_auth.mount_path,
        "kubernetesAuth.role": vault.kubernetes_auth.role,
    }
    return {"csrPath": vault.csr_path, **fields} if vault.csr_path else fields


def _check_templates(spec: RootTrustPolicySpec, clusters: tuple[KnownCluster, ...]) -> None:
    literal = [
        field for field, text in _list_templates(spec).items() if not has_cluster_variable(text)
    ]
    if literal:
        names = ", ".join(each.name for each in clusters)
        raise InvalidSpecError(
            f"The clusters {names} would share {' and '.join(literal)}: put ${{cluster}} into it, "
            "or select one cluster.",
            reason=Reason.INVALID_SPEC,
        )


def _build_none_selected(
    known: tuple[KnownCluster, ...], named: frozenset[str]
) -> DependencyMissingError:
    registered = ", ".join(sorted(each.name for each in known)) or "none"
    wanted = f", and paths name {', '.join(sorted(named))}" if named else ""
    return DependencyMissingError(
        f"No cluster is selected: known are {registered}{wanted}. Correct clusterSelector or the "
        "paths, or register the cluster.",
        reason=Reason.NO_CLUSTER_SELECTED,
    )
