"""How long the certificates of workloads live at most: what istiod allows, what each pod asks for.

A value that istio cannot read counts as its default there; where a pod is concerned, as the longest
that there may be, for a leaf that lives longer than was thought would prove a lie.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from roottrust.domain.container_variable import Variable, find_variable
from roottrust.domain.go_duration import parse_go_duration
from roottrust.domain.manifest import Manifest, read_mapping, read_mappings

# What pilot-agent asks for unless told otherwise, and what istiod gives to who asks for nothing.
ASKED_DEFAULT = timedelta(hours=24)
LONGEST_DEFAULT = timedelta(days=90)

_LONGEST, _DEFAULT, _ASKED = "MAX_WORKLOAD_CERT_TTL", "DEFAULT_WORKLOAD_CERT_TTL", "SECRET_TTL"
_PROXY = "istio-proxy"
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class LeafLives:
    """What one istiod gives: to who asks for no length, and at most; None where nobody can tell."""

    default: timedelta | None = ASKED_DEFAULT
    longest: timedelta | None = LONGEST_DEFAULT

    def bound(self, life: timedelta | None) -> timedelta | None:
        """Return a life as istiod gives it at most: it refuses what is longer."""
        if self.longest is None:
            return life
        return self.longest if life is None else min(life, self.longest)


def read_leaf_lives(discovery: Manifest) -> LeafLives:
    """Return what the container that is istiod gives; its default is not bound by its maximum."""
    longest = _read(find_variable(discovery, _LONGEST), default=LONGEST_DEFAULT)
    default = _read(find_variable(discovery, _DEFAULT), default=ASKED_DEFAULT)
    if longest is None or default is None:
        return LeafLives(default=default, longest=None)
    return LeafLives(default=default, longest=max(longest, default))


def find_leaf_life(pod: Manifest, lives: LeafLives) -> timedelta | None:
    """Return how long the leaf of a pod lives at most, None where that cannot be told."""
    asked = list(_list_asked(_list_containers(pod), lives))
    if not asked:
        return lives.bound(_find_longer(ASKED_DEFAULT, lives.default))
    if any(each is None for each in asked):
        return lives.longest
    return lives.bound(max(each for each in asked if each is not None))


def has_proxy(pod: Manifest) -> bool:
    """Whether a container of a pod asks for certificates, as far as it shows."""
    return any(each.get("name") == _PROXY or _names_it(each) for each in _list_containers(pod))


def _list_containers(pod: Manifest) -> tuple[Manifest, ...]:
    """Return its containers, native sidecars among them."""
    spec = read_mapping(pod.get("spec"))
    return (*read_mappings(spec.get("containers")), *read_mappings(spec.get("initContainers")))


def _list_asked(containers: tuple[Manifest, ...], lives: LeafLives) -> Iterator[timedelta | None]:
    """Return what the proxy asks for, and whoever else has the variable; None for anything."""
    for container in containers:
        is_proxy = container.get("name") == _PROXY
        variable = find_variable(container, _ASKED)
        if variable is not None and (is_proxy or _names_it(container)):
            yield _read_asked(variable, lives)
        elif is_proxy:
            yield _find_longer(ASKED_DEFAULT, lives.default)


def _names_it(container: Manifest) -> bool:
    return any(each.get("name") == _ASKED for each in read_mappings(container.get("env")))


def _read_asked(variable: Variable, lives: LeafLives) -> timedelta | None:
    """Return what a value asks for: less than a second is nothing, for which istiod has its own."""
    asked = parse_go_duration(variable.text) if variable.text is not None else None
    if asked is None:
        return None
    return asked if asked >= _SECOND else _find_longer(ASKED_DEFAULT, lives.default)


def _find_longer(one: timedelta, other: timedelta | None) -> timedelta | None:
    return None if other is None else max(one, other)


def _read(variable: Variable | None, *, default: timedelta) -> timedelta | None:
    """Return what istiod reads of a variable, None where its value is not known."""
    if variable is None:
        return default
    if variable.text is None:
        return None
    return parse_go_duration(variable.text) or default
