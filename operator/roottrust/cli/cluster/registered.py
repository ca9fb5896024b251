"""What `roottrust cluster list` shows: clusters that Secrets register, as the hub reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import click

from roottrust.cli.cluster.places import Places, explained
from roottrust.cli.report_model import ReportModel
from roottrust.domain.account_token import read_account_token
from roottrust.domain.cluster_registration import (
    CLUSTER_LABEL,
    CLUSTER_SELECTOR,
    Registration,
    read_registrations,
)
from roottrust.domain.known import KnownCluster
from roottrust.domain.moment import show_time
from roottrust.domain.printable import make_printable
from roottrust.kube.kind import SECRETS

_HEADINGS = ("CLUSTER", "SERVER", "VAULT REACHES IT AT", "TOKEN ENDS", "LABELS")


class RegisteredReport(ReportModel):
    """One cluster; `refusal` is why the hub does not use it."""

    cluster: str
    secret: str | None = None
    server: str | None = None
    kubernetes_host: str | None = None
    labels: Mapping[str, str] = {}
    token_expires_at: datetime | None = None
    reason: str | None = None
    refusal: str | None = None


class ClustersReport(ReportModel):
    """All clusters that Secrets of the operator's namespace register."""

    namespace: str
    clusters: tuple[RegisteredReport, ...]


async def list_registered(places: Places) -> ClustersReport:
    """Return them; raises RootTrustError."""
    async with places.open_hub() as hub:
        with explained(hub):
            secrets = await hub.list(
                SECRETS, namespace=places.namespace, label_selector=CLUSTER_SELECTOR
            )
    found = read_registrations(secrets, own_name="")
    used = (_describe_used(each) for each in found.used.values())
    refused = (_describe_refused(each) for each in found.refused)
    clusters = sorted((*used, *refused), key=lambda each: each.cluster)
    return ClustersReport(namespace=places.namespace, clusters=tuple(clusters))


def render_clusters(report: ClustersReport) -> str:
    """Return the table, and below it what is refused and why."""
    if not report.clusters:
        return (
            f"No Secret in {report.namespace} registers a cluster: `roottrust cluster join` does.\n"
        )
    rows = [_HEADINGS, *(_build_row(each) for each in report.clusters)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, *_render_refusals(report)]) + "\n"


def _render_refusals(report: ClustersReport) -> Iterator[str]:
    for each in report.clusters:
        if each.refusal is not None:
            text = make_printable(f"{each.cluster}: {each.refusal}")
            yield f"  {click.style(text, fg='red')}"


def _build_row(each: RegisteredReport) -> tuple[str, ...]:
    labels = ",".join(f"{key}={value}" for key, value in sorted(each.labels.items()))
    host = each.kubernetes_host if each.kubernetes_host != each.server else None
    end = show_time(each.token_expires_at) if each.token_expires_at else "never"
    is_refused = each.refusal is not None
    cells = (
        each.cluster,
        "(refused)" if is_refused else each.server or "",
        "" if is_refused else host or "the same",
        "" if is_refused else end,
        labels,
    )
    return tuple(map(make_printable, cells))


def _describe_used(registration: Registration) -> RegisteredReport:
    token = read_account_token(registration.access.token)
    return RegisteredReport(
        cluster=registration.name,
        secret=registration.secret,
        server=registration.access.server,
        kubernetes_host=registration.kubernetes_host,
        labels=_drop_mark(registration.labels),
        token_expires_at=token.expires_at if token else None,
    )


def _describe_refused(cluster: KnownCluster) -> RegisteredReport:
    refusal = cluster.refusal
    return RegisteredReport(
        cluster=cluster.name,
        labels=_drop_mark(cluster.labels),
        reason=refusal.reason if refusal else None,
        refusal=refusal.message if refusal else None,
    )


def _drop_mark(labels: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in labels.items() if key != CLUSTER_LABEL}
