"""kill -9 of the hub at any write of an issuance into a registered cluster: it goes on after it.

The hub's part of a restart is in it: the directive that the mesh asks for.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from roottrust.domain.certificate import parse_certificates
from roottrust.domain.cluster_registration import VAULT_CA_ANNOTATION, VAULT_HOST_ANNOTATION
from roottrust.domain.trust_bundle import build_trust_bundle
from testbed import Cluster
from tests.integration.hub.candidate import BuildCandidate
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters.handover import End, Handover
from tests.integration.hub.clusters.registration import Registrar, build_kubeconfig, make_token
from tests.integration.hub.interference import Interference, KillAfter, KillBefore
from tests.integration.hub.policy import MakePolicy
from tests.integration.hub.recorder import Recorder
from tests.integration.hub.restarts import forget_restarts
from tests.integration.hub.root import Root
from tests.integration.vault_calls import Ask

pytestmark = pytest.mark.usefixtures("alone")

# A killed operator's lease would be waited for each time.
ALONE = {"enabled": False}


@pytest.fixture
def remote_recorder(second: Cluster, certificate: tuple[Path, Path]) -> Iterator[Recorder]:
    """What the hub takes for the registered cluster's API server."""
    recorder = Recorder(second.server, ca_file=second.ca_file, certificate=certificate)
    recorder.start()
    yield recorder
    recorder.close()


@pytest.fixture
def handover(
    build: BuildCandidate,
    remote_recorder: Recorder,
    certificate: tuple[Path, Path],
    second: Cluster,
    registrar: Registrar,
    remote: Certificate,
    make_policy: MakePolicy,
    admin: Ask,
    namespace: str,
    root: Root,
) -> Iterator[Handover]:
    """A hub that is registered with the second cluster by way of the recorder."""
    ca = (certificate[0].parent / "ca.crt").read_bytes()
    way = {"server": remote_recorder.url, "certificate-authority-data": b64encode(ca).decode()}
    text = build_kubeconfig(second, make_token(second), **way)
    place = {VAULT_HOST_ANNOTATION: second.server, VAULT_CA_ANNOTATION: second.ca_file.read_text()}
    registrar.register("cluster2", text, annotations=place)
    operator = build("handover", leaderElection=ALONE, resyncSeconds=10)
    yield Handover(
        operator=operator,
        remote=remote_recorder,
        certificate=remote,
        admin=admin,
        make_policy=make_policy,
        suffix=namespace.removeprefix("test-"),
        bundle=build_trust_bundle(*parse_certificates(root.certificate.read_text())).pem,
    )
    operator.kill()
    forget_restarts(remote)


@pytest.fixture
def undisturbed(handover: Handover) -> End:
    """What comes of it when nothing is in the way."""
    end = handover.run(Interference(), handover.remote)
    assert len(end.to_vault) >= 5
    assert len(end.to_cluster) >= 3
    assert len(end.directives) == 1
    return end


@pytest.mark.parametrize("form", [KillBefore, KillAfter])
@pytest.mark.parametrize("where", ["cluster", pytest.param("Vault", marks=pytest.mark.prove)])
def test_killed_at_any_write_it_goes_on_where_it_was(
    handover: Handover, undisturbed: End, form: type[KillBefore | KillAfter], where: str
) -> None:
    writes, recorder = {
        "cluster": (undisturbed.to_cluster, handover.remote),
        "Vault": (undisturbed.to_vault, handover.operator.paths.vault),
    }[where]
    for number, write in enumerate(writes, start=1):
        print(f"{form.__name__} {number}: {write}")
        kill = form(number, handover.operator.kill)

        def start_again(kill: KillBefore | KillAfter = kill) -> None:
            assert kill.reached.wait(10)
            handover.operator.start()

        end = handover.run(kill, recorder, help_on=start_again)
        assert end.find_differences(undisturbed) == {}
