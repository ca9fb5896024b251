"""The last chapter, which is played by itself: the root of the fleet is replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from demo.background import Background
from demo.fleet import hub, members, mesh, policy, root_rotation, rotation, talk, workloads
from demo.fleet.setting import set_up
from demo.fleet.stage import MEMBERS
from demo.fleet.talk import Conversation
from demo.fleet.workloads import PRODUCTPAGE, REVIEWS
from demo.folder import Folder
from demo.narrator import Narrator
from demo.shell import Shell

HINTS = (
    "kubectl config get-contexts",
    ".venv/bin/roottrust status --watch",
    "kubectl describe rtp fleet -n gloo-mesh",
    "bao list -detailed pki/issuers",
    ".venv/bin/roottrust rotate root fleet --dry-run",
)

MORE = ("To see how such a fleet comes about: make demo",)

READ_ON = (
    "docs/rotation.md: the stages, what counts as proof, how a rotation is steered",
    "docs/rotate.md: the command",
)

# Shorter than they would be, so that nobody has to watch it for two days.
_LASTING = 20  # seconds, of workloads' certificates
_KUBELET_SECONDS = 70

_INTRODUCTION = (
    f"{PRODUCTPAGE.name} of {PRODUCTPAGE.cluster} and {REVIEWS.name} of {REVIEWS.cluster} ask each "
    "other anew 20 times a second from\nnow on. Their certificates last for "
    f"{_LASTING} s instead of a day, so that somebody can watch all of it."
)

_MANIFEST = "demo/fleet/rotated_policy.yaml"


def play(narrator: Narrator, folder: Folder, repository: Path) -> Shell:
    """Play it; whatever it has started is on record in the testbed and the folder."""
    with narrator.chapter("Three clusters and a Vault"):
        shell = set_up(narrator, folder, repository, takes_several_roots=True)
        kinds = [Background(partial(mesh.install_kinds, shell, each)) for each in MEMBERS]
    with narrator.chapter("A fleet under one root, as `make demo` tells it"), narrator.briefly():
        _bring_together(shell, folder, kinds)
    pods = rotation.list_pods(shell)
    conversation = Conversation(shell, *talk.BOTH_WAYS)
    with narrator.chapter("The root is replaced, while workloads connect all the time"):
        root_rotation.look_before(shell)
        narrator.say(_INTRODUCTION)
        root_rotation.rotate(shell)
    with narrator.chapter("What is there now, and what the workloads have noticed"):
        root_rotation.look_at_end(shell)
        policy.wait_for(shell, "Ready", seconds=60)
        policy.show_status(shell, wants_well=True)
        rotation.tell_of_talks(shell, conversation.end(), pods)
    return shell


def _bring_together(shell: Shell, folder: Folder, kinds: Sequence[Background[None]]) -> None:
    narrator = shell.narrator
    hub.install_operator(shell, folder, settings={"kubeletSeconds": _KUBELET_SECONDS})
    members.join(shell)
    narrator.good(f"{' and '.join(MEMBERS)} have joined.")
    policy.apply_policy(shell, _MANIFEST)
    for each in kinds:
        each.result()
    mesh.install_with_agent(shell, folder, *MEMBERS)
    narrator.good(
        "istiod runs in both, with ISTIO_MULTIROOT_MESH=true: it takes further roots as it runs."
    )
    _start_workloads(shell)
    policy.wait_for(shell, "Ready", seconds=60)
    narrator.good("One policy serves both clusters, and is Ready. Vault has made the root.")
    talk.show_trust(shell)


def _start_workloads(shell: Shell) -> None:
    """Start one in each cluster; their certificates end soon."""
    begun = [
        Background(partial(workloads.start, shell, replace(each, certificate_seconds=_LASTING)))
        for each in (PRODUCTPAGE, REVIEWS)
    ]
    with shell.narrator.waiting("starting workloads"):
        for each in begun:
            each.result()
