"""Names that a configuration grants, as Vault's policies can say them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.reasons import Reason
from roottrust.domain.vault_path import CLUSTER_VARIABLE

_ANY = "*"


@dataclass(frozen=True, kw_only=True, order=True)
class NameGlob:
    """One name, or all that begin alike: a `*` ends a path in Vault, and stands nowhere else."""

    text: str
    is_prefix: bool = False

    def build_paths(self, before: str, after: str = "") -> tuple[str, ...]:
        """Return a path that ends in the name and in `after`; of a prefix all that begin so."""
        return (
            (f"{before}{self.text}{_ANY}",) if self.is_prefix else (f"{before}{self.text}{after}",)
        )


def read_names(
    patterns: Iterable[str], *, clusters: tuple[str, ...], what: str
) -> tuple[NameGlob, ...]:
    """Return patterns of a configuration for the clusters that are named, or else for any.

    Raises InvalidSpecError for one that Vault's policies cannot say.
    """
    found = {glob for pattern in patterns for glob in _read(pattern, clusters, what)}
    prefixes = [each.text for each in found if each.is_prefix]
    return tuple(
        sorted(
            each
            for each in found
            if not any(each.text.startswith(text) and each.text != text for text in prefixes)
        )
    )


def _read(pattern: str, clusters: tuple[str, ...], what: str) -> Iterator[NameGlob]:
    names = [pattern]
    if CLUSTER_VARIABLE in pattern and clusters:
        names = [pattern.replace(CLUSTER_VARIABLE, each) for each in clusters]
    for name in names:
        fixed, *rest = name.replace(CLUSTER_VARIABLE, _ANY).split(_ANY)
        if rest and not fixed:
            raise InvalidSpecError(
                f"{what} grants {pattern}, which begins with what may be anything: a Vault policy "
                "can end in a `*`, and not begin with one. Name the clusters (--cluster), or grant "
                "names that begin alike.",
                reason=Reason.INVALID_SPEC,
            )
        yield NameGlob(text=fixed, is_prefix=bool(rest))


def read_exact(patterns: Iterable[str], *, what: str) -> tuple[str, ...]:
    """Return names that have to be names: what follows them in a path matters.

    Raises InvalidSpecError.
    """
    found = tuple(dict.fromkeys(patterns))
    for pattern in found:
        if _ANY in pattern or CLUSTER_VARIABLE in pattern:
            raise InvalidSpecError(
                f"{what} grants {pattern}: a Vault policy cannot have `*` in the middle of a path. "
                "Grant each of them by its name.",
                reason=Reason.INVALID_SPEC,
            )
    return found
