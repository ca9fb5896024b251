"""What the benchmark is to show, and whether it does: verdicts, nothing that fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench.counts import VAULT_LOGINS, Counts
from tests.bench.results import Measurement

MET = "met"
NOT_MET = "**not met**"
NOT_MEASURED = "not measured"

_SMALL, _LARGE = 200, 1000

MOST_RATIO = 3.0
MOST_REQUESTS = 12.0
MOST_LOGINS = 5
MOST_KUBERNETES_WRITES = 2.0
MOST_MB = 150.0
MOST_READS = 3.0
MOST_SWEEP_READS = 2


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One aim beside what was found."""

    aim: str
    found: str
    is_met: bool | None

    @property
    def word(self) -> str:
        """Say whether it is met."""
        if self.is_met is None:
            return NOT_MEASURED
        return MET if self.is_met else NOT_MET


def judge(measurements: Sequence[Measurement]) -> tuple[Verdict, ...]:
    """Return a verdict for each aim."""
    by_count = {each.count: each for each in measurements}
    small, large = by_count.get(_SMALL), by_count.get(_LARGE)
    return (
        _judge_one(
            f"start to all Ready: at most {MOST_RATIO:g} times the floor at {_SMALL}",
            small,
            lambda m: m.start.ratio,
            MOST_RATIO,
        ),
        _judge_slope(small, large),
        _judge_worst(
            f"at most {MOST_REQUESTS:g} Vault requests a cluster",
            measurements,
            lambda m: m.start.counts.vault_requests / m.count,
            MOST_REQUESTS,
        ),
        _judge_worst(
            "a handful of logins in all",
            measurements,
            lambda m: m.start.counts.sum(VAULT_LOGINS),
            MOST_LOGINS,
        ),
        _judge_worst(
            f"at most {MOST_KUBERNETES_WRITES:g} Kubernetes writes a policy",
            measurements,
            lambda m: m.start.counts.kubernetes_writes / m.count,
            MOST_KUBERNETES_WRITES,
        ),
        _judge_one(
            f"less than {MOST_MB:g} MB at {_LARGE}", large, lambda m: m.peak_mb, MOST_MB - 0.1
        ),
        _judge_worst(
            f"idle pass: at most {MOST_READS:g} Vault reads a cluster",
            measurements,
            lambda m: m.idle.counts.vault_reads_of_clusters / m.count,
            MOST_READS,
        ),
        _judge_worst(
            f"idle pass: at most {MOST_SWEEP_READS} reads for all at once, and each root's",
            measurements,
            lambda m: m.idle.counts.vault_reads_of_sweep,
            MOST_SWEEP_READS,
        ),
        _judge_worst(
            "idle pass: no write to Vault or Kubernetes",
            measurements,
            lambda m: _count_writes(m.idle.counts),
            0,
        ),
        _judge_worst(
            "restart: no write to Vault or Kubernetes",
            measurements,
            lambda m: _count_writes(m.restart.counts),
            0,
        ),
    )


def _count_writes(counts: Counts) -> int:
    return counts.vault_writes + counts.kubernetes_writes


def _judge_one(
    aim: str, found: Measurement | None, read: Callable[[Measurement], float], most: float
) -> Verdict:
    if found is None:
        return Verdict(aim=aim, found="", is_met=None)
    value = read(found)
    return Verdict(aim=aim, found=_show(value), is_met=value <= most)


def _judge_worst(
    aim: str,
    measurements: Sequence[Measurement],
    read: Callable[[Measurement], float],
    most: float,
) -> Verdict:
    value = max(map(read, measurements))
    return Verdict(aim=aim, found=_show(value), is_met=value <= most)


def _judge_slope(small: Measurement | None, large: Measurement | None) -> Verdict:
    aim = f"no steeper at {_LARGE} than at {_SMALL}"
    if small is None or large is None:
        return Verdict(aim=aim, found="", is_met=None)
    ratios = small.start.ratio, large.start.ratio
    found = " → ".join(map(_show, ratios))
    return Verdict(aim=aim, found=found, is_met=ratios[1] <= max(ratios[0], MOST_RATIO))


def _show(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
