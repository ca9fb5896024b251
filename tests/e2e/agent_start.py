"""How long an agent takes from the start of its process to its first CA, and for what."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from tests.e2e.istiod import AGENT, Istiod

_BEGINNING = "the process began"
# What each line of its log is the end of, by its reason or as an agent tells it.
_STEPS = {
    "looking for the IssuedCertificate": "Python and its modules",
    "an intermediate is obtained": "the IssuedCertificate is read",
    "logged in to Vault": "the roots are compared, and the login",
    "Vault has signed": "a key is made, and Vault signs",
    "Issued": "the CA is checked and published",
}
# Of the process's start the kernel tells how long ago it was, in ticks of the clock.
_READ_START = """
import os, time
ticks = int(open('/proc/1/stat').read().rpartition(')')[2].split()[19])
age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf('SC_CLK_TCK')
print(time.time() - age)
"""


@dataclass(frozen=True, kw_only=True)
class AgentStart:
    """The seconds of each step, in order."""

    steps: dict[str, float]

    @property
    def seconds(self) -> float:
        """All of it."""
        return sum(self.steps.values())

    def __str__(self) -> str:
        parts = "\n".join(f"  {seconds:5.2f} s  {step}" for step, seconds in self.steps.items())
        return f"the first CA was there after {self.seconds:.2f} s:\n{parts}"


def read_agent_start(istiod: Istiod) -> AgentStart:
    """Return what the agent of istiod's pod took; it must not have been restarted."""
    moments = {_BEGINNING: float(istiod.ask_agent(AGENT, _READ_START))}
    for line in istiod.read_log(AGENT).splitlines():
        told = json.loads(line)
        said = (told["message"], told.get("reason", ""))
        steps = (_STEPS[each] for each in _STEPS if any(text.startswith(each) for text in said))
        step = next(steps, None)
        if step is not None:
            moments.setdefault(step, datetime.fromisoformat(told["time"]).timestamp())
    assert list(moments) == [_BEGINNING, *_STEPS.values()], moments
    return AgentStart(
        steps={after: moments[after] - moments[before] for before, after in pairwise(moments)}
    )
