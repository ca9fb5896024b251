"""What may be met anywhere."""

from __future__ import annotations

from roottrust.domain.reason_guide.advice import Advice, Topic
from roottrust.domain.reasons import Reason

ANYWHERE = Topic(
    title="Anywhere",
    about="In conditions and Events, in logs, and as what a command says when it fails.",
    advice={
        Reason.RETRYING: Advice(
            "The object is not Ready, and is tried again by itself.",
            "See its condition Ready, whose message this has.",
        ),
        Reason.API_UNREACHABLE: Advice(
            "An API server of Kubernetes does not answer, is overloaded, or is not understood.",
            "See that it is up and is reached from there; for agents, that no NetworkPolicy keeps "
            "istiod's pod from it.",
        ),
        Reason.API_REFUSED: Advice(
            "An API server refuses an object, or does not know one of our kinds.",
            "Apply the CRDs of this version (`crds/`, or the chart); else look for a webhook that "
            "refuses it: the message has its words.",
        ),
        Reason.ISTIOD_UNREACHABLE: Advice(
            "`roottrust verify` does not reach port 15012 of a replica of istiod.",
            "See that the pod is ready; `roottrust verify --via pod-ip` goes another way to it.",
        ),
        Reason.ISTIOD_UNTRUSTED: Advice(
            "istiod shows a certificate that workloads under the pinned root do not trust.",
            "See TrustPublished of its Mesh: mostly it signs by another root, or has to be "
            "restarted.",
        ),
        Reason.ISTIOD_REFUSED: Advice(
            "istiod issues no certificate to the probe of `roottrust verify`.",
            "Look in istiod's log at that time.",
        ),
        Reason.NOT_LEADING: Advice(
            "This replica of the operator leads no more; another one takes over.",
            "Nothing, unless it comes again and again: then the API server is slow to renew the "
            "Lease.",
        ),
        Reason.INTERNAL_ERROR: Advice(
            "A bug, or a port that the agent cannot listen at.",
            "The message says which. Report a bug with `roottrust doctor --bundle FILE`.",
        ),
    },
)
