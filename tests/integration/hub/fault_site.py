"""A hub with work to do, seen from outside while something is wrong: what it says and sends."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from testbed import Cluster, Vault
from testbed.command import CommandError
from tests.integration.hub.interference import Call, Interference
from tests.integration.hub.names import GENERATED_ROOTS, Names, build_names
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.recorder import Recorder
from tests.integration.hub.rights import NAME
from tests.integration.hub.supervised import Supervised
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, read, write

MOUNTS = tuple(each for each in GENERATED_ROOTS if each.startswith("pki_faulty_"))
FIRST_POLICIES = 3
LOOK_SECONDS = 1.0
REST_SECONDS = 3.0
LEADING_SECONDS = 60.0
READY_SECONDS = 240.0
ROLE_ID = "roottrust-hub-of-tests"
SECRET_ID = "made-up-for-tests-4f9c"
_CHAIN = ("Accepted", "VaultReachable", "VaultConfigured", "Ready")


def allow_login(admin: Ask) -> None:
    """Make the hub's AppRole anew, with the rights that the policy of its name gives."""
    admin("DELETE", "sys/auth/approle")
    write(admin, "sys/auth/approle", {"type": "approle"})
    role = f"auth/approle/role/{NAME}"
    wanted = {"token_policies": NAME, "token_no_default_policy": True, "token_ttl": "1h"}
    write(admin, role, wanted)
    write(admin, f"{role}/role-id", {"role_id": ROLE_ID})
    write(admin, f"{role}/custom-secret-id", {"secret_id": SECRET_ID})


def build_login(folder: Path) -> dict[str, Any]:
    """Return the hub's setting for it."""
    path = folder / "secret-id"
    path.touch(mode=0o600)
    path.write_text(SECRET_ID)
    return {"appRole": {"roleId": ROLE_ID, "secretIdFile": str(path)}}


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What the hub has sent; the lease does not count."""

    requests: int
    writes: int
    kubernetes_writes: int

    def __sub__(self, other: Counts) -> Counts:
        return Counts(
            requests=self.requests - other.requests,
            writes=self.writes - other.writes,
            kubernetes_writes=self.kubernetes_writes - other.kubernetes_writes,
        )


@dataclass(kw_only=True)
class FaultSite:
    """One supervised hub between recorders, one Vault, some policies that are Ready."""

    hub: Supervised
    cluster: Cluster
    vault: Vault
    admin: Ask
    make_policy: MakePolicy
    suffix: str
    policies: dict[str, tuple[Policy, Names]] = field(default_factory=dict)
    mounts: dict[str, str] = field(default_factory=dict)
    wanted_accounts: list[str] = field(default_factory=list)
    edits: int = 0

    @property
    def to_vault(self) -> Recorder:
        return self.hub.operator.paths.vault

    @property
    def to_kubernetes(self) -> Recorder:
        return self.hub.operator.paths.kubernetes

    def begin(self) -> None:
        """Have the hub lead, and its first policies Ready."""
        self.hub.start()
        self.hub.operator.wait_until_it_leads(seconds=LEADING_SECONDS)
        for number in range(FIRST_POLICIES):
            self.add_policy(f"first-{number}")
        self.wait_until_done()

    def close(self) -> None:
        """Leave everything as it was found."""
        self.hub.close()
        self.vault.revive()
        self.cluster.revive()
        for mount in self.mounts.values():
            self.admin("DELETE", f"sys/mounts/{mount}")

    def add_policy(self, name: str, *, generates: bool = False) -> None:
        """Apply a new policy: seven writes if it makes its root, else five."""
        names = build_names(f"{self.suffix}{name.replace('-', '')}")
        policy = self.make_policy(names, self._build_changes(names, name, generates), name=name)
        self.policies[name] = (policy, names)

    def edit_policies(self) -> None:
        """Ask for another role of every policy: one write each."""
        self.edits += 1
        self.wanted_accounts = ["istiod", f"istiod-{self.edits}"]
        for name, (policy, names) in self.policies.items():
            policy.apply(self._build_changes(names, name, name in self.mounts))

    def _build_changes(self, names: Names, name: str, generates: bool) -> dict[str, Any]:
        management: dict[str, Any] = {}
        changes = {**names.build_changes(), "spec.management": management}
        if self.wanted_accounts:
            management["workloadAuth"] = {"serviceAccounts": self.wanted_accounts}
        if generates:
            mount = self.mounts.setdefault(name, MOUNTS[len(self.mounts)])
            management["root"] = {"source": "Generate"}
            changes["spec.config.agentCa.vault.caPath"] = f"{mount}/root/sign-intermediate"
        return changes

    def count(self) -> Counts:
        """Return what was sent since the start."""
        return Counts(
            requests=len(self.to_vault.calls),
            writes=sum(each.is_write for each in list(self.to_vault.calls)),
            kubernetes_writes=sum(
                each.is_write and "/leases" not in each.path
                for each in list(self.to_kubernetes.calls)
            ),
        )

    def count_refused(self) -> int:
        """Return how often it found nobody who listens, by its own count; 0 while it is away."""
        try:
            metric = "roottrust_vault_requests_total"
            return int(self.hub.operator.sum_metric(metric, status="Unreachable"))
        except requests.RequestException:
            return 0

    def rest(self) -> None:
        """Wait until it sends nothing but probes."""

        def count() -> int:
            return sum("sys/health" not in each.path for each in list(self.to_vault.calls))

        def look() -> bool:
            before = count()
            time.sleep(REST_SECONDS)
            return count() == before

        wait_for(look, lambda rests: rests, seconds=READY_SECONDS)

    def read_hindrances(self) -> set[str]:
        """Return what hinders the policies, as `kubectl get` tells it, or why it tells nothing."""
        words = ("get", "rtp", "-n", self._namespace, "-o=json", "--request-timeout=2s")
        try:
            found = json.loads(self.cluster.kubectl(*words, seconds=10).stdout)
        except (CommandError, TimeoutError, ValueError):
            return {"the API server does not answer"}
        return {_find_hindrance(each) for each in found["items"]} - {""}

    def wait_until_done(self) -> None:
        """Wait until every policy is Ready as it was edited last, and Vault has what it says."""

        def look() -> dict[str, str]:
            return {
                name: trouble for name in self.policies if (trouble := self._find_trouble(name))
            }

        wait_for(look, lambda found: not found, seconds=READY_SECONDS, every=0.3)

    def _find_trouble(self, name: str) -> str:
        policy, names = self.policies[name]
        try:
            found = policy.read()
        except (AssertionError, requests.RequestException) as error:
            return str(error)  # an API server that was just started refuses, or does not listen yet
        if trouble := _find_hindrance(found):
            return trouble
        role = read(self.admin, names.paths[-1]) or {}
        accounts = role.get("bound_service_account_names")
        if self.wanted_accounts and accounts != self.wanted_accounts:
            return f"the role is for {accounts}"
        return ""

    def count_roots(self) -> dict[str, int]:
        """Return how many roots each mount has that policies made."""
        return {
            mount: len(self.admin("LIST", f"{mount}/issuers").json()["data"]["keys"])
            for mount in self.mounts.values()
        }

    def list_calls(self, since: int) -> list[Call]:
        """Return what was sent to Vault after so many requests."""
        return self.to_vault.calls[since:]

    @contextmanager
    def interfered(self, interference: Interference) -> Iterator[None]:
        self.to_vault.interfere(interference)
        yield
        self.to_vault.interfere(Interference())

    @property
    def _namespace(self) -> str:
        return next(iter(self.policies.values()))[0].namespace


def _find_hindrance(found: dict[str, Any]) -> str:
    """Return the first condition that does not hold of what is asked for now."""
    generation = found["metadata"]["generation"]
    conditions = {each["type"]: each for each in found.get("status", {}).get("conditions", [])}
    for type_ in _CHAIN:
        condition = conditions.get(type_)
        if condition is None or condition["observedGeneration"] != generation:
            return "not looked at yet"
        if condition["status"] != "True":
            return f"{type_}={condition['status']} {condition['reason']}"
    return ""
