"""The story of one cluster from its first chapter to its last."""

from __future__ import annotations

from pathlib import Path

from demo import vault_rights
from demo.errors import DemoError
from demo.folder import Folder
from demo.narrator import Narrator
from demo.operator_access import (
    HUB,
    HUB_NAMESPACE,
    make_cluster_login,
    make_vault_login,
    tell_of_logins,
)
from demo.operator_process import Operator, start_operators
from demo.process import stop_all
from demo.shell import Shell
from demo.single import context_stage, drift, istiod, policy, prepare
from demo.single.journal import Journal
from demo.single.prepare import CLUSTER
from demo.stage import Stage
from testbed.free_port import find_free_port

HINTS = (
    "kubectl describe rtp cluster1 -n gloo-mesh",
    "bao policy read gen-int-ca-istio-cluster1-mesh",
)
READ_ON = (
    "docs/guide.md: the manual procedure, and what takes the place of each step",
    "deploy/README.md: the operator in your cluster",
)

_STAGE = "stage.json"
_WITHOUT_PODS = (
    "\nistiod in pods, and more clusters than one, are left out here, as they need roottrust's "
    "image in a registry that your cluster pulls from: see them by `make demo` without CONTEXT, or "
    "push the image and go on as deploy/README.md tells."
)


def play(narrator: Narrator, folder: Folder, repository: Path, *, context: str) -> Shell:
    """Play everything; whatever it has started or created is on record in the folder."""
    with narrator.chapter("A cluster and a Vault"):
        stage = context_stage.set_up(folder, context)
        folder.write_record(_STAGE, stage.to_record())
        shell = _build_shell(narrator, folder, repository, stage)
        journal = Journal(folder, shell)
        _tell_stage(shell, journal, context)
    with narrator.chapter("What a person does once: istiod's account and the root CA"):
        prepare.prepare_istiod(journal)
        prepare.prepare_root(shell, folder)
    with narrator.chapter("The operator, with its own few rights"):
        operator = Operator(name="operator", roles="hub", port=find_free_port())
        prepare.install_kinds(shell, journal)
        make_cluster_login(shell, folder, file=operator.kubeconfig)
        make_vault_login(shell, folder)
        tell_of_logins(shell)
        prepare.configure(shell, folder, operator)
        journal.remember(prepare.HUB_LEASE, namespace=HUB_NAMESPACE)
        start_operators(narrator, folder, [operator])
    with narrator.chapter("One object instead of thirty commands"):
        narrator.output((repository / policy.MANIFEST).read_text())
        policy.apply_policy(shell, journal)
        policy.show_policy(shell)
        narrator.say(
            "The warnings name what the manual procedure leaves weak; nothing else is asked for."
        )
    with narrator.chapter("What Vault lets istiod do, and nothing else: tried by hand"):
        narrator.say("The policy that the operator has written in Vault, for istiod's agent:")
        narrator.output(vault_rights.read_policy(shell, CLUSTER))
        token = istiod.login(shell, folder)
        if token is None:
            raise DemoError("Vault refuses the login of istiod.")
        istiod.obtain_intermediate(shell, folder, token=token)
    with narrator.chapter("Somebody breaks Vault by hand"):
        vault_rights.break_rights(shell, CLUSTER)
        drift.break_auth(shell, folder)
        policy.show_events(shell)
    narrator.say(_WITHOUT_PODS)
    return shell


def take_down(narrator: Narrator, folder: Folder, repository: Path) -> None:
    """End and remove all that it has left, and nothing that it found."""
    if not folder.file(_STAGE).exists():
        return
    stage = Stage.from_record(folder.read_record(_STAGE))
    journal = Journal(folder, _build_shell(narrator, folder, repository, stage))
    # The policy first, while the operator runs: nobody else could finish its deletion.
    journal.remove(policy.POLICY)
    stop_all(folder)
    journal.remove()


def _build_shell(narrator: Narrator, folder: Folder, repository: Path, stage: Stage) -> Shell:
    return Shell(
        stage,
        narrator,
        vault_token=stage.root_token,
        directory=repository,
        helm_home=folder.file("helm"),
    )


def _tell_stage(shell: Shell, journal: Journal, context: str) -> None:
    shell.run("kubectl", "version")
    shell.run("bao", "status")
    journal.refuse_existing("--filename=crds")
    journal.refuse_existing("clusterrole", HUB, prepare.ISTIOD_ROLE)
    question = (
        f"The demo creates four CustomResourceDefinitions, two ClusterRoles and what is missing of "
        f"the namespaces {prepare.ISTIO_NAMESPACE} and {HUB_NAMESPACE} in {context}, and "
        "removes them at the end. Go on?"
    )
    shell.narrator.say("")
    if not shell.narrator.ask(question):
        raise DemoError("Nothing was changed in the cluster.")
