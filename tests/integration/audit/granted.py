"""The rights that the product ships, one verb on one resource each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from roottrust.domain.remote_hub import build_remote_manifests
from tests.integration.audit.call import Call
from tests.session import REPOSITORY

_DEPLOY = REPOSITORY / "deploy"


@dataclass(frozen=True, order=True)
class Granted:
    """One verb on one resource or path; with a name, on objects of that name alone."""

    role: str
    verb: str
    group: str
    resource: str
    name: str = ""

    def covers(self, call: Call) -> bool:
        """Whether a call needed it. A right to create is never bound to a name."""
        return (
            call.role == self.role
            and self.verb in call.verbs
            and (call.group, call.resource) == (self.group, self.resource)
            and self.name in {"", call.name}
        )

    def __str__(self) -> str:
        what = f"{self.verb} {self.resource}"
        return f"{self.role}: {what}" + (f" {self.name}" if self.name else "")


# What the hub does in its own cluster for others: only a run with several clusters uses it.
FOR_OTHERS = frozenset(
    {
        *(
            Granted("Role roottrust-hub", verb, "internal.gloo.solo.io", "meshes")
            for verb in ("create", "patch", "delete")
        ),
        Granted("Role roottrust-hub", "patch", "internal.gloo.solo.io", "meshes/status"),
        Granted("Role roottrust-hub", "get", "", "secrets"),
        Granted("Role roottrust-hub", "patch", "", "secrets"),
    }
)


def read_shipped(*files: str) -> tuple[Granted, ...]:
    """Return what the roles in files of deploy/ grant."""
    texts = ((_DEPLOY / each).read_text() for each in files)
    return tuple(list_granted(each for text in texts for each in yaml.safe_load_all(text) if each))


def read_remote() -> tuple[Granted, ...]:
    """Return what `roottrust cluster join` grants in another cluster, at its most."""
    return tuple(list_granted(build_remote_manifests("gloo-mesh", with_policies=True)))


def list_granted(manifests: Iterable[Mapping[str, Any]]) -> Iterator[Granted]:
    """List each right of the roles among manifests."""
    for each in manifests:
        for rule in each.get("rules", ()):
            yield from _list_rule(f"{each['kind']} {each['metadata']['name']}", rule)


def _list_rule(role: str, rule: Mapping[str, Any]) -> Iterator[Granted]:
    for verb in rule["verbs"]:
        for path in rule.get("nonResourceURLs", ()):
            yield Granted(role, verb, "", path)
        for group in rule.get("apiGroups", ()):
            for resource in rule["resources"]:
                for name in rule.get("resourceNames", ("",)):
                    yield Granted(role, verb, group, resource, name)
