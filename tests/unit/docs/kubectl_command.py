"""Command lines of kubectl: verbs, kinds, options, and the names that come from this tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

import yaml

from roottrust.api.kind import KINDS
from roottrust.domain.reasons import BounceConditionType, ConditionType, MeshConditionType
from tests.doc_blocks import REPOSITORY
from tests.unit.docs.flags import read_words, split_flags
from tests.unit.docs.roottrust_command import check_roottrust
from tests.unit.docs.tree import check_file

_VALUED = read_words(
    """
    -n --namespace -l --selector -o --output -f --filename -k --kustomize --context
    --kubeconfig --for --timeout -c --container --tail --since --field-selector --from-file
    --from-literal --verb --resource --type -p --patch --replicas --sort-by --field-manager
    --audience --duration --cascade --subresource --patch-file
    """
)
_PLAIN = read_words(
    """
    -A --all-namespaces --server-side --force-conflicts --previous -w --watch --all
    --dry-run --ignore-not-found --create-namespace --overwrite --raw --show-labels
    --no-headers --prune -R --recursive -ojson
    """
)
_BUILT_IN = read_words(
    """
    pod deployment statefulset daemonset replicaset job service secret configmap namespace
    node event lease role rolebinding clusterrole clusterrolebinding serviceaccount crd
    customresourcedefinition podmonitor prometheusrule poddisruptionbudget endpoint cm sa
    networkpolicy
    """
)
_ANNOTATION = re.compile(r"^((?:admin|internal)\.gloo\.solo\.io/[a-z-]+)(?:[=-].*)?$")
_FILES = ("-f", "-k", "--filename", "--kustomize", "--patch-file")
_CONDITION = re.compile(r"^condition=(\w+)(=\w+)?$")
_CONDITIONS = frozenset(
    {"Available", "Established"}.union(
        *(map(str, kind) for kind in (ConditionType, MeshConditionType, BounceConditionType))
    )
)


def check_kubectl(words: Sequence[str]) -> None:
    """Raise ValueError or UsageError if the words behind `kubectl` do not make sense."""
    if words[0] == "roottrust":
        check_roottrust(words[1:])
        return
    rest, flags = split_flags(words, valued=_VALUED, plain=_PLAIN)
    verb, *operands = rest
    if verb not in _VERBS:
        raise ValueError(f"{verb} is no verb that is known here")
    files = [path for name in _FILES for path in flags.get(name, [])]
    for path in files:
        check_file(path)
    for each in flags.get("--for", []):
        _check_condition(each)
    if operands or not files:
        _VERBS[verb](operands)


def _check_kinds(operands: Sequence[str]) -> None:
    """Check `kind[,kind] name…` and `kind/name…`."""
    if not operands:
        raise ValueError("no kind is named")
    named = [each for each in operands if "/" in each] or operands[:1]
    for kind in (part for each in named for part in each.split("/")[0].split(",")):
        if kind.lower().split(".")[0] not in _list_kinds():
            raise ValueError(f"{kind} is no kind that is known here")


def _check_annotation(operands: Sequence[str]) -> None:
    _check_kinds([each for each in operands if "gloo.solo.io/" not in each])
    for each in operands:
        found = _ANNOTATION.match(each)
        if found and f'"{found[1].removesuffix("-")}"' not in _read_code():
            raise ValueError(f"{found[1]} is no annotation of ours")


def _check_logs(operands: Sequence[str]) -> None:
    for each in operands:
        kind, _, name = each.partition("/")
        if name.startswith("roottrust") and name not in _list_shipped(kind):
            raise ValueError(f"deploy/ has no {each}")


def _check_rollout(operands: Sequence[str]) -> None:
    if operands[0] not in {"restart", "status", "undo"}:
        raise ValueError(f"rollout {operands[0]} is not known here")
    _check_kinds(operands[1:])


def _check_condition(text: str) -> None:
    found = _CONDITION.match(text)
    if text == "delete":
        return
    if found is None or found[1] not in _CONDITIONS:
        raise ValueError(f"--for={text}: no condition of ours")


def _pass(operands: Sequence[str]) -> None:
    del operands


@cache
def _list_kinds() -> frozenset[str]:
    ours = {name for kind in KINDS for name in (kind.plural, kind.kind.lower(), *kind.short_names)}
    return frozenset(ours | _BUILT_IN | {f"{each}s" for each in _BUILT_IN})


@cache
def _list_shipped(kind: str) -> frozenset[str]:
    documents = (
        document
        for path in (REPOSITORY / "deploy").rglob("*.yaml")
        for document in yaml.safe_load_all(path.read_text())
        if isinstance(document, dict)
    )
    return frozenset(
        str(each["metadata"]["name"])
        for each in documents
        if str(each.get("kind", "")).lower() == kind
    )


@cache
def _read_code() -> str:
    paths = (REPOSITORY / "operator/roottrust").rglob("*.py")
    return "\n".join(path.read_text() for path in paths)


_VERBS: dict[str, Callable[[Sequence[str]], None]] = {
    "annotate": _check_annotation,
    "apply": _pass,
    "config": _pass,
    "create": _pass,
    "delete": _check_kinds,
    "describe": _check_kinds,
    "diff": _pass,
    "edit": _check_kinds,
    "get": _check_kinds,
    "label": _check_kinds,
    "logs": _check_logs,
    "patch": _check_kinds,
    "port-forward": _check_logs,
    "rollout": _check_rollout,
    "scale": _check_kinds,
    "top": _check_kinds,
    "wait": _check_kinds,
}
