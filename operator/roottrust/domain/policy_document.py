"""The Vault policy of one cluster's istiod agents: the least that lets them get an intermediate.

Each parameter that an agent sends is listed, and what matters is pinned and required; Vault refuses
a request with any other. Pinned values compare as strings: a number must travel as "0".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PATH = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+", re.ASCII)
_SEGMENT = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
_TTL = re.compile(r"[1-9][0-9]{0,6}h", re.ASCII)
_KEY_TYPES = frozenset({"ec", "rsa"})
# A quote or backslash ends or escapes a string of HCL, `*` is a wildcard, Vault splits at a comma
# what may be several names; the others open a template.
_UNSAFE = ('"', "\\", "*", ",", "${", "%{", "{{", "}}")
_MARK_PREFIX = "# "


@dataclass(frozen=True, kw_only=True)
class AgentRights:
    """What the agents of one cluster may do.

    `issuer_id` is Vault's id, since a name can be moved to another issuer. `unnamed_ca_path` is the
    sign path for agents that name no issuer, `intermediate_mount` where Vault makes keys: each
    None unless used. `ttl` is in hours; `key_type` is Vault's word, rsa or ec.
    """

    mark: str
    root_mount: str
    issuer_id: str
    common_name: str
    ttl: str
    unnamed_ca_path: str | None
    intermediate_mount: str | None
    organization: str | None
    key_type: str
    key_bits: int


def render_policy(rights: AgentRights) -> str:
    """Return the policy as HCL; raises ValueError for what cannot be quoted safely."""
    issuer = f"{rights.root_mount}/issuer/{_check_issuer_id(rights.issuer_id)}"
    sign = f"{issuer}/sign-intermediate"
    stanzas = [_render_sign(sign, rights), _render_stanza(f"{issuer}/json", "read")]
    if rights.unnamed_ca_path not in {None, sign}:
        stanzas += _render_unnamed(str(rights.unnamed_ca_path), rights)
    if rights.intermediate_mount is not None:
        stanzas.append(_render_generate(rights.intermediate_mount, rights))
    stanzas.append(_render_stanza("auth/token/revoke-self", "update"))
    return "\n\n".join([_MARK_PREFIX + _check_mark(rights.mark), *stanzas]) + "\n"


def read_mark(document: str) -> str | None:
    """Return the comment in the first line of a policy, None if it does not start with one."""
    first = document.split("\n", 1)[0]
    return first.removeprefix(_MARK_PREFIX).strip() if first.startswith(_MARK_PREFIX) else None


def is_pinnable(value: str) -> bool:
    """Tell whether a policy can pin a parameter to exactly this value."""
    return bool(value) and value.isprintable() and not any(text in value for text in _UNSAFE)


def can_name_issuer(issuer_id: str) -> bool:
    """Tell whether a policy can grant the paths of this issuer and of no other."""
    return issuer_id not in {"default", ".", ".."} and bool(_SEGMENT.fullmatch(issuer_id))


def _render_sign(path: str, rights: AgentRights) -> str:
    pinned = {
        "common_name": _pin(rights.common_name),
        "max_path_length": _pin("0"),
        "ttl": _pin(_check_ttl(rights.ttl)),
    }
    optional = {
        # Both as a string and as a boolean.
        "exclude_cn_from_sans": '["true", true]',
        "format": _pin("pem", "pem_bundle"),
        **_pin_organization(rights),
    }
    return _render_stanza(path, "update", required={"csr": "[]", **pinned}, optional=optional)


def _render_unnamed(path: str, rights: AgentRights) -> list[str]:
    """Render the paths that agents made for the guide use: signing and reading the default CA."""
    if not (path.startswith(f"{rights.root_mount}/") and path.endswith("/sign-intermediate")):
        raise ValueError(f"{path!r} is not a sign path of {rights.root_mount!r}")
    return [_render_sign(path, rights), _render_stanza(f"{rights.root_mount}/cert/ca", "read")]


def _render_generate(mount: str, rights: AgentRights) -> str:
    """Render the path where Vault makes a key and hands it out once."""
    if rights.key_type not in _KEY_TYPES:
        raise ValueError(f"{rights.key_type!r} is not a key type of Vault")
    required = {
        "common_name": _pin(rights.common_name),
        "key_bits": _pin(str(rights.key_bits)),
        "key_type": _pin(rights.key_type),
    }
    optional = {"format": _pin("pem", "pem_bundle"), **_pin_organization(rights)}
    path = f"{mount}/intermediate/generate/exported"
    return _render_stanza(path, "update", required=required, optional=optional)


def _render_stanza(
    path: str,
    capability: str,
    *,
    required: dict[str, str] | None = None,
    optional: dict[str, str] | None = None,
) -> str:
    lines = [f"path {_quote_path(path)} {{", f'  capabilities = ["{capability}"]']
    if required:
        names = ", ".join(f'"{name}"' for name in sorted(required))
        lines.append(f"  required_parameters = [{names}]")
        lines.append("  allowed_parameters = {")
        allowed = {**required, **(optional or {})}
        lines += [f'    "{name}" = {values}' for name, values in sorted(allowed.items())]
        lines.append("  }")
    return "\n".join([*lines, "}"])


def _pin_organization(rights: AgentRights) -> dict[str, str]:
    return {} if rights.organization is None else {"organization": _pin(rights.organization)}


def _pin(*values: str) -> str:
    return f"[{', '.join(_quote(value) for value in values)}]"


def _quote(value: str) -> str:
    if not is_pinnable(value):
        raise ValueError(f"{value!r} cannot be written into a Vault policy")
    return f'"{value}"'


def _quote_path(path: str) -> str:
    if not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise ValueError(f"{path!r} cannot be a path of a Vault policy")
    return f'"{path}"'


def _check_issuer_id(issuer: str) -> str:
    if not can_name_issuer(issuer):
        raise ValueError(f"{issuer!r} is not the id of an issuer")
    return issuer


def _check_ttl(ttl: str) -> str:
    if not _TTL.fullmatch(ttl):
        raise ValueError(f"{ttl!r} is not a number of hours such as 8760h")
    return ttl


def _check_mark(mark: str) -> str:
    if not mark.isprintable() or not mark or mark != mark.strip():
        raise ValueError(f"{mark!r} is not one line of text")
    return mark
