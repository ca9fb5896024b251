"""A Vault policy taken apart: its mark, and what it grants.

Apart, because a policy without our mark is compared by what it grants alone.
"""

from __future__ import annotations

from roottrust.domain.mark import parse_mark
from roottrust.domain.policy_document import read_mark


def split_policy(document: str) -> dict[str, str]:
    """Return `mark` (empty if it is not one of ours) and `policy`, the rest."""
    mark = read_mark(document)
    if mark is None or parse_mark(mark) is None:
        return {"mark": "", "policy": document}
    return {"mark": mark, "policy": document.partition("\n")[2]}


def join_policy(*, mark: str, policy: str) -> str:
    """Return the document again."""
    return f"# {mark}\n{policy}"
