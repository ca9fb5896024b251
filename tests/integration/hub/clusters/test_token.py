"""The hub's token in another cluster, which the hub renews itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from roottrust.domain.account_token import AccountToken, read_account_token
from roottrust.domain.kubeconfig import parse_kubeconfig
from testbed import Cluster, Vault
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters.registration import (
    Registrar,
    build_kubeconfig,
    make_endless_token,
    make_token,
)
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import BuildOperator, OperatorProcess
from tests.integration.hub.policy import MakePolicy
from tests.integration.hub.waiting import wait_for

SHORTEST = 600


@pytest.fixture
def quick_hub(
    operator_process: OperatorProcess, build_operator: BuildOperator, vault: Vault, token_file: Path
) -> Iterator[None]:
    """A hub that looks at tokens every second, with the hub's own rights; no other one runs."""
    operator_process.kill()
    login = {"tokenFile": {"path": str(token_file)}}
    built = build_operator("quick-hub", vault, login, module="quick_operator")
    built.start()
    yield
    built.kill()


def read_token(registrar: Registrar, name: str) -> AccountToken:
    """Return what the token in the Secret of both clusters tells of itself."""
    token = parse_kubeconfig(registrar.read("both", name)).token
    found = read_account_token(token)
    assert found is not None
    return found


@pytest.mark.usefixtures("quick_hub")
def test_it_is_renewed_in_time_and_written_back_without_touching_anything_else(
    registrar: Registrar,
    second: Cluster,
    remote: Certificate,
    make_policy: MakePolicy,
    names2: Names,
) -> None:
    old = make_token(second, seconds=SHORTEST)
    labels = {"tier": "gold"}
    texts = {name: build_kubeconfig(second, old) for name in ("cluster2", "cluster3")}
    registrar.register_all("both", texts, labels=labels)
    make_policy(names2)
    before = read_account_token(SecretStr(old))
    assert before is not None
    for name in texts:
        fresh = wait_for(partial(read_token, registrar, name), lambda token: token != before)
        assert (fresh.name, fresh.life_seconds) == (before.name, before.life_seconds)
    assert registrar.read_labels("both") == {"istio/multiCluster": "true", **labels}
    remote.delete()
    remote.wait_for()


@pytest.mark.usefixtures("operator")
def test_a_token_that_never_ends_is_warned_of(
    registrar: Registrar,
    second: Cluster,
    make_policy: MakePolicy,
    names2: Names,
) -> None:
    """As a Secret of type service-account-token has one."""
    registrar.register("cluster2", build_kubeconfig(second, make_endless_token(second)))
    policy = make_policy(names2)
    told = wait_for(
        lambda: " ".join(policy.read_status().get("warnings") or ()),
        lambda text: "does not end by itself" in text,
    )
    assert "`roottrust cluster join cluster2`" in told
