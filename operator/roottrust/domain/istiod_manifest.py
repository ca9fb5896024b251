"""A Deployment of istiod as a chart or a person wrote it.

What has another form than Kubernetes asks for is read as absent: the API server will say so.
Scalars are texts as they are written, so that `true` may be "true".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from roottrust.domain.manifest import Manifest, find_named, read_mapping, read_mappings

DISCOVERY = "discovery"

LABEL, ISTIOD = "app", "istiod"


def is_istiod(manifest: Manifest) -> bool:
    """Tell whether it is a Deployment of istiod, of any revision and any chart."""
    if manifest.get("kind") != "Deployment":
        return False
    template = read_mapping(read_mapping(manifest.get("spec")).get("template"))
    return any(
        read_mapping(read_mapping(each.get("metadata")).get("labels")).get(LABEL) == ISTIOD
        for each in (manifest, template)
    )


@dataclass(frozen=True, kw_only=True)
class IstiodManifest:
    """A Deployment that is istiod's; `namespace` is None where it is left to who applies it."""

    content: Manifest
    namespace: str | None

    @property
    def name(self) -> str:
        """The Deployment's name."""
        return str(read_mapping(self.content.get("metadata")).get("name", ""))

    @property
    def full_name(self) -> str:
        """Kind, namespace and name, for messages."""
        place = f"{self.namespace}/" if self.namespace else ""
        return f"Deployment {place}{self.name}"

    @property
    def pod(self) -> Manifest:
        """The specification of its pods."""
        template = read_mapping(read_mapping(self.content.get("spec")).get("template"))
        return read_mapping(template.get("spec"))

    @property
    def service_account(self) -> str:
        """What its pods run as."""
        return str(self.pod.get("serviceAccountName") or "default")

    @property
    def containers(self) -> tuple[Manifest, ...]:
        """Its containers."""
        return read_mappings(self.pod.get("containers"))

    @property
    def init_containers(self) -> tuple[Manifest, ...]:
        """Its init containers, native sidecars among them."""
        return read_mappings(self.pod.get("initContainers"))

    @property
    def volumes(self) -> tuple[Manifest, ...]:
        """The volumes of its pods."""
        return read_mappings(self.pod.get("volumes"))

    @property
    def discovery(self) -> Manifest | None:
        """The container that is istiod itself."""
        return find_named(DISCOVERY, self.containers)

    def replace_pod(self, pod: Manifest) -> dict[str, Any]:
        """Return the Deployment with another specification of its pods."""
        spec = read_mapping(self.content.get("spec"))
        template = read_mapping(spec.get("template"))
        return {**self.content, "spec": {**spec, "template": {**template, "spec": pod}}}
