"""Intermediates of istiods, and how far the root is in their meshes."""

from __future__ import annotations

from roottrust.domain.reason_guide.advice import Advice, Topic
from roottrust.domain.reasons import Reason

ISSUANCE = Topic(
    title="Whether istiods have their intermediates",
    about="Of the worst replica of the worst mesh; the IssuedCertificate beside istiod has all.",
    why="a mesh without an intermediate under the root gives out no certificates that others "
    "trust, and once its last one has ended none at all",
    advice={
        Reason.ISSUED: Advice(
            "Every replica of istiod serves its intermediate. As a warning Event: it does, and "
            "something about it should be mended.",
        ),
        Reason.WAITING_FOR_AGENT: Advice(
            "A replica of istiod has no agent that reports, or one that has just started.",
            "Put the agent beside istiod ({command}, or `deploy/istiod`), and see that the rollout "
            "ends. If it is there: `kubectl logs` of its container.",
            command="roottrust istiod-patch --help",
        ),
        Reason.AGENT_FAILED: Advice(
            "An agent obtains no intermediate. Where the condition is True, istiod still has one.",
            "The message has the agent's own words, with what to do; {command} in that cluster "
            "has its Events.",
            command="kubectl describe issuedcertificates -A",
        ),
        Reason.INSTANCE_NOT_BELIEVED: Advice(
            "What is reported of a replica does not fit its certificate, so that somebody else "
            "may have written it; or it is of a root that was given up.",
            "After a root was given up, stop istiod, delete the ConfigMap `istio-ca-root-cert` "
            "beside it, and start it again (see the how-to on disaster recovery). Otherwise find "
            "out who may write `issuedcertificates/status` in istiod's namespace: only the "
            "agents should. {command} tells what istiod really serves.",
            command="roottrust verify CLUSTER",
        ),
        Reason.RENEWING: Advice(
            "A replica has an intermediate of before, and its agent obtains another.",
            "Wait; it takes minutes. If it lasts, look at the agent's log.",
        ),
        Reason.EXPIRING: Advice(
            "An intermediate should have been renewed and was not.",
            "Mend what the message names before the time that it tells; mostly Vault is away or "
            "denies the agent. {command} tells of which istiods.",
            command="roottrust status NAMESPACE/NAME",
        ),
        Reason.EXPIRED: Advice(
            "An intermediate, or a CA above it, has ended: istiod signs nothing that is trusted.",
            "Mend what the message names, mostly Vault or the agent; istiod then gets another by "
            "itself. See that the clocks are right. {command} tells of which istiods.",
            command="roottrust status NAMESPACE/NAME",
        ),
        Reason.WAITING_FOR_ISTIOD: Advice(
            "istiod has no replicas, does not serve its new intermediate yet, or has not "
            "published its root.",
            "Wait a minute. If it lasts, look at istiod's pods and log.",
        ),
        Reason.WAITING_FOR_MESH: Advice(
            "Vault is ready, and no istiod is found in the clusters that are selected.",
            "Install istiod, and run the operator with the role `cluster` there: it makes the "
            "Mesh.",
        ),
        Reason.NO_MESH_SELECTED: Advice(
            "Vault is ready, and no istiod matches; the message has the nearest and what differs.",
            "Correct `applyToMeshes` of the policy, or the labels of istiod.",
        ),
        Reason.WAITING_FOR_REPORT: Advice(
            "Nothing tells what istiod publishes.",
            "Run the operator with the role `cluster` in that cluster.",
        ),
        Reason.WAITING_FOR_VAULT: Advice(
            "What has to be compared is in Vault, which cannot be read now.",
            "See VaultReachable and VaultConfigured of the policy.",
        ),
        Reason.READY: Advice("All conditions before it hold."),
    },
)

PROPAGATION = Topic(
    title="Whether workloads trust the root",
    about="What istiod publishes in its cluster, and which namespaces have it.",
    why="workloads of that mesh do not trust those of others, or are not trusted by them",
    advice={
        Reason.ISTIOD_READY: Advice("All replicas of istiod are ready."),
        Reason.ISTIOD_NOT_READY: Advice(
            "Not all replicas of istiod are ready.",
            "Look at the Deployment that the message names, and at its pods.",
        ),
        Reason.PUBLISHED: Advice("istiod publishes the roots that its IssuedCertificate has."),
        Reason.NOT_PUBLISHED: Advice(
            "The ConfigMap `istio-ca-root-cert` is not in istiod's namespace.",
            "Wait for istiod to start. If it runs, look in its log for why it does not write it.",
        ),
        Reason.NOT_MANAGED: Advice(
            "No policy is for this istiod; its roots are its own business.",
            "To have it under your root, write a RootTrustPolicy that selects it.",
        ),
        Reason.UNREADABLE_ROOTS: Advice(
            "What the ConfigMap `istio-ca-root-cert` holds are no certificates.",
            "Find out who else writes to it (`kubectl get cm … -o yaml --show-managed-fields`); "
            "istiod writes it anew when it is deleted.",
        ),
        Reason.SELF_SIGNED: Advice(
            "istiod signs by a root that it made itself, since it started without a CA.",
            "Put the agent beside it ({command}), or restart istiod if the agent is there.",
            command="roottrust istiod-patch --help",
        ),
        Reason.OTHER_ROOT_PUBLISHED: Advice(
            "istiod publishes another root than the policy's.",
            "See that its agent runs, and that no Secret `cacerts` or `istiod-tls` overrides it; "
            "then restart istiod. {command} shows what each part has.",
            command="roottrust verify CLUSTER",
        ),
        Reason.BUNDLE_OUTDATED: Advice(
            "istiod publishes the root, and not the whole trust bundle as it is now.",
            "Wait a minute. An istiod that takes changed roots only at its start has to be "
            "restarted; `config.autoRestartPods` has that done.",
        ),
        Reason.NAMESPACES_STALE: Advice(
            "Some namespaces do not have the roots that istiod publishes.",
            "Wait a minute. If it lasts, look in istiod's log for the namespaces that are named; "
            "those that istiod leaves out (`discoverySelectors`) have no workloads of it. "
            "{command} names all.",
            command="roottrust verify CLUSTER",
        ),
        Reason.PROPAGATED: Advice("Every namespace has the roots."),
        Reason.WORKLOADS_STALE: Advice(
            "The roots have changed, and workloads that started before may trust only the former.",
            "Set `config.autoRestartPods`, create a PodBounceDirective, or restart them by the "
            "command of the message.",
        ),
        Reason.ISTIODS_STALE: Advice(
            "A warning: istiod knows clients that show a certificate, such as VMs, by the roots "
            "with which it started.",
            "Restart istiod when it suits, by the command of the warning.",
        ),
        Reason.RESTARTS_NOT_WRITTEN: Advice(
            "A warning: a mesh waits for restarts, and the hub cannot write their "
            "PodBounceDirective. Trust itself is not concerned.",
            "Do what the warning says: mostly `roottrust cluster join` again, since an older "
            "version has not granted it.",
        ),
        Reason.WORKLOADS_RENEWED: Advice("No workload is left that may trust only former roots."),
        Reason.LEAVES_FROM_BEFORE: Advice(
            "In a step of a rotation, workloads have certificates from before it.",
            "Wait: they get others by themselves within the life of a certificate. To be faster, "
            "restart them, or set `config.autoRestartPods`.",
        ),
        Reason.LEAVES_RENEWED: Advice("Every workload has a certificate of this step."),
        Reason.RESTARTS_REQUESTED: Advice(
            "A PodBounceDirective of this mesh restarts its workloads, or istiod.",
            "Follow it by `kubectl get podbouncedirectives -A` in that cluster.",
        ),
    },
)
