"""By what a mirror of another cluster's Mesh is known from a Mesh: it is nobody's evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from roottrust.domain.managed_by import MANAGED_BY, is_managed
from roottrust.domain.manifest import Manifest, read_mapping
from roottrust.domain.mark import OWNER_ANNOTATION

MIRROR_LABEL = "internal.gloo.solo.io/mirror-of"


@dataclass(frozen=True, kw_only=True)
class MirrorPlace:
    """Where the mirrors of one hub lie: in its own namespace, `home`."""

    hub: str
    home: str

    def build_metadata(self, name: str, *, cluster: str) -> dict[str, Any]:
        """Return what we want of a mirror's metadata: its place, whose it is, and of which one."""
        return {
            "namespace": self.home,
            "name": name,
            "labels": {**MANAGED_BY, MIRROR_LABEL: cluster},
            "annotations": {OWNER_ANNOTATION: f"roottrust hub={self.hub}"},
        }

    def find_mirrored(self, found: Manifest) -> str | None:
        """Return the cluster that a mirror of this hub is of, None for any other object."""
        metadata = read_mapping(found.get("metadata"))
        cluster = str(read_mapping(metadata.get("labels")).get(MIRROR_LABEL) or "")
        wanted = self.build_metadata(str(metadata.get("name")), cluster=cluster)
        annotations = read_mapping(metadata.get("annotations"))
        is_ours = (
            is_mirror(found)
            and metadata.get("namespace") == self.home
            and annotations.get(OWNER_ANNOTATION) == wanted["annotations"][OWNER_ANNOTATION]
        )
        return cluster if is_ours else None


def is_mirror(found: Manifest) -> bool:
    """Whether a Mesh is a mirror, whichever hub's."""
    labels = read_mapping(read_mapping(found.get("metadata")).get("labels"))
    return is_managed(labels) and bool(labels.get(MIRROR_LABEL))
