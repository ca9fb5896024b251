"""Waiting until the operator has looked at everything again, by itself or nudged."""

from __future__ import annotations

from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import Policy
from tests.integration.hub.waiting import wait_for

# Each comes after at most 11 s: the least interval with its jitter.
RESYNCS = 2
SECONDS = 45.0
_LOOKS = "roottrust_reconciles_total"


def wait_for_resyncs(operator: OperatorProcess, *, policies: int = 1) -> None:
    """Wait until so many policies have been reconciled twice more."""
    done = _count_reconciles(operator) + RESYNCS * policies
    wait_for(
        lambda: _count_reconciles(operator), lambda count: count >= done, seconds=SECONDS, every=1
    )


def _count_reconciles(operator: OperatorProcess) -> float:
    return operator.sum_metric(_LOOKS, result="ok")


def nudge_and_wait(operator: OperatorProcess, *policies: Policy) -> None:
    """Have policies looked at, and wait for it: twice, since a look may have begun before."""
    for policy in policies * 2:
        before = operator.sum_metric(_LOOKS)
        policy.nudge()
        wait_for(lambda: operator.sum_metric(_LOOKS), before.__lt__)
