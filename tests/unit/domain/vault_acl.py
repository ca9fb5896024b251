"""What Vault makes of a policy document: read by a parser of HCL, judged as Vault's ACL does.

Sources: vault/policy.go and vault/acl.go of Vault; only what our documents use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import hcl2


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request with an agent's token; parameters travel as strings."""

    capability: str
    path: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Stanza:
    """What a document says of one path."""

    path: str
    capabilities: tuple[str, ...]
    required: tuple[str, ...]
    allowed: Mapping[str, tuple[Any, ...]] | None

    @property
    def is_exact(self) -> bool:
        """Whether it is about one path alone: Vault knows `*` at the end and `+` as a segment."""
        return not self.path.endswith("*") and "+" not in self.path.split("/")

    def grants(self, request: Request) -> bool:
        """Whether it lets a request pass."""
        if request.path != self.path or request.capability not in self.capabilities:
            return False
        if not set(self.required) <= set(request.parameters):
            return False
        return all(self._allows(name, value) for name, value in request.parameters.items())

    def _allows(self, name: str, value: str) -> bool:
        if self.allowed is None:
            return True
        values = self.allowed.get(name)
        return values is not None and (not values or value in values)


def parse_policy(document: str) -> tuple[Stanza, ...]:
    """Return the stanzas of a document; it must hold nothing else."""
    parsed = hcl2.loads(document)
    assert set(parsed) <= {"path", "__comments__"}
    return tuple(
        _build_stanza(_unquote(path), body)
        for block in parsed["path"]
        for path, body in block.items()
    )


def _build_stanza(path: str, body: Mapping[str, Any]) -> Stanza:
    known = {"capabilities", "required_parameters", "allowed_parameters", "__is_block__"}
    assert set(body) <= known
    allowed = body.get("allowed_parameters")
    return Stanza(
        path=path,
        capabilities=_read_list(body["capabilities"]),
        required=_read_list(body.get("required_parameters", [])),
        allowed=None
        if allowed is None
        else {_unquote(name): _read_list(values) for name, values in allowed.items()},
    )


def _read_list(values: list[Any]) -> tuple[Any, ...]:
    return tuple(_unquote(each) if isinstance(each, str) else each for each in values)


def _unquote(text: str) -> str:
    return text.removeprefix('"').removesuffix('"')
