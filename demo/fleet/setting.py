"""What every story of three clusters begins with: the stage, and a shell on it."""

from __future__ import annotations

from pathlib import Path

from demo.fleet import mesh, stage
from demo.folder import Folder
from demo.narrator import Narrator
from demo.shell import Shell


def set_up(
    narrator: Narrator, folder: Folder, repository: Path, *, takes_several_roots: bool = False
) -> Shell:
    """Bring everything up; istiods that take several roots do so while they run."""
    narrator.abbreviate(str(folder.path), "$DEMO")
    found = stage.set_up(folder, repository)
    shell = Shell(
        found,
        narrator,
        vault_token=found.root_token,
        directory=repository,
        helm_home=folder.file("helm"),
    )
    mesh.prepare(shell, folder, takes_several_roots=takes_several_roots)
    return shell
