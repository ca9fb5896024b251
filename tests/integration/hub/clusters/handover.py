"""An issuance into a registered cluster, from nothing to what its agent is to obtain, many times.

Each run has a policy and names in Vault of its own, and is taken away again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.integration.hub.candidate import Candidate
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.interference import Interference
from tests.integration.hub.names import Names, build_names
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.recorder import Recorder
from tests.integration.hub.restarts import HOME, ask_for_restart, list_bounces
from tests.integration.hub.vault_dump import Dump, dump_vault, find_differences, rename
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_writes import delete_objects
from tests.integration.vault_calls import Ask

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True)
class End:
    """What came of a run: the writes that have happened, and what Vault and the cluster hold."""

    to_vault: list[str]
    to_cluster: list[str]
    vault: Dump
    certificate: dict[str, Any]
    directives: list[dict[str, Any]]

    def find_differences(self, undisturbed: End) -> Dump:
        """Return what is not as it is undisturbed; the cluster may be told a status once more."""
        found = find_differences(self.vault, undisturbed.vault)
        pairs = {
            "writes to Vault": (self.to_vault, undisturbed.to_vault),
            "certificate": (self.certificate, undisturbed.certificate),
            "directives": (self.directives, undisturbed.directives),
            "kinds of writes to the cluster": (
                sorted(set(self.to_cluster)),
                sorted(set(undisturbed.to_cluster)),
            ),
        }
        return found | {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@dataclass(kw_only=True)
class Handover:
    """A hub between recorders, of which `remote` is in front of the registered cluster.

    `bundle` are the roots that it pins: its mesh has others, and asks for restarts.
    """

    operator: Candidate
    remote: Recorder
    certificate: Certificate
    admin: Ask
    make_policy: MakePolicy
    suffix: str
    bundle: str
    runs: int = 0

    @property
    def recorders(self) -> tuple[Recorder, Recorder]:
        return self.operator.paths.vault, self.remote

    def run(
        self,
        interference: Interference,
        where: Recorder,
        *,
        help_on: Callable[[], None] = lambda: None,
    ) -> End:
        """Have a policy go its way with something in the way, and take everything away again."""
        self.operator.start()
        self.runs += 1
        namespace = self.certificate.namespace
        suffix = f"{self.suffix}n{self.runs}"
        names = build_names(suffix, mesh_namespace=namespace, cluster="cluster2")
        first = [len(each.calls) for each in self.recorders]
        where.interfere(interference)
        ask_for_restart(self.certificate, bundle=self.bundle)
        changes = {"spec.config.autoRestartPods": True}
        policy = self.make_policy(names, changes, name=f"handover-{self.runs}")
        words = {policy.read()["metadata"]["uid"]: "policy", suffix: "suffix", policy.name: "name"}
        try:
            help_on()
            self._wait_for_end(policy)
            to_vault, to_cluster = (
                recorder.list_happened(begin)
                for recorder, begin in zip(self.recorders, first, strict=True)
            )
            return End(
                to_vault=[_UUID.sub("<id>", rename(each, words)) for each in to_vault],
                to_cluster=[rename(each, words) for each in to_cluster],
                vault=dump_vault(self.admin, names=words),
                certificate=self._read_certificate(words),
                directives=[each["spec"] for each in self._list_bounces()],
            )
        finally:
            where.interfere(Interference())
            self._clean(policy, names)

    def _wait_for_end(self, policy: Policy) -> None:
        policy.wait_for("VaultConfigured", "True")
        policy.wait_for("CertificatesIssued", "Unknown", "WaitingForAgent")
        wait_for(self.certificate.read_status, lambda found: found.get("state") == "PENDING")
        wait_for(self._list_bounces, bool)

    def _list_bounces(self) -> list[dict[str, Any]]:
        return list_bounces(self.certificate.cluster, self.certificate.name)

    def _read_certificate(self, words: dict[str, str]) -> dict[str, Any]:
        spec = self.certificate.wait_for()["spec"]
        text = {name: rename(str(value), words) for name, value in spec.items()}
        return {name: _UUID.sub("<id>", value) for name, value in text.items()}

    def _clean(self, policy: Policy, names: Names) -> None:
        policy.delete()
        self.operator.stop()
        self.certificate.delete()
        delete_objects(self.certificate.cluster, "podbouncedirectives", HOME)
        for path in (
            f"sys/mounts/{names.intermediate_mount}",
            f"sys/auth/{names.auth_mount}",
            f"sys/policies/acl/{names.role}",
        ):
            self.admin("DELETE", path)
