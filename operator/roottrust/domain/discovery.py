"""Which Deployments of a cluster are istiods, and what each tells of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from roottrust.domain.container_variable import find_variable
from roottrust.domain.istiod_ability import IstiodAbility, judge_istiod
from roottrust.domain.istiod_manifest import ISTIOD, LABEL, IstiodManifest
from roottrust.domain.leaf_life import LeafLives, read_leaf_lives
from roottrust.domain.manifest import Manifest, read_mapping

SELECTOR = f"{LABEL}={ISTIOD}"
DEFAULT_REVISION = "default"
POD_LABELS_MAX = 16

_REVISION_LABEL = "istio.io/rev"
_VERSION_LABEL = "app.kubernetes.io/version"
_MESH_CONFIG = "istio"
_MULTI_ROOT = "ISTIO_MULTIROOT_MESH"
# As Go reads them (strconv.ParseBool); anything else counts as the default, which is false.
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
# A tag that is a version rather than `latest`.
_VERSION = re.compile(r"v?[0-9]+\.[0-9][-A-Za-z0-9_.]*")


@dataclass(frozen=True, kw_only=True)
class Istiod:
    """One istiod; `wanted` and `ready` count its replicas.

    `multi_root` is whether it takes further roots while it runs, None where that is not known.
    """

    namespace: str
    deployment: str
    pod_labels: Mapping[str, str]
    version: str | None
    revision: str
    service_account: str
    ready: int
    wanted: int
    multi_root: bool | None = False
    leaf_lives: LeafLives = field(default_factory=LeafLives)

    @property
    def ability(self) -> IstiodAbility:
        """What it can do when its roots change."""
        return judge_istiod(self.version, multi_root=self.multi_root)

    @property
    def full_name(self) -> str:
        """Namespace and name, as people write them."""
        return f"{self.namespace}/{self.deployment}"

    @property
    def mesh_config_name(self) -> str:
        """The ConfigMap with its mesh configuration (istio, pilot/pkg/bootstrap/mesh.go)."""
        if self.revision == DEFAULT_REVISION:
            return _MESH_CONFIG
        return f"{_MESH_CONFIG}-{self.revision}"


def read_istiod(manifest: Manifest) -> Istiod | None:
    """Return the istiod that a Deployment runs; None for one that merely carries its label."""
    metadata = read_mapping(manifest.get("metadata"))
    spec = read_mapping(manifest.get("spec"))
    deployment = IstiodManifest(content=manifest, namespace=str(metadata.get("namespace")))
    labels = read_mapping(metadata.get("labels"))
    discovery = deployment.discovery
    if labels.get(LABEL) != ISTIOD or discovery is None:
        return None
    ready = read_mapping(manifest.get("status")).get("readyReplicas")
    wanted = spec.get("replicas")
    return Istiod(
        namespace=str(metadata.get("namespace")),
        deployment=deployment.name,
        pod_labels=_read_pod_labels(spec),
        version=_find_version(discovery, labels),
        revision=_find_revision(discovery, labels),
        service_account=deployment.service_account,
        ready=ready if isinstance(ready, int) else 0,
        wanted=wanted if isinstance(wanted, int) else 1,
        multi_root=_find_multi_root(discovery),
        leaf_lives=read_leaf_lives(discovery),
    )


def _read_pod_labels(spec: Manifest) -> dict[str, str]:
    """Return the labels of its pods, as many as a Mesh takes: those that select them first."""
    template = read_mapping(read_mapping(spec.get("template")).get("metadata"))
    labels = read_mapping(template.get("labels"))
    selecting = read_mapping(read_mapping(spec.get("selector")).get("matchLabels"))
    order = sorted(labels, key=lambda key: (key not in selecting, key != LABEL, key))
    return {key: str(labels[key]) for key in order[:POD_LABELS_MAX]}


def _find_version(discovery: Manifest, labels: Manifest) -> str | None:
    """Return the tag of the image if it is a version, or else what the chart says."""
    tag = _find_tag(str(discovery.get("image", "")))
    return tag if _VERSION.fullmatch(tag) else labels.get(_VERSION_LABEL)


def _find_tag(image: str) -> str:
    """Return the tag of an image, empty if it has none: the colon of a registry's port is none."""
    name = image.partition("@")[0].rpartition("/")[2]
    return name.partition(":")[2]


def _find_revision(discovery: Manifest, labels: Manifest) -> str:
    """Return the revision that istiod itself goes by, or else that of its label."""
    variable = find_variable(discovery, "REVISION")
    named = variable.text if variable else None
    return str(named or labels.get(_REVISION_LABEL) or DEFAULT_REVISION)


def _find_multi_root(discovery: Manifest) -> bool | None:
    variable = find_variable(discovery, _MULTI_ROOT)
    if variable is None:
        return False
    return None if variable.text is None else variable.text in _TRUE
