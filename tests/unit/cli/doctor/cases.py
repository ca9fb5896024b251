"""Installations as the doctor reads them: one in which all is well, and changes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

from roottrust.api.crdgen import build_crd
from roottrust.api.kind import KINDS
from roottrust.cli.doctor.facts import Clock, ConfigurationFacts, Facts, Unseen, VaultFacts
from roottrust.cli.doctor.finding import Check, Finding
from roottrust.cli.doctor.judge import judge
from roottrust.domain.foreign_secret import FOREIGN_SECRETS
from roottrust.domain.health import Health
from roottrust.runtime.settings import OperatorSettings
from roottrust.vault.client import VaultHealth
from tests.unit.cli.status.objects import (
    HOME,
    build_certificate,
    build_lease,
    build_mesh,
    build_policy,
    show,
)
from tests.unit.domain.certificates import NOW

ADDRESS = "https://vault.example:8200"
DENIED = Unseen(message="You may not list it.", right="list it")
HEALTH = VaultHealth(initialized=True, sealed=False, version="1.21.4")
VAULT = VaultFacts(address=ADDRESS, endpoint=ADDRESS, health=HEALTH)
SECOND = timedelta(seconds=1)


def build_settings(**changes: Any) -> OperatorSettings:
    server = {"address": ADDRESS, "login": {"tokenFile": {"path": "/token"}}}
    given = {"cluster": {"name": "cluster1"}, "vaultServers": [server], "namespace": HOME}
    return OperatorSettings(**{**given, **changes})


@cache
def build_definition(number: int = 0) -> dict[str, Any]:
    """Return what an API server has of one of our kinds."""
    made = build_crd(KINDS[number])
    return {**made, "status": {"conditions": [{"type": "Established", "status": "True"}]}}


def build_deployment(*, replicas: int = 2, available: int = 2, image: str = "") -> dict[str, Any]:
    pod = {"spec": {"containers": [{"image": image or "roottrust:0.1.0", "env": ["secret"]}]}}
    return {
        "metadata": {"namespace": HOME, "name": "roottrust-hub"},
        "spec": {"replicas": replicas, "template": pod},
        "status": {"availableReplicas": available},
    }


def build_clock(name: str, ahead: timedelta) -> Clock:
    return Clock(name=name, ahead=ahead, margin=SECOND)


def build_facts(**changes: Any) -> Facts:
    """Return an installation of one cluster in which all is well, with changes."""
    known: dict[str, Any] = {
        "read_at": NOW,
        "version": "0.1.0",
        "server": "https://cluster.example",
        "kubernetes": "v1.36.3",
        "home": HOME,
        "crds": {each.name: build_definition(at) for at, each in enumerate(KINDS)},
        "policies": (build_policy(vault={"server": ADDRESS}),),
        "meshes": (build_mesh(),),
        "certificates": (build_certificate(),),
        "lease": build_lease("hub-1", show(NOW)),
        "deployments": (build_deployment(),),
        "configuration": ConfigurationFacts(settings=build_settings(), source="the file"),
        "vaults": (VAULT,),
        "clocks": (build_clock("the API server", SECOND), build_clock("Vault", -SECOND)),
        "foreign": {("istio-system", name): False for name in FOREIGN_SECRETS},
    }
    return Facts(**{**known, **changes})


def find(facts: Facts, check: Check) -> list[Finding]:
    """Return what is not well, of one check."""
    found = judge(facts).findings
    return [each for each in found if each.check is check and each.health is not Health.GOOD]


def find_one(check: Check, **changes: Any) -> Finding:
    """Return the only thing that is not well with these changes, which says all that it should."""
    (found,) = find(build_facts(**changes), check)
    assert found.why
    assert found.fix or found.health is Health.UNKNOWN
    return found


def change_vault(**changes: Any) -> tuple[VaultFacts, ...]:
    return (replace(VAULT, **changes),)
