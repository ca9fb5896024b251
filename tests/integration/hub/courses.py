"""Other ways of a policy than making its root: import, taking over, and out of Vault again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from testbed import Cluster
from tests.integration.hub.guide_commands import type_guide
from tests.integration.hub.istiod import Account
from tests.integration.hub.names import Names
from tests.integration.hub.policy import Policy
from tests.integration.hub.root_secret import RootSecret
from tests.integration.hub.undisturbed import Course

ADOPT = "admin.gloo.solo.io/adopt"


class RepeatingCourse(Course):
    """Here some writes change nothing when they are made twice.

    A key's name is not looked up, older versions of Vault hide what a config keeps, and a DELETE
    without an answer is sent once more on another connection.
    """

    def count_once(self, writes: list[str]) -> list[str]:
        return list(dict.fromkeys(writes))


@dataclass(kw_only=True)
class ImportCourse(RepeatingCourse):
    """The root comes from a Secret, and is named afterwards."""

    secret: RootSecret

    def stop(self) -> None:
        """End the operator: one that is at work would import the root once more."""
        self.operator.kill()

    def build_changes(self, mount: str) -> dict[str, Any]:
        root = {"source": "Import", "secretRef": {"name": self.secret.name}}
        return {**super().build_changes(mount), "spec.management": {"root": root}}


@dataclass(kw_only=True)
class AdoptionCourse(RepeatingCourse):
    """Everything but the root is there, made by the guide's commands, and is taken over."""

    cluster: Cluster
    istiod: Account

    def prepare(self, names: Names, mount: str) -> None:
        del mount
        type_guide(self.admin, names, cluster=self.cluster, istiod=self.istiod)

    def build_changes(self, mount: str) -> dict[str, Any]:
        return {**super().build_changes(mount), "metadata.annotations": {ADOPT: "true"}}


@dataclass(kw_only=True)
class RemovalCourse(RepeatingCourse):
    """What was made goes again with the policy; the root stays."""

    def prepare(self, names: Names, mount: str) -> None:
        self.apply(names, mount).wait_until_ready()

    def begin(self, names: Names, mount: str) -> Policy:
        policy = self.apply(names, mount)
        policy.start_deletion()
        return policy

    def wait_for_end(self, policy: Policy) -> None:
        policy.wait_until_gone()

    def build_changes(self, mount: str) -> dict[str, Any]:
        management = {"root": {"source": "Generate"}, "deletionPolicy": "Delete"}
        return {**super().build_changes(mount), "spec.management": management}
