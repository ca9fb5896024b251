"""Which meshes a policy is for."""

from __future__ import annotations

from typing import Annotated

import re2
from pydantic import Field

from roottrust.api.model import ApiModel
from roottrust.api.rule import Rule, full_match
from roottrust.api.text import DnsLabel, LabelMap


def _names_clusters(selector: dict[str, str]) -> bool:
    return all("_" not in selector.get(key, "") for key in ("cluster", "mesh"))


def _compiles(pattern: str) -> bool:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error:
        return False
    return True


ClusterSelector = Annotated[
    LabelMap,
    Rule(
        cel="['cluster', 'mesh'].all(key, !(key in self) || !self[key].contains('_'))",
        holds=_names_clusters,
        message="names a cluster or mesh with an underscore, which no cluster or mesh can have: "
        "names become part of SANs, and SANs are DNS names; use hyphens",
    ),
]

RevisionPattern = Annotated[
    str,
    Field(min_length=1, max_length=128),
    Rule(
        cel="''.matches(self) || !''.matches(self)",  # an error while it is compiled refuses
        holds=_compiles,
        message="must be a regular expression in RE2 syntax, such as 1-2[0-9]|canary",
    ),
    full_match("[^\\x00-\\x1f\\x7f]*", "must not hold control characters or line breaks"),
]


class IstioSelector(ApiModel):
    """Selects meshes; what is left out selects any, what is set must all match."""

    cluster_selector: ClusterSelector = Field(
        default_factory=dict,
        description="Labels of the cluster: those of its registration Secret, and two that every "
        "cluster has: `cluster`, its name, and `mesh`, the name of the Mesh object.",
    )
    namespace: DnsLabel | None = Field(
        default=None, description="istiod's namespace, such as istio-system."
    )
    selector: LabelMap = Field(
        default_factory=dict,
        description="Labels of istiod's pods, such as `app: istiod`; all of them must match.",
    )
    revision: RevisionPattern | None = Field(
        default=None,
        description="Regular expression (RE2 syntax) that istiod's whole revision must match, "
        "such as `1-2[0-9]`; a revision without a name is `default`.",
    )


class MeshSelector(ApiModel):
    """One group of meshes."""

    istio: IstioSelector = Field(
        default=IstioSelector(), description="Selects Istio meshes; left out or empty: all."
    )
