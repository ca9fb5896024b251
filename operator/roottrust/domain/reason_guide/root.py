"""The root in Vault, and its rotation."""

from __future__ import annotations

from roottrust.domain.reason_guide.advice import Advice, Topic
from roottrust.domain.reasons import Reason

ROOT = Topic(
    title="The root",
    about="A root is never made, exchanged or given up unless the policy says so.",
    why="istiod must not sign under it, so workloads get no certificate that others trust",
    advice={
        Reason.ROOT_NOT_FOUND: Advice(
            "The mount has no such root, or not any more.",
            "Never had one: import it, or set `management.root.source: Generate` or `Import`. "
            "Gone: restore it from the backup of Vault. Only if nothing relies on it, give it up "
            "by the annotation that the message names. Another policy's root: see the status of "
            "its owner.",
        ),
        Reason.ROOT_FOUND: Advice(
            "The policy is to make or import a root, and another one is there already.",
            "Use it by `management.root.source: Existing`, or name another mount in `caPath`.",
        ),
        Reason.INVALID_ROOT_SECRET: Advice(
            "The Secret of `management.root.secretRef` has no certificate and key that belong "
            "together, or has the root that is in use already.",
            "Put the root into `root-cert.pem` and its key, without a password, into "
            "`root-key.pem`; the message says which file is wrong.",
        ),
        Reason.ROOT_CHANGED: Advice(
            "Another root is in the place of the one that meshes trust, or somebody changed the "
            "default issuer while it is rotated. Nothing is signed by it.",
            "Set the issuer back as the message says: another root comes by a rotation (`roottrust "
            "rotate root`), never in the place of the one in use. Only if nothing relies on the "
            "old one, give it up by the annotation that the message names.",
        ),
        Reason.ROOT_NOT_USABLE: Advice(
            "The certificate cannot be a root: no CA, not self-signed, expired or not yet valid, "
            "a weak key, path length 0, no right to sign, or no private key in Vault.",
            "The message says which. Put a sound root in its place, or add its key; for times, "
            "look at the clocks as well.",
        ),
        Reason.ROOT_EXPIRES_TOO_SOON: Advice(
            "The root, or the `max_lease_ttl` of its mount, leaves intermediates less than a day; "
            "or the next root would end before the one in use.",
            "Raise it by `vault secrets tune -max-lease-ttl=…`, rotate the root, or for the next "
            "root raise `management.root.ttlDays`.",
        ),
    },
)

ROTATION = Topic(
    title="The rotation of a root, and what has leaked",
    about="Mostly Events; `roottrust status` shows the stages and who is waited for.",
    advice={
        Reason.WAITING_FOR_ROTATION: Advice(
            "How far a rotation is cannot be told yet: the policy that owns the root has not said, "
            "or a cluster is not heard; or what is asked for begins only where all is well.",
            "See the status of the policy that the message names, and bring the cluster back. One "
            "that is gone for good: `roottrust rotate exclude CLUSTER`.",
        ),
        Reason.ROTATION_STARTED: Advice(
            "The rotation of the root has begun.",
            "Follow it by `roottrust status --watch`.",
        ),
        Reason.ROTATION_STAGE: Advice(
            "The rotation has come to its next stage, or wave of clusters.",
            "If the message says that it waits for a person: `roottrust rotate approve`.",
        ),
        Reason.ROTATION_COMPLETED: Advice(
            "The next root is in use, and the one before may sign nothing any more.",
            "Remove the old root from Vault when you like. After a compromised one: see to the "
            "clusters that the message says are left behind.",
        ),
        Reason.ROTATION_ROLLED_BACK: Advice(
            "The rotation was rolled back; the root before is in use.",
            "Mend what it was rolled back for, and raise `rotation.rootGeneration` further.",
        ),
        Reason.INTERMEDIATES_COMPROMISED: Advice(
            "Intermediates are said to have leaked; they are revoked once no istiod serves them.",
            "Wait for IntermediatesRevoked. Peers trust them until they end: if that is too long, "
            "`roottrust rotate root --compromised`.",
        ),
        Reason.INTERMEDIATES_REVOKED: Advice(
            "They are revoked in Vault. Peers, who are given no CRL, trust them until they end.",
            "If that is too long, `roottrust rotate root --compromised`.",
        ),
        Reason.REVOCATION_LEFT: Advice(
            "They could not all be revoked by the hub.",
            "Run the commands that `status.compromisedIntermediates` has, or grant the hub "
            "`deploy/vault/roottrust-hub-revoke.hcl`.",
        ),
    },
)

DELETION = Topic(
    title="While a policy is deleted",
    about="With `management.deletionPolicy: Delete` what it made in Vault goes as well.",
    advice={
        Reason.DELETING: Advice(
            "The policy is being deleted, and waits for what the message names.",
            "Mend that, or set `management.deletionPolicy: Retain` to leave Vault as it is now. "
            "After `deletionSeconds` it goes in any case.",
        ),
        Reason.REMOVED_FROM_VAULT: Advice("What the policy had made in Vault is removed."),
        Reason.LEFT_IN_VAULT: Advice(
            "The policy is gone, and something that it made is still in Vault.",
            "Remove by hand what the message and the log of the hub list, if nothing uses it.",
        ),
        Reason.LEFT_IN_CLUSTERS: Advice(
            "The policy is gone, and IssuedCertificates of it are left in clusters that were away.",
            "`kubectl delete issuedcertificate` in the clusters that the message names.",
        ),
    },
)
