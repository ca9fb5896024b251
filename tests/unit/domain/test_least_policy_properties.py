from __future__ import annotations

from collections.abc import Mapping

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from roottrust.domain.action import Action
from roottrust.domain.plan import plan_policy
from roottrust.domain.policy_document import AgentRights, is_pinnable, render_policy
from roottrust.domain.policy_mark import join_policy
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.vault_object import VaultKind
from tests.unit.domain.strategies import snapshots
from tests.unit.domain.vault_acl import Request, parse_policy

SEGMENTS = st.text("abcxyzAB019_.-", min_size=1, max_size=12).filter(
    lambda text: text not in {".", ".."}
)
MOUNTS = st.lists(SEGMENTS, min_size=1, max_size=2).map("/".join)
NAMES = st.text(min_size=1, max_size=20).filter(is_pinnable)
# The parser is slow, and slowest the first time.
parsing = settings(max_examples=20, deadline=None)
# What an agent might try beside what it needs.
VALUES = st.one_of(st.sampled_from(["", "0", "1", "-1", "true", "der", "87600h", "*"]), st.text())


@st.composite
def rights(draw: st.DrawFn) -> AgentRights:
    root = draw(MOUNTS)
    return AgentRights(
        mark="roottrust hub=h1",
        root_mount=root,
        issuer_id=draw(SEGMENTS.filter(lambda text: text != "default")),
        common_name=draw(NAMES),
        ttl=f"{draw(st.integers(1, 99999))}h",
        unnamed_ca_path=draw(st.sampled_from([None, f"{root}/root/sign-intermediate"])),
        intermediate_mount=draw(st.none() | MOUNTS.filter(lambda mount: mount != root)),
        organization=draw(st.none() | NAMES),
        key_type=draw(st.sampled_from(["ec", "rsa"])),
        key_bits=draw(st.sampled_from([256, 384, 2048, 4096])),
    )


def build_sign_parameters(asked: AgentRights) -> dict[str, str]:
    """Return what an agent sends to have its CSR signed."""
    return {
        "csr": "-----BEGIN CERTIFICATE REQUEST-----",
        "common_name": asked.common_name,
        "max_path_length": "0",
        "ttl": asked.ttl,
    }


def build_generate_parameters(asked: AgentRights) -> dict[str, str]:
    """Return what an agent sends to have Vault make a key."""
    return {
        "common_name": asked.common_name,
        "key_type": asked.key_type,
        "key_bits": str(asked.key_bits),
    }


def list_asked(asked: AgentRights) -> tuple[Request, ...]:
    """Return every request that an agent of these rights makes."""
    issuer = f"{asked.root_mount}/issuer/{asked.issuer_id}"
    sign = build_sign_parameters(asked)
    found = [
        Request(capability="update", path=f"{issuer}/sign-intermediate", parameters=sign),
        Request(capability="read", path=f"{issuer}/json", parameters={}),
        Request(capability="update", path="auth/token/revoke-self", parameters={}),
    ]
    if asked.unnamed_ca_path is not None:
        default = f"{asked.root_mount}/cert/ca"
        found.append(Request(capability="update", path=asked.unnamed_ca_path, parameters=sign))
        found.append(Request(capability="read", path=default, parameters={}))
    if asked.intermediate_mount is not None:
        path = f"{asked.intermediate_mount}/intermediate/generate/exported"
        parameters = build_generate_parameters(asked)
        found.append(Request(capability="update", path=path, parameters=parameters))
    return tuple(found)


def is_granted(document: str, request: Request) -> bool:
    return any(stanza.grants(request) for stanza in parse_policy(document))


@parsing
@given(rights())
def test_agents_may_do_all_that_they_need(asked: AgentRights) -> None:
    document = render_policy(asked)
    assert [each for each in list_asked(asked) if not is_granted(document, each)] == []


@parsing
@given(rights())
def test_only_the_paths_that_are_asked_for_are_named(asked: AgentRights) -> None:
    stanzas = parse_policy(render_policy(asked))
    wanted = [(each.path, (each.capability,)) for each in list_asked(asked)]
    assert sorted((each.path, each.capabilities) for each in stanzas) == sorted(set(wanted))
    assert all(stanza.is_exact for stanza in stanzas)


@parsing
@given(asked=rights(), data=st.data())
def test_no_pinned_parameter_may_be_left_out_or_changed(
    asked: AgentRights, data: st.DataObject
) -> None:
    signs = [each for each in list_asked(asked) if len(each.parameters) > 1]
    request = data.draw(st.sampled_from(signs))
    name = data.draw(st.sampled_from(sorted(set(request.parameters) - {"csr"})))
    value = data.draw(VALUES)
    assume(value != request.parameters[name])
    without = {key: each for key, each in request.parameters.items() if key != name}
    document = render_policy(asked)
    assert not is_granted(document, with_parameters(request, without))
    assert not is_granted(document, with_parameters(request, {**without, name: value}))


@parsing
@given(asked=rights(), name=st.text(min_size=1, max_size=20), value=VALUES)
@example(asked=None, name="use_csr_values", value="true")
@example(asked=None, name="permitted_dns_domains", value="")
@example(asked=None, name="signature_bits", value="256")
def test_no_other_parameter_passes(asked: AgentRights | None, name: str, value: str) -> None:
    asked = asked or PLAIN
    harmless = {"csr", "format", "exclude_cn_from_sans", "organization"}
    document = render_policy(asked)
    for request in list_asked(asked):
        if len(request.parameters) > 1 and name not in harmless | set(request.parameters):
            changed = with_parameters(request, {**request.parameters, name: value})
            assert not is_granted(document, changed)


@settings(deadline=None)
@given(snapshots())
def test_a_plan_grants_on_the_mounts_of_its_policy_alone(snapshot: Snapshot) -> None:
    target = snapshot.target
    intermediates = {f"sys/policies/acl/{each.role}": each for each in target.clusters}
    for action in plan_policy(snapshot).actions:
        if action.wanted.kind is not VaultKind.POLICY:
            continue
        own = intermediates[action.wanted.path].intermediate_mount
        mounts = {target.root.mount, own, "auth/token"}
        paths = {stanza.path for stanza in parse_policy(build_document(action))}
        strays = {path for path in paths if not any(path.startswith(f"{m}/") for m in mounts if m)}
        assert strays == set()


PLAIN = AgentRights(
    mark="roottrust hub=h1",
    root_mount="pki",
    issuer_id="7d6f0ce8-a952-e757-d7c1-dc5a67ffee8f",
    common_name="roottrust istiod CA c1",
    ttl="8760h",
    unnamed_ca_path=None,
    intermediate_mount="pki_int_c1",
    organization=None,
    key_type="ec",
    key_bits=256,
)


def build_document(action: Action) -> str:
    return join_policy(**action.wanted.fields)


def with_parameters(request: Request, parameters: Mapping[str, str]) -> Request:
    return Request(capability=request.capability, path=request.path, parameters=parameters)
