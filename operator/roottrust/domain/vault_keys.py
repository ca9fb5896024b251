"""Keys that Vault made at a policy's `csrPath`: which ones nobody needs there any more.

Vault keeps every key that it made, though an agent gets it once, in the answer. Once an
intermediate with that key was seen, the agent has it. Of all others: its token ends after
`AGENT_TOKEN_SECONDS`, and what was there for twice as long was used by then, or never will be.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from roottrust.domain.desired import AGENT_TOKEN_SECONDS
from roottrust.domain.some_names import list_some

UNUSED_SECONDS = 2.0 * AGENT_TOKEN_SECONDS

KEY_WARNING = "KeyGeneratedInVault"
_REMOVED = (
    "what an agent is seen to have is removed, and what nobody can use any more after "
    f"{UNUSED_SECONDS / 60:g} minutes."
)
_LEFT = "roottrust removes none there: do it once nobody uses them."


@dataclass(frozen=True, kw_only=True)
class MountKeys:
    """The ids of the keys of one mount, and of those that its issuers sign with."""

    keys: tuple[str, ...]
    used: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class KeyDecision:
    """Which keys to remove; `seen_at` is when each key that is there was seen first."""

    remove: tuple[str, ...]
    seen_at: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class KeyCount:
    """What is told of one mount: how many keys it has, or why that is not known."""

    kept: int = 0
    is_ours: bool = True
    trouble: str | None = None


def decide_keys(
    found: MountKeys,
    *,
    seen_at: Mapping[str, float],
    now: float,
    unused_seconds: float,
    confirmed: Container[str] = (),
) -> KeyDecision:
    """Return the keys that nobody needs in Vault any more: confirmed ones, and those of old.

    `confirmed` are keys whose intermediate their agent was seen to have. A key that an issuer signs
    with always stays. Times are seconds of one clock that never goes back: a key that was not seen
    before has its time begin now.
    """
    seen = {key: min(seen_at.get(key, now), now) for key in found.keys}
    remove = tuple(
        key
        for key in found.keys
        if key not in found.used and (key in confirmed or now - seen[key] >= unused_seconds)
    )
    return KeyDecision(remove=remove, seen_at=seen)


def tell_keys(
    warnings: Iterable[str], counts: Mapping[str, KeyCount], *, before: Iterable[str]
) -> tuple[str, ...]:
    """Return the warnings with the numbers in; while these are not known, as it was told before."""
    known = next((text for text in before if text.startswith(KEY_WARNING)), None)
    told = _describe(counts) or known
    return tuple(told if told and text.startswith(KEY_WARNING) else text for text in warnings)


def _describe(counts: Mapping[str, KeyCount]) -> str | None:
    if not counts:
        return None
    ours = {name: each for name, each in counts.items() if each.is_ours}
    others = {name: each for name, each in counts.items() if not each.is_ours}
    parts = [*_describe_mounts(ours, _REMOVED), *_describe_mounts(others, _LEFT)]
    return (
        f"{KEY_WARNING}: csrPath has Vault make the keys of intermediates. {' '.join(parts)} Leave "
        "csrPath out, and istiod's agent makes them in its pod."
    )


def _describe_mounts(counts: Mapping[str, KeyCount], fate: str) -> list[str]:
    """Return how many keys there are and what becomes of them, and one trouble of all."""
    read = {name: each.kept for name, each in counts.items() if each.trouble is None}
    found = [f"{sum(read.values())} in {_name(read)} now; {fate}"] if read else []
    troubles = [each.trouble for each in counts.values() if each.trouble is not None]
    return [*found, *troubles[:1]]


def _name(mounts: Iterable[str]) -> str:
    return list_some(sorted(mounts))
