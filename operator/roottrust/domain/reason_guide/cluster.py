"""Registered clusters: whether one is used, and whether anything is learned of it."""

from __future__ import annotations

from roottrust.domain.reason_guide.advice import Advice, Topic
from roottrust.domain.reasons import Reason

_WHY = "nothing is given to that cluster, and nothing new is learned of it"
_JOIN = "roottrust cluster join CLUSTER --context CTX"

REGISTRATION = Topic(
    title="Whether a registered cluster is used",
    about="`roottrust cluster list` shows them; policies that select such a cluster have it among "
    "their `warnings`, or are not accepted if it is their only one.",
    why=_WHY,
    advice={
        Reason.INVALID_CLUSTER_NAME: Advice(
            "The name becomes a part of certificates and of names in Vault, and this one cannot.",
            "Register it by a name of small letters, digits and dashes.",
        ),
        Reason.CLUSTER_NAME_TAKEN: Advice(
            "An older Secret registers a cluster of this name, or the hub's own cluster has it.",
            "Remove one of the two Secrets, or register the cluster by another name.",
        ),
        Reason.INVALID_KUBECONFIG: Advice(
            "The Secret holds no kubeconfig that leads to a server, its CA and a token.",
            "{command} writes one that does.",
            command=_JOIN,
        ),
        Reason.CREDENTIALS_NOT_INLINE: Advice(
            "The kubeconfig names a file, or a program that the hub would have to run.",
            "{command}, or write token and CA into it.",
            command=_JOIN,
        ),
        Reason.CREDENTIALS_NOT_SUPPORTED: Advice(
            "The kubeconfig has a client certificate, a password, a proxy or impersonation.",
            "{command}, or give it a token and a server that the hub reaches.",
            command=_JOIN,
        ),
        Reason.INSECURE_CONNECTION: Advice(
            "The hub would send its token to whoever answers: no TLS, or no check of it.",
            "Name the server by `https://` with `certificate-authority-data`.",
        ),
        Reason.INVALID_VAULT_ADDRESS: Advice(
            "An annotation of the Secret says where Vault reaches the API server, and is no "
            "`https://` address, no PEM, or is that of several clusters.",
            "Correct it by {command}; give each cluster a Secret of its own.",
            command=f"{_JOIN} --vault-host URL --vault-ca FILE",
        ),
    },
)

CONNECTION = Topic(
    title="Whether a cluster tells anything",
    about="What it told last stays in the status, and its meshes go on. It is tried again by "
    "itself.",
    why=_WHY,
    advice={
        Reason.CLUSTER_CONNECTING: Advice(
            "The hub is connecting to it, as after its own start.",
            "Wait: it takes seconds. {command} shows where it is looked for.",
            command="roottrust cluster list",
        ),
        Reason.CLUSTER_UNREACHABLE: Advice(
            "Its API server does not answer the hub, or is slow.",
            "See that the cluster is up, and that the hub's network leads to the server that "
            f"{{command}} shows. If its address has changed, `{_JOIN}` again.",
            command="roottrust cluster list",
        ),
        Reason.CLUSTER_NOT_PREPARED: Advice(
            "Our kinds are not there.",
            "Install the operator there with the role `cluster`, or apply the kinds: {command}.",
            command="kubectl apply --context CTX --server-side -f crds/",
        ),
        Reason.CLUSTER_ACCESS_DENIED: Advice(
            "The hub's token there has ended, or lacks rights that the message names.",
            "{command} again: it grants them and makes a token.",
            command=_JOIN,
        ),
        Reason.CLUSTER_TOO_LARGE: Advice(
            "It has more of our objects than the hub takes over from one cluster.",
            "Delete those that nobody needs, and see who makes them.",
        ),
        Reason.MIRRORED: Advice("The mirror is what its cluster tells."),
        Reason.NAME_TAKEN: Advice(
            "A Mesh of another cluster cannot be shown here, since this object has its name.",
            "Rename or delete the one that the Event is on.",
        ),
    },
)
