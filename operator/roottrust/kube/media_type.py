"""Media types of the Kubernetes API: of what is sent, and of what is asked for."""

from __future__ import annotations

JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
# Documents have media types of their own, and the API server refuses another one.
ANYTHING = "*/*"
