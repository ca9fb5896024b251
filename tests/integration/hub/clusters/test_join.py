"""`roottrust cluster join`, `list` and `leave`, as people call them, on two real clusters."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from roottrust.domain.remote_hub import HUB_ACCOUNT
from testbed import Cluster
from tests.integration.command_result import CommandResult
from tests.integration.contexts import write_contexts
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters import registration
from tests.integration.hub.clusters.registration import Registrar
from tests.integration.hub.names import Names
from tests.integration.hub.policy import MakePolicy

SECRET = "roottrust-cluster-cluster2"

Call = Callable[..., CommandResult]


@pytest.fixture
def call(cluster: Cluster, second: Cluster, tmp_path: Path) -> Call:
    """Call `roottrust cluster` as a person whose kubeconfig has a context for either cluster."""
    path = write_contexts(tmp_path / "kubeconfig", [cluster, second])

    def call(*words: str) -> CommandResult:
        done = subprocess.run(
            [sys.executable, "-m", "roottrust", "cluster", *words, f"--kubeconfig={path}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert "eyJ" not in done.stdout + done.stderr, "a token is shown"
        return CommandResult(code=done.returncode, out=done.stdout, err=done.stderr)

    return call


@pytest.fixture
def unprepared(second: Cluster) -> Iterator[None]:
    """The second cluster as it is before anything of the hub is in it; prepared again then."""
    words = ("delete", "clusterrole,clusterrolebinding", HUB_ACCOUNT, "--ignore-not-found")
    second.kubectl(*words)
    place = ("-n", registration.HOME, "--ignore-not-found")
    second.kubectl("delete", "serviceaccount,role,rolebinding", HUB_ACCOUNT, *place)
    yield
    registration.prepare(second)


@pytest.mark.usefixtures("unprepared", "operator")
def test_a_cluster_that_is_joined_is_served(
    call: Call,
    registrar: Registrar,
    remote: Certificate,
    make_policy: MakePolicy,
    names2: Names,
) -> None:
    done = call("join", "cluster2", "--context=cluster2", "--label=tier=gold")
    assert (done.code, done.err) == (0, "")
    assert f"Secret gloo-mesh/{SECRET} registers cluster2" in done.out
    policy = make_policy(names2)
    remote.wait_for()
    policy.wait_for("VaultConfigured", "True")
    assert not [each for each in policy.read_status().get("warnings", []) if "Cluster" in each]
    assert registrar.read_labels(SECRET)["tier"] == "gold"


@pytest.mark.usefixtures("unprepared")
def test_joining_again_changes_the_token_alone(call: Call, registrar: Registrar) -> None:
    words = ("--context=cluster2", "--vault-host=https://api.example:6443")
    assert call("join", "cluster2", *words, "--label=tier=gold", "--label=b=c").code == 0
    before = registrar.read(SECRET, "cluster2")
    assert call("join", "cluster2", "--context=cluster2", "--label=b-").code == 0
    after = registrar.read(SECRET, "cluster2")
    assert before != after
    assert _drop_token(before) == _drop_token(after)
    labels = registrar.read_labels(SECRET)
    assert (labels.get("tier"), labels.get("b")) == ("gold", None)
    (found,) = call("list", "-o", "json").report["clusters"]
    assert found["kubernetesHost"] == "https://api.example:6443"
    assert found["labels"] == {"tier": "gold"}
    assert found["tokenExpiresAt"] is not None


@pytest.mark.usefixtures("unprepared")
def test_a_secret_of_another_tool_is_given_what_it_lacks(
    call: Call, registrar: Registrar, second: Cluster
) -> None:
    text = registration.build_kubeconfig(second, "a-token-of-a-reader")
    registrar.register("cluster2", text, secret="istio-remote-secret-cluster2")
    done = call("join", "cluster2", "--context=cluster2")
    assert "Secret gloo-mesh/istio-remote-secret-cluster2 registers cluster2" in done.out
    (found,) = call("list", "-o", "json").report["clusters"]
    assert found["secret"] == "istio-remote-secret-cluster2"
    assert "a-token-of-a-reader" not in registrar.read(found["secret"], "cluster2")


@pytest.mark.usefixtures("unprepared")
def test_what_is_shown_for_gitops_can_be_applied_and_registered_then(
    call: Call, second: Cluster, registrar: Registrar
) -> None:
    shown = call("join", "cluster2", "--dry-run", "-o", "yaml")
    assert (shown.code, "--registration-only" in shown.err) == (0, True)
    assert call("list").out.startswith("No Secret in gloo-mesh registers a cluster")
    second.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=shown.out)
    done = call("join", "cluster2", "--context=cluster2", "--registration-only")
    assert (done.code, done.err) == (0, "")
    assert registrar.read(SECRET, "cluster2")
    diff = second.kubectl("diff", "--server-side", "--force-conflicts", "-f", "-", input=shown.out)
    assert diff.stdout == ""


@pytest.mark.usefixtures("registrar", "unprepared")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("cluster2", "--context=cluster1"), "the cluster that the hub runs in"),
        (("cluster2", "--context=none"), "has no context none: it has cluster1, cluster2"),
        (("cluster_2", "--context=cluster2"), "is no DNS label"),
        (("cluster2", "--context=cluster2", "--server=http://a"), "plain HTTP"),
        (("cluster2", "--context=cluster2", "--vault-host=http://a"), "no https:// address"),
        (("cluster2",), "by --context"),
    ],
)
def test_what_the_hub_would_refuse_is_refused_at_once(
    call: Call, words: tuple[str, ...], told: str
) -> None:
    done = call("join", *words)
    assert done.code != 0
    assert told in done.err
    assert call("list", "-o", "json").report["clusters"] == []


@pytest.mark.usefixtures("unprepared", "operator")
def test_leaving_tells_what_stays_and_removes_the_rest(
    call: Call,
    registrar: Registrar,
    second: Cluster,
    remote: Certificate,
    make_policy: MakePolicy,
    names2: Names,
) -> None:
    # Those of tests before this one, whose namespaces may take minutes to go.
    second.kubectl("delete", "issuedcertificates", "--all", "--all-namespaces")
    assert call("join", "cluster2", "--context=cluster2").code == 0
    policy = make_policy(names2)
    remote.wait_for()
    policy.wait_for("VaultConfigured", "True")
    done = call("leave", "cluster2", "--context=cluster2")
    assert (done.code, done.err) == (0, "")
    for path in names2.paths:
        assert f"  {path} (policy {policy.full_name})" in done.out
    assert "1 IssuedCertificates are left there" in done.out
    found = second.kubectl("get", "serviceaccounts", "-n", registration.HOME, "-o", "name").stdout
    assert f"serviceaccount/{HUB_ACCOUNT}" not in found
    assert "serviceaccount/roottrust-reviewer" in found
    again = call("leave", "cluster2", "--context=cluster2")
    assert (again.code, "No Secret in gloo-mesh registers cluster2" in again.out) == (0, True)


def test_one_of_several_in_a_secret_leaves_alone(call: Call, registrar: Registrar) -> None:
    registrar.register_all("both", {"cluster2": "x", "cluster3": "y"})
    done = call("leave", "cluster2")
    assert done.code == 0
    assert "--context CTX" in done.out
    assert registrar.read("both", "cluster3") == "y"
    listed = call("list")
    assert "(refused)" in listed.out
    assert "Its kubeconfig cannot be used" in listed.out
    names = [each["cluster"] for each in call("list", "-o", "json").report["clusters"]]
    assert names == ["cluster3"]


def _drop_token(text: str) -> dict[str, object]:
    content: dict[str, object] = yaml.safe_load(text)
    return {**content, "users": []}
