"""istiod's mesh configuration, as far as trust depends on it.

It lies in ConfigMap `istio` or `istio-REVISION`, key `mesh`, beside istiod (istio,
pilot/pkg/bootstrap/mesh.go). Defaults are those of istiod.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from roottrust.domain.manifest import Manifest, read_mapping, read_mappings

DEFAULT_TRUST_DOMAIN = "cluster.local"

_KEY = "mesh"
_DOMAIN = re.compile(r"[a-z0-9](?:[-._a-z0-9]{0,251}[a-z0-9])?")


class UnreadableMeshConfigError(ValueError):
    """A mesh configuration that is not what istiod could use; the message is for people."""


@dataclass(frozen=True, kw_only=True)
class MeshConfig:
    """What istiod was told; `discovery_selectors` empty means every namespace."""

    trust_domain: str = DEFAULT_TRUST_DOMAIN
    discovery_selectors: tuple[Manifest, ...] = ()


def parse_mesh_config(config_map: Manifest | None) -> MeshConfig:
    """Read the ConfigMap, None for one that is not there; raises UnreadableMeshConfigError."""
    text = read_mapping((config_map or {}).get("data")).get(_KEY) or ""
    try:
        content = yaml.safe_load(str(text))
    except (yaml.YAMLError, ValueError, RecursionError):  # such as the 31st of February
        raise UnreadableMeshConfigError("its key mesh is not YAML") from None
    if content is not None and not isinstance(content, Mapping):
        raise UnreadableMeshConfigError("its key mesh is not a mapping")
    found = read_mapping(content)
    trust_domain = found.get("trustDomain") or DEFAULT_TRUST_DOMAIN
    if not isinstance(trust_domain, str) or not _DOMAIN.fullmatch(trust_domain):
        raise UnreadableMeshConfigError("its trustDomain is not a domain")
    return MeshConfig(
        trust_domain=trust_domain,
        discovery_selectors=read_mappings(found.get("discoverySelectors")),
    )
