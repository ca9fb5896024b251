"""The numbers of the fleet, large: how much of what there is, is as it should be."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from roottrust.cli.report_page.markup import make
from roottrust.cli.status.report import StatusReport


def build_summary(report: StatusReport) -> Element:
    """Return the numbers with their names."""
    return make("dl", *_list_numbers(report), class_="numbers")


def _list_numbers(report: StatusReport) -> Iterator[Element]:
    counts = report.summary
    meshes = [mesh for policy in report.policies for mesh in policy.meshes]
    # There is no room for all meshes in a status: of those beyond it nobody tells more.
    of_listed = " (of listed meshes)" if len(meshes) < counts.meshes else ""
    namespaces = [each.namespaces for each in meshes if each.namespaces]
    yield _build("Policies well", counts.well, counts.policies)
    yield _build("Meshes ready", counts.meshes_ready, counts.meshes)
    serving = sum(each.instances_ready for each in meshes)
    yield _build(
        f"istiods that serve{of_listed}", serving, sum(each.instances_total for each in meshes)
    )
    in_sync = sum(each.in_sync for each in namespaces)
    yield _build(f"Namespaces in sync{of_listed}", in_sync, sum(each.total for each in namespaces))


def _build(name: str, number: int, total: int) -> Element:
    shown = make("dd", make("b", f"{number:,}"), make("span", f" of {total:,}"))
    return make("div", make("dt", name), shown, class_="" if number >= total else "short")
