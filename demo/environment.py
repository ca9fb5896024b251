"""What the demo's programs may not take from whoever runs it."""

from __future__ import annotations

import os
from collections.abc import Mapping

# Helm would reach another cluster by these, and an operator would be told something else.
_PREFIXES = ("HELM_", "ROOTTRUST_")
_NAMES = ("POD_NAMESPACE",)


def leave_out_settings() -> Mapping[str, None]:
    """Return the variables by which a person configures helm and roottrust, to be taken out."""
    return {name: None for name in os.environ if name in _NAMES or name.startswith(_PREFIXES)}
