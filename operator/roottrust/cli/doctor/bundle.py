"""What goes into an archive for a bug report: chosen field by field, then searched for secrets.

No Secret, token, kubeconfig or key is among what is chosen. What others wrote (statuses, events)
may hold anything, and is redacted all the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import click
import yaml

from roottrust.cli.doctor.facts import (
    BadConfiguration,
    ConfigurationFacts,
    Facts,
    Manifest,
    Objects,
    Unseen,
)
from roottrust.cli.doctor.redacted import redact
from roottrust.cli.doctor.render import render_report
from roottrust.cli.doctor.report import DoctorReport

_METADATA = (
    "namespace",
    "name",
    "uid",
    "generation",
    "labels",
    "creationTimestamp",
    "deletionTimestamp",
    "finalizers",
)
_TEXTS = ("subject", "what", "why", "fix", "right")
_EVENT = (
    "type",
    "reason",
    "message",
    "count",
    "firstTimestamp",
    "lastTimestamp",
    "involvedObject",
)


def build_bundle(facts: Facts, report: DoctorReport) -> dict[str, str]:
    """Return the files by their names."""
    documents: dict[str, Any] = {
        "report.json": report.model_dump(mode="json", by_alias=True),
        "versions.json": _list_versions(facts),
        "policies.json": _choose(facts.policies, "spec", "status"),
        "meshes.json": _choose(facts.meshes, "spec", "status"),
        "issuedcertificates.json": _choose(facts.certificates, "status"),
        "operator.json": _describe_operator(facts),
        "events.json": {name: _choose_events(each) for name, each in facts.events.items()},
    }
    files = {
        name: json.dumps(redact(content), indent=2, ensure_ascii=False, default=str) + "\n"
        for name, content in documents.items()
    }
    text = click.unstyle(render_report(report.model_copy(update={"findings": _clean(report)})))
    return {"report.txt": text, **files, "configuration.yaml": _render_configuration(facts)}


def describe_bundle(name: str, files: Iterable[str]) -> str:
    """Return what a person is told who is to send it."""
    return (
        f"{name} has {', '.join(files)}: versions, policies, statuses, events and the operator's "
        "configuration, with names of clusters, servers and namespaces. It has no Secret, token, "
        "kubeconfig or private key. Read it before you send it."
    )


def _clean(report: DoctorReport) -> tuple[Any, ...]:
    return tuple(
        each.model_copy(update={name: redact(getattr(each, name)) for name in _TEXTS})
        for each in report.findings
    )


def _list_versions(facts: Facts) -> dict[str, Any]:
    vaults = {
        each.address: _explain(each.health)
        if isinstance(each.health, Unseen)
        else {"version": each.health.version, "sealed": each.health.sealed}
        for each in facts.vaults
    }
    return {
        "roottrust": facts.version,
        "kubernetes": facts.kubernetes,
        "readAt": facts.read_at.isoformat(),
        "vaults": vaults,
        "crds": {name: _describe_crd(each) for name, each in facts.crds.items()},
        "clocks": {each.name: each.ahead.total_seconds() for each in facts.clocks},
    }


def _describe_crd(definition: Manifest | Unseen | None) -> Any:
    if definition is None or isinstance(definition, Unseen):
        return _explain(definition)
    return {
        "metadata": _choose_metadata(definition),
        "versions": [each["name"] for each in definition["spec"]["versions"]],
        "conditions": (definition.get("status") or {}).get("conditions") or [],
    }


def _describe_operator(facts: Facts) -> dict[str, Any]:
    """Return the operator's objects without their environments and arguments."""
    lease = facts.lease
    leases = lease if lease is None or isinstance(lease, Unseen) else (lease,)
    return {
        "lease": _choose(leases, "spec"),
        "deployments": _choose(facts.deployments, "status"),
        "images": _list_images(facts.deployments),
        "pods": _choose(facts.pods, "status"),
    }


def _list_images(deployments: Objects) -> list[str]:
    if isinstance(deployments, Unseen):
        return []
    return [
        str(container.get("image"))
        for each in deployments
        for container in each["spec"]["template"]["spec"]["containers"]
    ]


def _choose(objects: Objects | None, *parts: str) -> Any:
    if objects is None or isinstance(objects, Unseen):
        return _explain(objects)
    return [
        {"metadata": _choose_metadata(each), **{part: each.get(part) for part in parts}}
        for each in objects
    ]


def _choose_metadata(manifest: Manifest) -> dict[str, Any]:
    metadata: Mapping[str, Any] = manifest.get("metadata") or {}
    return {name: metadata[name] for name in _METADATA if name in metadata}


def _choose_events(events: Objects) -> Any:
    if isinstance(events, Unseen):
        return _explain(events)
    return [{name: each[name] for name in _EVENT if name in each} for each in events]


def _render_configuration(facts: Facts) -> str:
    known = facts.configuration
    if isinstance(known, ConfigurationFacts):
        content = known.settings.model_dump(mode="json", by_alias=True)
    elif isinstance(known, BadConfiguration):
        content = {"faults": list(known.lines)}
    else:
        content = _explain(known)
    return yaml.safe_dump(redact(content), sort_keys=False, allow_unicode=True)


def _explain(unseen: Unseen | None) -> dict[str, str]:
    return {"notSeen": unseen.message if unseen else "it is not there"}
