"""Helm with folders of its own, so that nobody's settings and plugins are used or changed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from testbed.command import run


@dataclass(frozen=True, kw_only=True)
class HelmProgram:
    """One Helm, for one cluster or for none."""

    binary: Path
    folder: Path
    kubeconfig: Path | None = None
    tools: Path | None = None  # where post-renderers find kubectl

    def run(self, *words: str | Path, input: str | None = None) -> str:  # noqa: A002 - subprocess's
        """Return what it prints; raises CommandError with its own words."""
        path = os.environ["PATH"]
        environment = {
            "HELM_CACHE_HOME": str(self.folder / "cache"),
            "HELM_CONFIG_HOME": str(self.folder / "config"),
            "HELM_DATA_HOME": str(self.folder / "data"),
            "KUBECONFIG": str(self.kubeconfig or "/dev/null"),
            "PATH": f"{self.tools}:{path}" if self.tools else path,
        }
        return run([self.binary, *words], environment=environment, input=input, seconds=180)
