"""Whether a policy is accepted as it is written."""

from __future__ import annotations

from roottrust.domain.reason_guide.advice import Advice, Topic
from roottrust.domain.reasons import Reason

ACCEPTANCE = Topic(
    title="Whether what is written is accepted",
    about="Nothing is asked of Vault before. The message names the field. What needs an edit is "
    "looked at again at once when it is edited, and is `Stalled` until then.",
    why="a policy that is not accepted changes nothing: its meshes have no root of yours",
    advice={
        Reason.ACCEPTED: Advice("The object is accepted, for the clusters that the message names."),
        Reason.INVALID_SPEC: Advice(
            "Something in it cannot work as it is written, which the API server could not see.",
            "Correct the field of the message. For several clusters, put `${cluster}` into "
            "`csrPath`, `mountPath` and `role`. An IssuedCertificate that an agent cannot read: "
            "run hub and agents in one version.",
        ),
        Reason.INVALID_PATH: Advice(
            "A path, the name of a role or a namespace of Vault is none.",
            "Write it as the message says: `MOUNT/root/sign-intermediate`, "
            "`MOUNT/intermediate/generate/exported`, `/v1/auth/MOUNT`.",
        ),
        Reason.NOT_ALLOWED: Advice(
            "It asks for what the operator's configuration does not grant, for a Secret of another "
            "namespace, for what no policy of a workload cluster may have, or for pods that its "
            "namespace may not restart.",
            "Do what the message says: leave that out, name what is granted, put the Secret into "
            "the policy's own namespace, or have the operator's administrator extend "
            "`vaultServers[].grants` (for policies of workload clusters `remoteGrants`). A "
            "PodBounceDirective for other namespaces belongs into that of istiod or of the "
            "operator.",
        ),
        Reason.NOT_SUPPORTED: Advice(
            "The kind has the field, and this version or this Vault does not do it.",
            "Leave out the field that the message names. For `namespace`: it needs Vault "
            "Enterprise, or OpenBao 2.3 or newer.",
        ),
        Reason.UNKNOWN_SERVER: Advice(
            "The operator's configuration has no Vault server of this address.",
            "Write the address as `vaultServers[].address` has it, or have it added there.",
        ),
        Reason.PLAIN_HTTP: Advice(
            "The address is `http://`: tokens and keys would be seen on the way.",
            "Use `https://`. For a test, set `allowPlainHTTP` of that server in the operator's "
            "configuration.",
        ),
        Reason.SECRET_NOT_FOUND: Advice(
            "A Secret that is named is not there, or has not the key that is named.",
            "Create it in the namespace of the policy. It is looked at again by itself.",
        ),
        Reason.INVALID_CA_BUNDLE: Advice(
            "The CA that is to be trusted, mostly Vault's, is no PEM certificate.",
            "Put the certificate of the CA that signs Vault's TLS certificate into `caBundle`, "
            "into the Secret of `caSecretRef`, or into the `caFile` of the configuration.",
        ),
        Reason.REMOTE_POLICIES_OFF: Advice(
            "The policy lies in a workload cluster, and no hub looks for policies there.",
            "Apply it in the management cluster, or set `remotePolicies: true` in the operator's "
            "configuration both there and here.",
        ),
        Reason.OTHER_CLUSTER: Advice(
            "It names another cluster than the one it lies in, where it could do nothing.",
            "Apply it in the cluster that it names; a policy for several clusters belongs into the "
            "management cluster.",
        ),
        Reason.NO_CLUSTER_SELECTED: Advice(
            "No known cluster has the labels that the policy asks for, or its cluster has left.",
            "Compare `clusterSelector` with `roottrust cluster list`; then correct it, or register "
            "the cluster by `roottrust cluster join`. The message has the nearest one.",
        ),
        Reason.SELECTED_BY_OLDER_POLICY: Advice(
            "An older policy has every mesh that this one selects; the older one counts.",
            "Select other meshes, or delete one of the two policies.",
        ),
    },
)
