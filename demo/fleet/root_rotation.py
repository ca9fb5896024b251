"""Another root for all clusters: the command is followed, and each stage is told when it begins."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence

from demo.errors import DemoError
from demo.fleet import issuers, roots
from demo.fleet.stage import MEMBERS
from demo.shell import Shell

_UNDER_WAY = re.compile(r"→ ([A-Z][a-z]+)")
_END = "-----END CERTIFICATE-----"
_BOTH = 2
_LONGEST_SECONDS = 400

STAGES: Mapping[str, str] = {
    "Prepare": "Vault makes the next root, and the root in use signs it: who trusts the one can\n"
    "trust the other by that.",
    "Sign": "Every istiod gets an intermediate of the next root, and shows with it that the root\n"
    "in use has signed that one. Nobody has to trust anything new yet.",
    "Widen": "Every namespace is given both roots.",
    "Prove": "Both roots are everywhere now, and nothing is changed for a while: each workload\n"
    "gets a younger certificate, and kubelets are given 70 s to bring both roots into pods.",
    "Drop": "Nothing needs the old root any more. It leaves every namespace; from here on there\n"
    "is no way back.",
    "Retire": "One root is left in the clusters, the next one. In Vault it becomes the default,\n"
    "and the old one may sign no more.",
}


class StageTeller:
    """Tells of each stage once, in order, also of one that was over before it was seen."""

    def __init__(self, *, tell: Callable[[str], None], look: Callable[[str], None]) -> None:
        self._tell = tell
        self._look = look
        self._left = list(STAGES)

    def read(self, line: str) -> None:
        """Read a line that the command prints; what is looked at is of the stage under way."""
        found = _UNDER_WAY.search(line)
        if found is None or found[1] not in self._left:
            return
        under_way, passed = found[1], self._left.index(found[1]) + 1
        for stage in self._left[:passed]:
            self._tell(stage)
        del self._left[:passed]
        self._look(under_way)


class Rows:
    """Has of a cluster what is counted alone: what it waits for, another line says already."""

    def __init__(self, clusters: Sequence[str]) -> None:
        self._row = re.compile(rf"((?:{'|'.join(map(re.escape, clusters))}): [^:]+)(?:: .*)?")
        self._shown: set[str] = set()

    def shorten(self, line: str) -> str | None:
        """Return what is to be shown of a line; nothing of a row that was shown in this stage."""
        if _UNDER_WAY.search(line):
            self._shown.clear()
        row = self._row.fullmatch(line)
        if row is None:
            return line
        if row[1] in self._shown:
            return None
        self._shown.add(row[1])
        return row[1]


def look_before(shell: Shell) -> None:
    """Show the one root that clusters and Vault begin with."""
    issuers.show_issuers(shell)
    roots.show_published(shell)


def rotate(shell: Shell) -> None:
    """Replace the root of the fleet, and look at what clusters and Vault have meanwhile."""
    narrator = shell.narrator
    begun, rows = time.monotonic(), Rows(MEMBERS)
    teller = StageTeller(
        tell=lambda stage: narrator.say(f"\n{stage}. {STAGES[stage]}"),
        look=lambda stage: _look(shell, stage),
    )

    def show(line: str) -> None:
        short = rows.shorten(line)
        if short is not None:
            narrator.beside(short, seconds=time.monotonic() - begun)
        teller.read(line)

    words = ("roottrust", "rotate", "root", "fleet", f"--timeout={_LONGEST_SECONDS}")
    narrator.command(words)
    with narrator.waiting("rotating the root"):
        shell.follow(*words, told=show)


def look_at_end(shell: Shell) -> None:
    """Show that clusters and Vault are left with one root, the next one."""
    roots.compare_roots(shell)
    issuers.check_retired(issuers.show_issuers(shell))


def _look(shell: Shell, stage: str) -> None:
    """Show what a person would look at in Prove: the stages before are over too soon for that."""
    if stage != "Prove":
        return
    issuers.show_issuers(shell)
    for cluster, found in roots.show_published(shell).items():
        if found.count(_END) != _BOTH:
            raise DemoError(f"{cluster} does not have both roots.")
    shell.narrator.say("")
