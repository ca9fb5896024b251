"""Every command of a block, each held against what it calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.unit.docs.flags import read_words
from tests.unit.docs.kubectl_command import check_kubectl
from tests.unit.docs.other_commands import (
    check_docker,
    check_helm,
    check_make,
    check_pytest,
    check_python,
    check_vault,
)
from tests.unit.docs.roottrust_command import check_roottrust
from tests.unit.docs.shell import list_commands

# What any system has; a test that runs a block shows whether it is right.
_OF_THE_SYSTEM = read_words(
    """
    . base64 case cat cd chmod cp curl diff echo esac eval exit export git grep head jq mkdir
    mv openssl pip pre-commit rm sed set sha256sum tail tr wc
    """
)

_CHECKS: dict[str, Callable[[Sequence[str]], None]] = {
    "bao": check_vault,
    "docker": check_docker,
    "helm": check_helm,
    "kubectl": check_kubectl,
    "make": check_make,
    "pytest": check_pytest,
    "python": check_python,
    "python3": check_python,
    "roottrust": check_roottrust,
    "vault": check_vault,
}


def check_commands(text: str) -> None:
    """Raise ValueError or UsageError at the first command that is none."""
    for name, *words in list_commands(text):
        if name in _OF_THE_SYSTEM:
            continue
        if name not in _CHECKS:
            raise ValueError(f"{name} is no command that is known here")
        _CHECKS[name](words)
