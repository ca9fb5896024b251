"""Command lines of Helm, Vault and the tools of this repository."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from tests.doc_blocks import REPOSITORY
from tests.unit.docs.flags import read_words, split_flags
from tests.unit.docs.tree import check_file

_HELM_VALUED = read_words(
    """
    -n --namespace --kube-context -f --values --set --set-string --post-renderer
    --post-renderer-args --version --timeout --set-file
    """
)
_HELM_PLAIN = read_words(
    """
    --create-namespace --wait --install --reuse-values --take-ownership --reset-values
    """
)
_VAULT_FLAG = re.compile(
    r"-(path|field|force|policy|no-default-policy|orphan|period|format|ttl|address|namespace"
    r"|max-lease-ttl|default-lease-ttl|method|listing-visibility)(=.*)?"
)
_VAULT = {
    "audit": {"list", "enable"},
    "auth": {"enable", "disable", "list", "tune"},
    "delete": None,
    "lease": {"revoke"},
    "list": None,
    "login": None,
    "namespace": {"create", "list"},
    "operator": {"unseal", "raft"},
    "patch": None,
    "policy": {"write", "read", "list", "delete"},
    "read": None,
    "secrets": {"enable", "disable", "list", "tune", "move"},
    "status": None,
    "token": {"create", "lookup", "capabilities", "revoke"},
    "version": None,
    "write": None,
}


def check_helm(words: Sequence[str]) -> None:
    """Raise ValueError if the words behind `helm` do not make sense."""
    rest, flags = split_flags(words, valued=_HELM_VALUED, plain=_HELM_PLAIN)
    verb, *operands = rest
    for path in flags.get("-f", []):
        check_file(path)
    if verb == "plugin":
        check_file(operands[1])
        return
    if verb in {"repo", "list", "history", "rollback", "uninstall", "status", "get", "dependency"}:
        return
    if verb not in {"install", "upgrade", "template"} or len(operands) != 2:
        raise ValueError(f"helm {' '.join(rest)} is not known here")
    chart = operands[1]
    check_file(chart)
    if chart == "charts/roottrust":
        for pair in flags.get("--set", []):
            check_value_key(pair.split("=", 1)[0])


def list_values() -> frozenset[str]:
    """Return what the chart has values of, each the first word of a key."""
    return frozenset(_read_schema()["properties"])


def check_value_key(key: str) -> None:
    """Raise ValueError if the chart has no such value."""
    schema: Mapping[str, Any] = _read_schema()
    for name in re.sub(r"\[\d+\]", ".[]", key).split("."):
        schema = _follow(schema)
        if name == "[]":
            schema = schema.get("items", {})
        elif name in schema.get("properties", {}):
            schema = schema["properties"][name]
        elif schema.get("additionalProperties") is False:
            raise ValueError(f"the chart has no value {key}")
        else:
            return


def check_vault(words: Sequence[str]) -> None:
    """Raise ValueError if the words behind `vault` or `bao` do not make sense."""
    rest = [each for each in words if not each.startswith("-") or each == "-"]
    for each in words:
        if each.startswith("-") and each != "-" and _VAULT_FLAG.fullmatch(each) is None:
            raise ValueError(f"{each} is no option that is known here")
    verb, *operands = rest
    if verb not in _VAULT:
        raise ValueError(f"vault {verb} is not known here")
    actions = _VAULT[verb]
    if actions is not None and (not operands or operands[0] not in actions):
        raise ValueError(f"vault {' '.join(rest)} is not known here")
    if actions is None and verb not in {"status", "login", "version"} and not operands:
        raise ValueError(f"vault {verb} needs a path")


def check_make(words: Sequence[str]) -> None:
    """Raise ValueError if the Makefile has no such target."""
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    for each in words:
        if "=" not in each and each not in targets:
            raise ValueError(f"make has no target {each}")


def check_pytest(words: Sequence[str]) -> None:
    """Raise ValueError if what is to be tested is not there."""
    rest, _ = split_flags(words, valued={"-k", "-m"}, plain={"-q", "-x", "-v"})
    for each in rest:
        if not (REPOSITORY / each).exists():
            raise ValueError(f"there is no {each} in this tree")


def check_python(words: Sequence[str]) -> None:
    """Raise ValueError if the module is none of ours."""
    if words[0] != "-m" or importlib.util.find_spec(words[1]) is None:
        raise ValueError(f"python {' '.join(words)} is not known here")


def check_docker(words: Sequence[str]) -> None:
    """Raise ValueError for what is not known, or an argument that the Dockerfile has not."""
    if words[0] in {"load", "push", "run", "save", "tag"}:
        return
    arguments = set(
        re.findall(r"^ARG (\w+)", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE)
    )
    given = [words[at + 1].split("=")[0] for at, each in enumerate(words) if each == "--build-arg"]
    if words[0] != "build" or not set(given) <= arguments:
        raise ValueError(f"docker {' '.join(words)}: the Dockerfile has {sorted(arguments)}")


def _follow(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Mapping[str, Any] = _read_schema()["$defs"][reference.removeprefix("#/$defs/")]
    return found


@cache
def _read_schema() -> dict[str, Any]:
    path = REPOSITORY / "charts/roottrust/values.schema.json"
    schema: dict[str, Any] = json.loads(path.read_text())
    return schema
