"""The demo from its first chapter to its last."""

from __future__ import annotations

import socket
from pathlib import Path

from demo import context_stage, drift, istiod, policy, prepare, process, testbed_stage
from demo.errors import DemoError
from demo.folder import Folder
from demo.journal import Journal
from demo.narrator import Narrator
from demo.operator_process import start_operator
from demo.shell import Shell
from demo.stage import Stage

REPOSITORY = Path(__file__).parents[1]
_MODE = "mode.json"


def play(narrator: Narrator, folder: Folder, *, context: str | None) -> Shell:
    """Play everything; whatever it has started or created is on record in the folder."""
    folder.write_record(_MODE, {"context": context})
    with narrator.chapter("A cluster and a Vault"):
        shell = _build_shell(narrator, _set_up_stage(folder, context))
        journal = Journal(folder, shell)
        _tell_stage(shell, journal, context)
    with narrator.chapter("What a person does once: istiod's account and the root CA"):
        prepare.prepare_istiod(journal)
        prepare.prepare_root(shell, folder)
    with narrator.chapter("The operator, with its own few rights"):
        port = _find_free_port()
        prepare.install_kinds(shell, journal)
        prepare.make_cluster_login(shell, folder)
        prepare.make_vault_login(shell, folder)
        prepare.write_configuration(shell, folder, port=port)
        journal.remember(prepare.HUB_LEASE, namespace=prepare.HUB_NAMESPACE)
        start_operator(narrator, folder, port=port)
    with narrator.chapter("One object instead of thirty commands"):
        narrator.output((REPOSITORY / policy.MANIFEST).read_text())
        policy.apply_policy(shell, journal)
        policy.show_policy(shell)
        narrator.say(
            "The warnings name what the manual procedure leaves weak; nothing else is asked for."
        )
    with narrator.chapter("istiod gets its intermediate, and nothing else"):
        narrator.say("The policy that the operator has written in Vault:")
        narrator.output(istiod.read_policy(shell))
        token = istiod.login(shell, folder)
        if token is None:
            raise DemoError("Vault refuses the login of istiod.")
        istiod.obtain_intermediate(shell, folder, token=token)
    with narrator.chapter("Somebody breaks Vault by hand"):
        drift.break_rights(shell)
        drift.break_auth(shell, folder)
        policy.show_events(shell)
    return shell


def take_down(narrator: Narrator, folder: Folder) -> None:
    """End and remove all that a demo has left, and nothing that it found."""
    mode = folder.read_record(_MODE) or {}
    context = mode.get("context")
    if context is not None and folder.file("stage.json").exists():
        stage = Stage.from_record(folder.read_record("stage.json"))
        journal = Journal(folder, _build_shell(narrator, stage))
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
        return testbed_stage.set_up()
    stage = context_stage.set_up(folder, context)
    folder.write_record("stage.json", stage.to_record())
    return stage


def _build_shell(narrator: Narrator, stage: Stage) -> Shell:
    return Shell(stage, narrator, vault_token=stage.root_token, directory=REPOSITORY)


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
