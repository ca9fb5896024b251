"""The demo from its first chapter to its last."""

from __future__ import annotations

import socket
from pathlib import Path

from demo import (
    context_stage,
    drift,
    istiod,
    mesh,
    policy,
    prepare,
    process,
    renewal,
    testbed_stage,
    trust,
)
from demo.errors import DemoError
from demo.folder import Folder
from demo.journal import Journal
from demo.narrator import Narrator
from demo.operator_process import start_operator
from demo.shell import Shell
from demo.stage import Stage

REPOSITORY = Path(__file__).parents[1]
_MODE = "mode.json"
_WITHOUT_PODS = (
    "\nistiod in a pod is left out here, as its agent needs roottrust's image in a registry that "
    "your cluster pulls from: see it by `make demo` without CONTEXT, or push the image and go on "
    "as deploy/README.md tells."
)


def play(narrator: Narrator, folder: Folder, *, context: str | None) -> Shell:
    """Play everything; whatever it has started or created is on record in the folder."""
    folder.write_record(_MODE, {"context": context})
    with narrator.chapter("A cluster and a Vault"):
        shell = _build_shell(narrator, folder, _set_up_stage(folder, context))
        journal = Journal(folder, shell)
        _tell_stage(shell, journal, context)
    _play_with_vault(shell, folder, journal)
    if shell.stage.istio:
        _play_with_pods(shell, folder)
    else:
        narrator.say(_WITHOUT_PODS)
    return shell


def _play_with_vault(shell: Shell, folder: Folder, journal: Journal) -> None:
    narrator = shell.narrator
    with narrator.chapter("What a person does once: istiod's account and the root CA"):
        prepare.prepare_istiod(journal)
        prepare.prepare_root(shell, folder)
    with narrator.chapter("The operator, with its own few rights"):
        port = _find_free_port()
        prepare.install_kinds(shell, journal)
        if shell.stage.istio:
            prepare.allow_cluster_role(journal)
        prepare.make_cluster_login(shell, folder)
        prepare.make_vault_login(shell, folder)
        prepare.write_configuration(shell, folder, port=port)
        journal.remember(prepare.HUB_LEASE, namespace=prepare.HUB_NAMESPACE)
        roles = "hub,cluster" if shell.stage.istio else "hub"
        start_operator(narrator, folder, roles=roles, port=port)
    with narrator.chapter("One object instead of thirty commands"):
        narrator.output((REPOSITORY / policy.MANIFEST).read_text())
        policy.apply_policy(shell, journal)
        policy.show_policy(shell)
        narrator.say(
            "The warnings name what the manual procedure leaves weak; nothing else is asked for."
        )
    with narrator.chapter("What Vault lets istiod do, and nothing else: tried by hand"):
        narrator.say("The policy that the operator has written in Vault, for istiod's agent:")
        narrator.output(istiod.read_policy(shell))
        token = istiod.login(shell, folder)
        if token is None:
            raise DemoError("Vault refuses the login of istiod.")
        istiod.obtain_intermediate(shell, folder, token=token)
    with narrator.chapter("Somebody breaks Vault by hand"):
        drift.break_rights(shell)
        drift.break_auth(shell, folder)
        policy.show_events(shell)


def _play_with_pods(shell: Shell, folder: Folder) -> None:
    narrator = shell.narrator
    with narrator.chapter("istiod in a pod, with the agent beside it"):
        narrator.say(
            "istiod's own charts: `roottrust istiod-patch` puts the agent in as Helm renders them."
        )
        mesh.install_istiod(shell, folder)
        mesh.show_agent_log(shell)
    with narrator.chapter("What the cluster says of its mesh"):
        mesh.wait_for_mesh(shell)
        mesh.show_mesh(shell)
    with narrator.chapter("One root, from Vault to every workload"):
        trust.compare_roots(shell)
        trust.verify(shell, folder)
    with narrator.chapter("A new intermediate, while istiod runs"):
        renewal.renew(shell)


def take_down(narrator: Narrator, folder: Folder) -> None:
    """End and remove all that a demo has left, and nothing that it found."""
    mode = folder.read_record(_MODE) or {}
    context = mode.get("context")
    if context is not None and folder.file("stage.json").exists():
        stage = Stage.from_record(folder.read_record("stage.json"))
        journal = Journal(folder, _build_shell(narrator, folder, stage))
        # The policy first, while the operator runs: nobody else could finish its deletion.
        journal.remove(policy.POLICY)
        process.stop_all(folder)
        journal.remove()
    else:
        process.stop_all(folder)
        testbed_stage.take_down()
    folder.remove()


def _set_up_stage(folder: Folder, context: str | None) -> Stage:
    if context is None:
        return testbed_stage.set_up(folder, REPOSITORY)
    stage = context_stage.set_up(folder, context)
    folder.write_record("stage.json", stage.to_record())
    return stage


def _build_shell(narrator: Narrator, folder: Folder, stage: Stage) -> Shell:
    return Shell(
        stage,
        narrator,
        vault_token=stage.root_token,
        directory=REPOSITORY,
        helm_home=folder.file("helm"),
    )


def _tell_stage(shell: Shell, journal: Journal, context: str | None) -> None:
    shell.run("kubectl", "version")
    shell.run("bao", "status")
    if context is None:
        return
    journal.refuse_existing("--filename=crds")
    journal.refuse_existing("clusterrole", prepare.HUB, prepare.ISTIOD_ROLE)
    question = (
        f"The demo creates four CustomResourceDefinitions, two ClusterRoles and what is missing of "
        f"the namespaces {prepare.ISTIO_NAMESPACE} and {prepare.HUB_NAMESPACE} in {context}, and "
        "removes them at the end. Go on?"
    )
    shell.narrator.say("")
    if not shell.narrator.ask(question):
        raise DemoError("Nothing was changed in the cluster.")


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
