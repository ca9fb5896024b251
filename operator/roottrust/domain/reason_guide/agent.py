"""What the agent beside istiod says."""

from __future__ import annotations

from roottrust.domain.reason_guide.advice import Advice, Topic
from roottrust.domain.reasons import Reason

AGENT = Topic(
    title="The agent beside istiod",
    about="Events on the IssuedCertificate, or on istiod's pod while there is none. Its failures "
    "with Vault and Kubernetes have the reasons that are above. istiod keeps the CA that it has.",
    advice={
        Reason.WAITING_FOR_ISSUED_CERTIFICATE: Advice(
            "The hub has written no IssuedCertificate for this istiod.",
            "See that a RootTrustPolicy selects it, and what the conditions of that policy say.",
        ),
        Reason.INVALID_INTERMEDIATE: Advice(
            "What Vault signed would break istiod or its workloads, and is not used.",
            "The message has each fault in the words of the next section.",
        ),
        Reason.CA_FOLDER_NOT_WRITABLE: Advice(
            "The agent cannot write the folder that istiod reads its CA from.",
            "Mount an emptyDir of medium Memory there, not read-only, and run the agent as "
            "istiod's user (1337) or with `fsGroup`.",
        ),
        Reason.FOREIGN_CA_FOLDER: Advice(
            "The folder holds a CA that no agent wrote, such as a mounted Secret.",
            "Have the volume `cacerts` of istiod be an emptyDir (`secret: null`). If that CA is of "
            "use, move it to Vault first.",
        ),
        Reason.FOREIGN_ROOT: Advice(
            "The intermediate, or the mesh as it runs, is under another root than the pinned one.",
            "See that `caPath` names the issuer whose root is pinned. Where workloads trust the "
            "other root: bring them over by a rotation, or, if none uses it any more, delete the "
            "ConfigMap `istio-ca-root-cert`.",
        ),
        Reason.ROOT_REPLACED: Advice(
            "istiod had made a root for itself, and now has that of the policy.",
            "Restart the workloads that still have the old one, gateways first.",
        ),
        Reason.FOREIGN_CA_SECRET: Advice(
            "A Secret by which istiod's CA may come from elsewhere: `istiod-tls`, `cacerts` or "
            "`istio-ca-secret`.",
            "Delete it as the message says, once no istiod uses it; after `istiod-tls`, restart "
            "istiod.",
        ),
        Reason.NOT_LOADED_BY_ISTIOD: Advice(
            "istiod does not serve the intermediate that the agent gave it.",
            "Do what the message says; mostly restart istiod, or look in its log for why it does "
            "not reload its CA.",
        ),
    },
)
