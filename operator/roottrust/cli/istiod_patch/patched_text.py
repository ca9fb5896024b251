"""The patch of istiod applied to a text of rendered manifests."""

from __future__ import annotations

import re

from roottrust.cli.istiod_patch.yaml_stream import (
    read_document,
    replace_content,
    split_documents,
    write_document,
)
from roottrust.domain.istiod_patch import (
    KINDS_TO_READ,
    IstiodPatch,
    PatchRequest,
    plan_istiod_patch,
)

# CRDs and ConfigMaps are large; what is not of these kinds anywhere need not be read.
_MAY_COUNT = re.compile(rf"""\bkind["']?\s*:\s*["']?(?:{"|".join(sorted(KINDS_TO_READ))})\b""")


def patch_text(text: str, request: PatchRequest) -> tuple[str, IstiodPatch]:
    """Return the text, of which only the istiods are written anew, and what was planned.

    Raises YamlError.
    """
    parts = split_documents(text)
    documents = [
        read_document(part, number=number) if _MAY_COUNT.search(part) else {}
        for number, part in enumerate(parts, start=1)
    ]
    patch = plan_istiod_patch(documents, request)
    for position, content in patch.changed.items():
        parts[position] = replace_content(parts[position], content)
    if patch.appended and not parts[-1].endswith("\n"):
        parts[-1] += "\n"
    return "".join([*parts, *map(write_document, patch.appended)]), patch
