"""Where the site's navigation has each page.

A pattern takes what no line names, so that a new page in a folder appears by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from docsite.pages import match


@dataclass(frozen=True)
class Section:
    """A heading of the navigation, and the pages or patterns of pages below it."""

    title: str
    pages: tuple[str, ...]


SECTIONS = (
    Section(
        "Start",
        (
            "README.md",
            "docs/quick-start.md",
            "docs/guide.md",
            "charts/roottrust/README.md",
            "deploy/README.md",
            "deploy/samples/README.md",
            "deploy/istiod/README.md",
            "docs/migration/*.md",
        ),
    ),
    Section(
        "Concepts",
        (
            "docs/concepts/trust.md",
            "docs/concepts/*.md",
            "docs/clusters.md",
            "docs/rotation.md",
            "docs/restarts.md",
            "docs/security.md",
        ),
    ),
    Section("How-to", ("docs/rotate.md", "docs/how-to/*.md")),
    Section(
        "Operate",
        (
            "docs/plan.md",
            "docs/status.md",
            "docs/verify.md",
            "docs/report.md",
            "docs/doctor.md",
            "docs/troubleshooting.md",
            "docs/upgrade.md",
            "docs/monitoring.md",
            "docs/runbooks.md",
            "docs/scaling.md",
            "docs/benchmarks.md",
            "docs/faults.md",
            "docs/rotation-proof.md",
            "docs/*.md",
        ),
    ),
    Section(
        "Reference",
        (
            "docs/reference/cli.md",
            "docs/reference/conditions.md",
            "docs/reference/configuration.md",
            "docs/reference/metrics.md",
            "docs/reference/roottrustpolicy.md",
            "docs/reference/mesh.md",
            "docs/reference/issuedcertificate.md",
            "docs/reference/podbouncedirective.md",
            "docs/reference/*.md",
        ),
    ),
    Section("Decisions", ("docs/adr/README.md", "docs/adr/*.md")),
    Section(
        "Contribute", ("CONTRIBUTING.md", "docs/testbed.md", "docs/release.md", "CHANGELOG.md")
    ),
)


@dataclass(frozen=True)
class Navigation:
    """The pages of each section, and those that no section has."""

    sections: tuple[tuple[str, tuple[str, ...]], ...]
    left: tuple[str, ...]


def arrange(pages: Sequence[str], sections: Sequence[Section] = SECTIONS) -> Navigation:
    """Put each page where a line names it, or else where the first pattern takes it."""
    free = [page for page in pages if not _is_named(page, sections)]
    arranged = []
    for section in sections:
        mine: list[str] = []
        for pattern in section.pages:
            taken = [page for page in (pages if pattern in pages else free) if match(page, pattern)]
            mine += taken
            free = [page for page in free if page not in taken]
        if mine:
            arranged.append((section.title, tuple(mine)))
    return Navigation(tuple(arranged), tuple(free))


def _is_named(page: str, sections: Sequence[Section]) -> bool:
    return any(page in section.pages for section in sections)
