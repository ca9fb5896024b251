"""The story of three clusters from its first chapter to its last."""

from __future__ import annotations

from pathlib import Path

from demo import vault_rights
from demo.background import Background
from demo.fleet import hub, members, mesh, policy, restarts, roots, rotation, stage, talk, workloads
from demo.fleet.setting import set_up
from demo.fleet.stage import OLD_MESH
from demo.fleet.talk import Conversation
from demo.fleet.workloads import GATEWAY, PRODUCTPAGE, REVIEWS
from demo.folder import Folder
from demo.narrator import Narrator
from demo.root import make_root
from demo.shell import Shell

HINTS = (
    "kubectl config get-contexts",
    ".venv/bin/roottrust status --watch",
    "kubectl describe rtp fleet -n gloo-mesh",
    "kubectl apply -f deploy/verify/rbac.yaml --context cluster2",
    ".venv/bin/roottrust verify --context cluster2",
    ".venv/bin/roottrust rotate intermediate --cluster cluster1",
)

MORE = ("To see the root itself replaced, in three minutes: make demo CHAPTER=rotate",)

READ_ON = (
    "docs/clusters.md: more clusters, and what the hub may do there",
    "docs/restarts.md: what is restarted, in which order, and what is waited for",
    "docs/rotate.md, docs/status.md, docs/verify.md: the commands",
    "deploy/README.md: the operator in your clusters",
)


def play(narrator: Narrator, folder: Folder, repository: Path) -> Shell:
    """Play everything; whatever it has started is on record in the testbed and the folder."""
    root = Background(lambda: make_root(signs_revocations=True))
    with narrator.chapter("Three clusters and a Vault"):
        shell = set_up(narrator, folder, repository)
        narrator.say(
            f"\nThe operator's hub will run in {stage.MANAGEMENT}, workloads run in the others. "
            f"{OLD_MESH} has a mesh already:\nistiod as it comes, with a root that it made itself."
        )
        fresh = Background(lambda: mesh.install_kinds(shell, "cluster1"))
        old = Background(lambda: _start_old_mesh(shell, folder))
    with narrator.chapter("What a person does once: the root CA, and the operator"):
        hub.prepare_root(shell, folder, root)
        hub.install_operator(shell, folder)
    with narrator.chapter("Both clusters join"):
        members.join(shell)
    with narrator.chapter("One policy for both"):
        policy.apply_policy(shell)
    with narrator.chapter("cluster1: istiod with the agent beside it"):
        fresh.result()
        mesh.install_with_agent(shell, folder, "cluster1")
        workloads.start(shell, PRODUCTPAGE)
    with narrator.chapter(f"Not yet in {OLD_MESH}: two roots, and nobody trusts the other"):
        with narrator.waiting(f"waiting for the workloads of {OLD_MESH}"):
            old.result()
        talk.show_refusals(shell)
        policy.show_status(shell)
    with narrator.chapter(f"{OLD_MESH} comes under the shared root"):
        conversation = Conversation(shell, (PRODUCTPAGE, REVIEWS))
        restarts.change_root(shell, folder)
        (told,) = conversation.end()
        restarts.tell_of_talk(shell, told)
    with narrator.chapter("One root, two intermediates"):
        policy.wait_for(shell, "Ready", seconds=60)
        roots.compare_roots(shell)
        talk.show_trust(shell)
    _play_rotation(shell)
    with narrator.chapter("All of it, in one tree"):
        policy.wait_for(shell, "Ready", seconds=60)
        policy.show_status(shell, wants_well=True)
    return shell


def _play_rotation(shell: Shell) -> None:
    narrator = shell.narrator
    pods, signers = rotation.list_pods(shell), talk.find_signers(shell)
    conversation = Conversation(shell, *talk.BOTH_WAYS)
    with narrator.chapter("New intermediates everywhere, while workloads connect all the time"):
        rotation.rotate(shell)
    with narrator.chapter("Meanwhile somebody breaks Vault by hand"):
        vault_rights.break_rights(shell, OLD_MESH)
    with narrator.chapter("What the workloads have noticed of both"):
        rotation.wait_for_workloads(shell, signers)
        rotation.tell_of_talks(shell, conversation.end(), pods)


def _start_old_mesh(shell: Shell, folder: Folder) -> None:
    mesh.install_kinds(shell, OLD_MESH)
    mesh.install_as_it_comes(shell, folder, OLD_MESH)
    workloads.start(shell, GATEWAY, REVIEWS)
