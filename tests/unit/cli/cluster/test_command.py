from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from roottrust.cli.cluster import command
from roottrust.cli.cluster.join import JoinOptions
from roottrust.cli.cluster.places import explained
from roottrust.cli.cluster.registered import ClustersReport, RegisteredReport, render_clusters
from roottrust.domain.errors import AccessDeniedError
from roottrust.domain.reasons import Reason
from tests.unit.hub.fakes import fake

Call = Callable[..., Result]


@pytest.fixture
def joined(monkeypatch: pytest.MonkeyPatch) -> list[JoinOptions]:
    """What would be joined."""
    asked: list[JoinOptions] = []

    async def join(options: JoinOptions, **_: Any) -> None:
        asked.append(options)

    monkeypatch.setattr(command, "join", join)
    return asked


@pytest.mark.parametrize("words", [(), ("join",), ("list",), ("leave",)])
def test_help_has_examples(call: Call, words: tuple[str, ...]) -> None:
    result = call("cluster", *words, "--help")
    assert result.exit_code == 0
    assert f"roottrust cluster {words[0] if words else 'join'}" in result.output


def test_what_is_given_is_what_is_joined(call: Call, joined: list[JoinOptions]) -> None:
    words = ("--label", "env=prod", "--label", "tier-", "--token-hours", "12", "-n", "trust")
    given = ("--server", "https://a/", "--vault-host", "https://b/", "--hub-context", "mgmt")
    result = call("cluster", "join", "c2", "--context", "prod", *words, *given)
    assert result.exit_code == 0
    (options,) = joined
    assert options.labels == {"env": "prod", "tier": None}
    assert (options.server, options.vault_host) == ("https://a", "https://b")
    assert options.token_seconds == 12 * 3600
    places = options.places
    assert (places.namespace, places.context, places.hub_context) == ("trust", "prod", "mgmt")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("c2",), "by --context"),
        (("c2", "--context", "x", "--label", "env"), "write KEY=VALUE"),
        (("c2", "--context", "x", "--token-hours", "0"), "0 is not in the range"),
    ],
)
def test_wrong_usage_says_what_to_write(
    call: Call, joined: list[JoinOptions], words: tuple[str, ...], told: str
) -> None:
    result = call("cluster", "join", *words)
    assert result.exit_code == 2
    assert told in result.output
    assert joined == []


def test_a_ca_that_is_no_text_is_named(
    call: Call, joined: list[JoinOptions], tmp_path: Path
) -> None:
    path = tmp_path / "ca.der"
    path.write_bytes(b"\xff\xfe")
    result = call("cluster", "join", "c2", "--context", "x", "--vault-ca", path)
    assert (result.exit_code, joined) == (1, [])
    assert "cannot be read (UnicodeDecodeError)" in result.output


def test_a_dry_run_shows_manifests_and_no_secret(call: Call) -> None:
    result = call("cluster", "join", "c2", "--dry-run", "-o", "yaml", "-n", "trust")
    assert result.exit_code == 0
    manifests = list(yaml.safe_load_all(result.stdout))
    kinds = [each["kind"] for each in manifests]
    assert kinds[:3] == ["Namespace", "ServiceAccount", "ServiceAccount"]
    assert "Secret" not in kinds
    assert {each["metadata"].get("namespace") for each in manifests} <= {None, "trust"}
    assert "--registration-only" in result.stderr


def test_a_dry_run_of_a_name_that_would_be_refused_is_refused(call: Call) -> None:
    result = call("cluster", "join", "c_2", "--dry-run")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "is no DNS label" in result.stderr


def test_the_list_shows_what_is_refused_and_why() -> None:
    used = RegisteredReport(
        cluster="c2",
        server="https://a",
        kubernetes_host="https://b",
        labels={"env": "prod", "tier": "gold"},
    )
    refused = RegisteredReport(cluster="c_3", reason="X", refusal="Rename\x1b[31m it.")
    text = render_clusters(ClustersReport(namespace="gloo-mesh", clusters=(used, refused)))
    assert "c2       https://a  https://b            never       env=prod,tier=gold" in text
    assert "c_3: Rename\\x1b[31m it." in text


def test_an_empty_list_says_what_registers() -> None:
    text = render_clusters(ClustersReport(namespace="gloo-mesh", clusters=()))
    assert "`roottrust cluster join` does" in text


def test_a_right_that_a_person_lacks_is_told_to_that_person() -> None:
    class Client:
        server = "https://a"

    error = AccessDeniedError("x", reason=Reason.ACCESS_DENIED, path="/y", capability="patch")
    denied = pytest.raises(AccessDeniedError, match="https://a denies you patch on /y")
    with denied, explained(fake(Client())):
        raise error


@pytest.mark.parametrize(
    ("words", "granted"),
    [((), None), (("--remote-policies",), True), (("--no-remote-policies",), False)],
)
def test_whether_policies_count_there_is_for_the_hub_to_say_or_for_whoever_joins(
    call: Call, joined: list[JoinOptions], words: tuple[str, ...], granted: bool | None
) -> None:
    assert call("cluster", "join", "c2", "--context", "prod", *words).exit_code == 0
    assert joined[0].with_policies is granted


@pytest.mark.parametrize("words", [(), ("--remote-policies",)])
def test_a_dry_run_shows_rights_to_policies_where_they_are_asked_for(
    call: Call, words: tuple[str, ...]
) -> None:
    result = call("cluster", "join", "c2", "--dry-run", *words)
    resources = [
        resource
        for each in yaml.safe_load_all(result.stdout)
        for rule in each.get("rules", ())
        for resource in rule.get("resources", ())
    ]
    assert ("roottrustpolicies" in resources) is bool(words)
