"""Restarts of workloads by a PodBounceDirective."""

from __future__ import annotations

from roottrust.domain.reason_guide.advice import Advice, Topic
from roottrust.domain.reasons import Reason

BOUNCE = Topic(
    title="Restarts of workloads",
    about="Of a PodBounceDirective, and of each workload in its `status.workloads`.",
    advice={
        Reason.COMPLETE: Advice("All selected workloads are restarted."),
        Reason.RESTARTED: Advice("The workload is restarted: all its pods are new and ready."),
        Reason.NOTHING_SELECTED: Advice(
            "No workload has the labels that it asks for.",
            "If some should: compare `podsToBounce` with the labels of pods.",
        ),
        Reason.NOT_ACCEPTED: Advice(
            "Nothing is restarted, since the directive is not accepted.",
            "See its condition Accepted.",
        ),
        Reason.WAITING_FOR_ROOTS: Advice(
            "A namespace does not have the roots yet: restarted pods would have the old ones.",
            "Wait a minute. If it lasts, look in istiod's log for that namespace.",
        ),
        Reason.WAITING_FOR_REPLICAS: Advice(
            "Fewer pods are ready again than `waitForReplicas` asks for.",
            "Look at the pods of the workloads that were restarted last.",
        ),
        Reason.WAITING_FOR_TURN: Advice(
            "Others are restarted before it.",
            "Wait: a group begins when the one before it is done, and in a group istiod goes "
            "first, then gateways, then the rest.",
        ),
        Reason.RESTARTING: Advice("It is being restarted.", "Wait; the message counts its pods."),
        Reason.BUDGET_EXHAUSTED: Advice(
            "A PodDisruptionBudget does not allow to take its pods away now.",
            "See to the pods that are not ready, or let the rollout surge (`maxUnavailable: 0`).",
        ),
        Reason.ROLLOUT_PAUSED: Advice(
            "Its rollout is paused.", "`kubectl rollout resume`, if nobody needs it paused."
        ),
        Reason.ROLLOUT_PARTITIONED: Advice(
            "The partition of its StatefulSet keeps pods from being replaced.",
            "Set `updateStrategy.rollingUpdate.partition` to 0.",
        ),
        Reason.ROLLOUT_FAILED: Advice(
            "Its rollout has failed by its own deadline; nothing else is restarted meanwhile.",
            "Look at its pods (`kubectl describe`), and mend the workload: it then goes on by "
            "itself.",
        ),
        Reason.ROLLOUT_STALLED: Advice(
            "Its rollout has not come on for ten minutes; nothing else is restarted meanwhile.",
            "Look at its pods (`kubectl describe`). It goes on by itself once they are ready.",
        ),
        Reason.RESTART_UNDONE: Advice(
            "Somebody took the annotation off its template of pods, which stopped the restart.",
            "Find out who, mostly a GitOps tool that owns annotations; then delete the directive "
            "and create it again.",
        ),
        Reason.NO_CONTROLLER: Advice(
            "Left alone: nothing would replace the pod.", "Replace it yourself."
        ),
        Reason.MIRROR_POD: Advice(
            "Left alone: a kubelet keeps it by a file of its node.", "Replace it yourself."
        ),
        Reason.JOB: Advice("Left alone: a Job runs to its end, and its next pods have the roots."),
        Reason.UNKNOWN_OWNER: Advice(
            "Left alone: how its owner is restarted is not known.", "Restart it yourself."
        ),
    },
)
