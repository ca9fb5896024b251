"""Two teams, each with a namespace of Vault of its own below that of the operator's login.

What they have in Vault has the same names, and neither reaches what is the other's.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509

from testbed import Cluster, Vault
from tests.integration.hub.istiod import Account
from tests.integration.hub.names import Names, build_names, read_objects
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.pki import make_request
from tests.integration.hub.policy import Policy
from tests.integration.hub.root import Root
from tests.integration.hub.signing import PINNED, build_sign_path
from tests.integration.hub.vault_namespaces import (
    NAMESPACE_FIELD,
    Team,
    build_rights_below,
    build_team_config,
    make_root_in,
    prepare_login,
)
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import RefusedError
from tests.integration.vault_calls import FORBIDDEN, Ask, build_ask, in_namespace, read, write


@dataclass(frozen=True, kw_only=True)
class Site:
    """An operator with two teams; the blue one also has an annex in Vault."""

    operator: OperatorProcess
    blue: Team
    red: Team
    roots: dict[str, Root]
    annex: str

    def build_names(self, team: Team) -> Names:
        """Return names that both teams use, for istiod in the team's own namespace."""
        return build_names("shared", mesh_namespace=team.kubernetes)


def require_namespaces(vault: Vault) -> None:
    if vault.kind != "openbao":
        pytest.skip("HashiCorp's Vault has namespaces in its enterprise edition alone.")


@pytest.fixture(scope="module")
def site(
    cluster: Cluster,
    admin: Ask,
    vault: Vault,
    operator_process: OperatorProcess,
    hub_kubeconfig: Path,
    log_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    require_namespaces(vault)
    operator_process.ensure_stopped()  # nobody else works on the same policies
    folder = tmp_path_factory.mktemp("teams")
    tag = uuid.uuid4().hex[:8]
    blue = Team(kubernetes=f"test-blue-{tag}", vault=f"blue-{tag}")
    red = Team(kubernetes=f"test-red-{tag}", vault=f"platform-{tag}/red")
    annex = f"annex-{tag}"
    namespaces = (blue.vault, red.vault.split("/")[0], red.vault, annex)
    for name in namespaces:
        outer, _, last = name.rpartition("/")
        write(in_namespace(admin, outer) if outer else admin, f"sys/namespaces/{last}", {})
    for team in (blue, red):
        cluster.kubectl("create", "namespace", team.kubernetes)
    rights = build_rights_below((blue.vault, red.vault, annex))
    login = prepare_login(admin, folder / tag, rights=rights)
    more = {**blue.build_grant(), "vaultNamespaces": [annex, "nowhere"]}  # which is not there
    grants = [blue.build_grant(), more, red.build_grant()]
    process = OperatorProcess(
        config=build_team_config(vault, login, grants),
        kubeconfig=hub_kubeconfig,
        folder=folder,
        log=log_folder / "teams.log",
    )
    roots = {
        each: make_root_in(admin, each, folder / each.replace("/", "-"))
        for each in (blue.vault, red.vault, annex)
    }
    process.start()
    yield Site(operator=process, blue=blue, red=red, roots=roots, annex=annex)
    for team in (blue, red):
        cluster.kubectl("delete", "rtp", "--all", "-n", team.kubernetes)
        cluster.kubectl("delete", "namespace", team.kubernetes, "--wait=false")
    process.kill()
    assert process.find_secrets() == []
    for name in reversed(namespaces):
        outer, _, last = name.rpartition("/")
        (in_namespace(admin, outer) if outer else admin)("DELETE", f"sys/namespaces/{last}")


@pytest.fixture
def policies(site: Site, cluster: Cluster) -> Iterator[dict[str, Policy]]:
    """A policy of each team, for mounts and names that are the same; both are Ready."""
    made = {
        each.vault: each.apply_policy(cluster, site.build_names(each))
        for each in (site.blue, site.red)
    }
    for policy in made.values():
        policy.wait_until_ready()
    yield made
    for policy in made.values():
        policy.delete()


def test_equal_names_in_two_namespaces_are_two_of_everything(
    site: Site, policies: dict[str, Policy], admin: Ask
) -> None:
    fingerprints = set()
    for team in (site.blue, site.red):
        objects = read_objects(in_namespace(admin, team.vault), site.build_names(team))
        assert [path for path, found in objects.items() if found is None] == []
        status = policies[team.vault].read_status()
        assert status["vault"]["namespace"] == team.vault
        # Each owns its root: nobody else has a mount that is called so.
        assert not any("belongs to" in text for text in status["warnings"])
        fingerprints.add(status["root"]["fingerprint"])
    assert len(fingerprints) == 2
    at_top = read_objects(admin, site.build_names(site.blue))
    assert {path for path, found in at_top.items() if found is not None} == {"pki"}


@pytest.mark.usefixtures("policies")
def test_one_login_serves_all_namespaces(site: Site) -> None:
    assert site.operator.sum_metric("roottrust_vault_logins_total", method="approle") == 1


@pytest.mark.parametrize("color", ["blue", "red"])
def test_istiod_logs_in_and_is_signed_in_its_team_s_namespace(
    site: Site, policies: dict[str, Policy], cluster: Cluster, vault: Vault, color: str
) -> None:
    team = getattr(site, color)
    account = Account(cluster, namespace=team.kubernetes)
    account.create()
    answer = team.log_in(vault, account, site.build_names(team))
    assert answer.ok, answer.text
    token = answer.json()["auth"]["client_token"]
    ask = in_namespace(build_ask(vault, token), team.vault)
    body = {"csr": make_request().csr, **PINNED}
    signed = write(ask, build_sign_path(policies[team.vault]), body)
    found = x509.load_pem_x509_certificate(signed["certificate"].encode())
    root = x509.load_pem_x509_certificate(site.roots[team.vault].certificate.read_bytes())
    found.verify_directly_issued_by(root)
    assert ask("POST", "auth/token/revoke-self", {}).ok
    assert ask("POST", build_sign_path(policies[team.vault]), body).status_code == FORBIDDEN


@pytest.mark.usefixtures("policies")
def test_istiod_of_one_team_is_refused_by_the_other(
    site: Site, cluster: Cluster, vault: Vault
) -> None:
    account = Account(cluster, namespace=site.blue.kubernetes)
    account.create()
    names = site.build_names(site.blue)
    assert site.blue.log_in(vault, account, names).ok
    assert site.red.log_in(vault, account, names).status_code == FORBIDDEN


def test_what_is_changed_in_one_namespace_is_repaired_there(
    site: Site, policies: dict[str, Policy], admin: Ask
) -> None:
    names = site.build_names(site.red)
    there = in_namespace(admin, site.red.vault)
    before = read_objects(there, names)
    others = read_objects(in_namespace(admin, site.blue.vault), names)
    write(there, f"sys/policies/acl/{names.role}", {"policy": 'path "pki/*" {}'})
    policies[site.red.vault].nudge()
    wait_for(lambda: read_objects(there, names), lambda found: found == before)
    assert read_objects(in_namespace(admin, site.blue.vault), names) == others


@pytest.mark.parametrize("place", ["the other team's", "below", "above", "beside", "the top"])
def test_team_is_refused_every_other_namespace(site: Site, cluster: Cluster, place: str) -> None:
    namespaces = {
        "the other team's": site.red.vault,
        "below": f"{site.blue.vault}/deeper",
        "above": site.red.vault.split("/")[0],
        "beside": f"{site.blue.vault}x",
    }
    changes = site.build_names(site.blue).build_changes()
    if place in namespaces:
        changes[NAMESPACE_FIELD] = namespaces[place]
    policy = Policy(cluster=cluster, namespace=site.blue.kubernetes, name="elsewhere")
    policy.apply(changes)
    told = policy.wait_for("Accepted", "False", "NotAllowed")
    assert "Vault namespace" in told["message"]
    assert site.blue.vault in told["message"]
    policy.delete()


@pytest.mark.parametrize(
    "written",
    ["../{red}", "{blue}/../{red}", "root", "ROOT/{red}", "{blue}//x", "/{red}", "{red}/", "."],
)
def test_api_server_refuses_what_could_mean_another_namespace(
    site: Site, cluster: Cluster, written: str
) -> None:
    namespace = written.format(red=site.red.vault, blue=site.blue.vault)
    with pytest.raises(RefusedError, match=r"namespace: .*must not"):
        site.blue.apply_policy(cluster, site.build_names(site.blue), {NAMESPACE_FIELD: namespace})


def test_namespace_that_is_not_there_is_waited_for(site: Site, cluster: Cluster) -> None:
    names = site.build_names(site.blue)
    policy = site.blue.apply_policy(cluster, names, {NAMESPACE_FIELD: "nowhere"})
    told = policy.wait_for("VaultConfigured", "Unknown", "RejectedByVault")
    assert "has no namespace nowhere: create it" in told["message"]
    policy.delete()


def test_policy_that_moves_does_not_take_over_what_is_called_as_its_own_was(
    site: Site, policies: dict[str, Policy], admin: Ask
) -> None:
    """What it made in one namespace is no proof that somebody took its mark off in another."""
    names = site.build_names(site.blue)
    policy = policies[site.blue.vault]
    assert policy.read_status()["managedObjects"]
    annex = in_namespace(admin, site.annex)
    theirs = f"sys/policies/acl/{names.role}"
    write(annex, theirs, {"policy": 'path "secret/*" { capabilities = ["read"] }'})
    before = read(annex, theirs)
    policy.apply({**names.build_changes(), NAMESPACE_FIELD: site.annex})
    told = policy.wait_for("VaultConfigured", "False", "Conflict")
    assert theirs in told["message"]
    assert read(annex, theirs) == before
