"""One policy from nothing to Ready, again and again: undisturbed, and with something in the way."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.integration.hub.candidate import Candidate
from tests.integration.hub.interference import Interference
from tests.integration.hub.names import GENERATED_ROOTS, Names, build_names
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.vault_dump import Dump, dump_vault, find_differences, rename
from tests.integration.vault_calls import Ask

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOUNTS = tuple(each for each in GENERATED_ROOTS if each.startswith("pki_faulty_"))


@dataclass(frozen=True, kw_only=True)
class End:
    """What came of a run: which writes Vault has made, and what it holds."""

    writes: list[str]
    vault: Dump
    events: list[str]

    def find_differences(self, undisturbed: End) -> Dump:
        """Return what is not as it is undisturbed, among it the writes, their number and order."""
        found = find_differences(self.vault, undisturbed.vault)
        for name in ("writes", "events"):
            pair = (getattr(self, name), getattr(undisturbed, name))
            found |= {} if pair[0] == pair[1] else {name: pair}
        return found


@dataclass(kw_only=True)
class Course:
    """A policy that makes a root, and an operator that goes that way over its recorders.

    Each run has names of its own, for which the same words stand in what came of it.
    """

    operator: Candidate
    admin: Ask
    make_policy: MakePolicy
    suffix: str
    runs: int = 0
    uid: str = ""

    def run(self, interference: Interference, *, help_on: Callable[[], None] = lambda: None) -> End:
        """Have the policy go its way, note what there is, and take it all away again."""
        self.operator.start()
        recorder = self.operator.paths.vault
        names, mount = build_names(f"{self.suffix}n{self.runs}"), MOUNTS[self.runs % len(MOUNTS)]
        self.runs += 1
        self.prepare(names, mount)
        recorder.interfere(interference)
        first = len(recorder.calls)
        policy = self.begin(names, mount)
        words = {
            self.uid: "policy",
            names.mesh_namespace.removeprefix("istio-"): "suffix",
            mount: "root",
            policy.name: "name",
        }
        try:
            help_on()
            self.wait_for_end(policy)
            writes = recorder.list_happened(first)
            return End(
                writes=[_ID.sub("<id>", rename(each, words)) for each in self.count_once(writes)],
                vault=dump_vault(self.admin, names=words),
                events=policy.read_events("DriftRepaired"),
            )
        finally:
            recorder.interfere(Interference())
            self.stop()
            self._clean(policy, names, mount)

    def prepare(self, names: Names, mount: str) -> None:
        """Make what is there before anything can be in the way."""

    def begin(self, names: Names, mount: str) -> Policy:
        """Have the operator start to write."""
        return self.apply(names, mount)

    def wait_for_end(self, policy: Policy) -> None:
        """Wait until it has nothing more to write."""
        policy.wait_until_ready()

    def stop(self) -> None:
        """End what could restore what is taken away."""

    def count_once(self, writes: list[str]) -> list[str]:
        """Leave out what may be written again."""
        return writes

    def build_changes(self, mount: str) -> dict[str, Any]:
        """Return what to change in the guide's manifest."""
        return {
            "spec.config.agentCa.vault.caPath": f"{mount}/root/sign-intermediate",
            "spec.management": {"root": {"source": "Generate"}},
        }

    def apply(self, names: Names, mount: str) -> Policy:
        """Apply the policy of this run."""
        changes = {**names.build_changes(), **self.build_changes(mount)}
        policy = self.make_policy(names, changes, name=f"faulty-{self.runs}")
        self.uid = policy.read()["metadata"]["uid"]
        return policy

    def _clean(self, policy: Policy, names: Names, mount: str) -> None:
        policy.delete()
        self.admin("DELETE", f"sys/mounts/{mount}")
        self.admin("DELETE", f"sys/mounts/{names.intermediate_mount}")
        self.admin("DELETE", f"sys/auth/{names.auth_mount}")
        self.admin("DELETE", f"sys/policies/acl/{names.role}")
