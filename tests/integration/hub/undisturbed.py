"""One policy from nothing to Ready, again and again: undisturbed, and with something in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.integration.hub.candidate import Candidate
from tests.integration.hub.interference import Interference
from tests.integration.hub.names import GENERATED_ROOTS, Names, build_names
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.vault_dump import Dump, dump_vault, find_differences, rename
from tests.integration.vault_calls import Ask

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

    def run(self, interference: Interference, *, help_on: Callable[[], None] = lambda: None) -> End:
        """Apply the policy, see it Ready, note what there is, and take it all away again."""
        self.operator.start()
        recorder = self.operator.paths.vault
        recorder.interfere(interference)
        first = len(recorder.calls)
        names, mount = build_names(f"{self.suffix}n{self.runs}"), MOUNTS[self.runs % len(MOUNTS)]
        self.runs += 1
        policy = self._apply(names, mount)
        try:
            help_on()
            policy.wait_until_ready()
            writes = [str(each) for each in recorder.calls[first:] if each.has_happened]
            words = {
                policy.read()["metadata"]["uid"]: "policy",
                names.mesh_namespace.removeprefix("istio-"): "suffix",
                mount: "root",
                policy.name: "name",
            }
            return End(
                writes=[rename(each, words) for each in writes],
                vault=dump_vault(self.admin, names=words),
                events=policy.read_events("DriftRepaired"),
            )
        finally:
            recorder.interfere(Interference())
            self._clean(policy, names, mount)

    def _apply(self, names: Names, mount: str) -> Policy:
        changes: dict[str, Any] = {
            **names.build_changes(),
            "spec.config.agentCa.vault.caPath": f"{mount}/root/sign-intermediate",
            "spec.management": {"root": {"source": "Generate"}},
        }
        return self.make_policy(names, changes, name=f"faulty-{self.runs}")

    def _clean(self, policy: Policy, names: Names, mount: str) -> None:
        policy.delete()
        self.admin("DELETE", f"sys/mounts/{mount}")
        self.admin("DELETE", f"sys/mounts/{names.intermediate_mount}")
        self.admin("DELETE", f"sys/auth/{names.auth_mount}")
        self.admin("DELETE", f"sys/policies/acl/{names.role}")
