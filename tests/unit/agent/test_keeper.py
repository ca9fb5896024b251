from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from roottrust.agent.ca_store import CaStore
from roottrust.agent.certificate_watch import Sight
from roottrust.agent.foreign_secrets import ForeignSecrets
from roottrust.agent.keeper import LONGEST_REST_SECONDS, UNREPORTED_SECONDS, Keeper, Parts
from roottrust.agent.metrics import AgentMetrics
from roottrust.agent.process import Bell, StoppedError
from roottrust.agent.reporter import Reporter
from roottrust.agent.rest import Retry
from roottrust.agent.root_gate import RootGate
from roottrust.api.issued_certificate import IssuedCertificateSpec
from roottrust.domain.ca_files import CaFiles
from roottrust.domain.errors import AccessDeniedError, TransientError
from roottrust.domain.reasons import Reason
from tests.unit.agent.fakes import CERTIFICATE, FakeCluster
from tests.unit.domain.authorities import make_files, make_root
from tests.unit.domain.certificates import NOW

ROOT = make_root()
SEALED = TransientError("Vault is sealed.", reason=Reason.SEALED)
DAY = timedelta(days=1)


def build_certificate(*, generation: int = 1, **changes: Any) -> dict[str, Any]:
    spec = {
        "meshRef": {
            "name": "istiod-istio-system-cluster1",
            "cluster": "cluster1",
            "namespace": "istio-system",
            "deployment": "istiod",
        },
        "certOptions": {"commonName": "int", "ttlDays": 90},
        "agentCa": {
            "vault": {
                "server": "https://vault:8200",
                "caPath": "pki/issuer/1/sign-intermediate",
                "kubernetesAuth": {"mountPath": "/v1/auth/k", "role": "r"},
            }
        },
        "trustBundle": ROOT.pem,
        **changes,
    }
    return {"metadata": {**CERTIFICATE["metadata"], "generation": generation}, "spec": spec}


@dataclass
class Scene:
    """A keeper among parts that are real but for Vault, the cluster, clocks and istiod."""

    folder: Path
    now: datetime = NOW
    seconds: float = 0.0
    sight: Sight | None = None
    failure: Exception | None = None
    obtained: int = 0
    cluster: Any = field(default_factory=FakeCluster)
    metrics: AgentMetrics = field(default_factory=AgentMetrics)
    bell: Bell = field(default_factory=Bell)

    def __post_init__(self) -> None:
        names = {"namespace": "istio-system", "pod": "istiod-0"}
        reporter = Reporter(self.cluster, **names)
        place = {"namespace": "istio-system"}
        self.store = CaStore(self.folder, pod="istiod-0", now=lambda: self.now)
        parts = Parts(
            watch=self,  # type: ignore[arg-type]
            issuance=self,  # type: ignore[arg-type]
            store=self.store,
            gate=RootGate(self.cluster, reporter, now=lambda: self.now, **place),
            secrets=ForeignSecrets(self.cluster, reporter, **place),
            loading=None,
            reporter=reporter,
            metrics=self.metrics,
        )
        retry = Retry(random=Random(1), clock=lambda: self.seconds)  # noqa: S311 - a test
        self.keeper = Keeper(parts, retry=retry, bell=self.bell, now=lambda: self.now, **names)

    def obtain(self, spec: IssuedCertificateSpec) -> CaFiles:
        self.obtained += 1
        if self.failure is not None:
            raise self.failure
        begin = self.now - timedelta(minutes=1)
        end = begin + timedelta(days=spec.cert_options.ttl_days)
        options = spec.cert_options
        return make_files(ROOT.issue(options.common_name, begin=begin, end=end), ROOT)

    def turn(self) -> float:
        return self.keeper._turn()

    def show(self, certificate: dict[str, Any] | None) -> None:
        self.sight = Sight(certificate=certificate)

    @property
    def entry(self) -> dict[str, Any]:
        return dict(self.cluster.entries[-1])

    @property
    def reasons(self) -> list[str]:
        return [reason for _, _, reason, _ in self.cluster.events]

    def read_metric(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(folder=tmp_path)


@pytest.fixture
def held(scene: Scene) -> Scene:
    """One that has obtained its first intermediate."""
    scene.show(build_certificate())
    scene.turn()
    assert scene.store.held is not None
    return scene


def test_nothing_is_told_before_the_cluster_was_asked(scene: Scene) -> None:
    assert scene.turn() == LONGEST_REST_SECONDS
    assert scene.cluster.events == []


def test_missing_certificate_is_told(scene: Scene) -> None:
    scene.show(None)
    scene.turn()
    assert scene.reasons == [Reason.WAITING_FOR_ISSUED_CERTIFICATE]


def test_cluster_that_cannot_be_asked_is_told(scene: Scene) -> None:
    scene.sight = Sight(error=TransientError("away", reason=Reason.API_UNREACHABLE))
    scene.turn()
    assert scene.reasons == [Reason.API_UNREACHABLE]


def test_first_intermediate_is_published_and_told(held: Scene) -> None:
    assert "error" not in held.entry
    assert held.entry["intermediateGeneration"] == 1
    assert held.reasons == [Reason.ISSUED]
    assert held.read_metric("roottrust_agent_issuances_total") == 1
    assert held.read_metric("roottrust_agent_renewals_total", result="ok") is None
    assert held.turn() == LONGEST_REST_SECONDS
    assert held.obtained == 1


def test_next_process_takes_it_over(held: Scene) -> None:
    after = Scene(folder=held.folder)
    after.store.load()
    after.show(build_certificate())
    after.turn()
    assert after.obtained == 0
    assert after.entry["serial"] == held.entry["serial"]


@pytest.mark.parametrize("torn", ["ca-key.pem", "root-cert.pem"])
def test_next_process_does_not_take_over_what_is_broken(held: Scene, torn: str) -> None:
    (held.folder / torn).write_text("garbage")
    after = Scene(folder=held.folder)
    after.store.load()
    assert after.store.held is None


def test_due_renewal_is_made(held: Scene) -> None:
    assert held.store.held is not None
    held.now = held.store.held.next_renewal
    held.turn()
    assert held.obtained == 2
    assert held.read_metric("roottrust_agent_renewals_total", result="ok") == 1


def test_rest_ends_with_the_renewal(held: Scene) -> None:
    assert held.store.held is not None
    held.now = held.store.held.next_renewal - timedelta(seconds=20)
    assert held.turn() == 20


def test_last_good_ca_stays_and_it_is_told_until_when(held: Scene) -> None:
    before = held.entry
    assert held.store.held is not None
    held.now, held.failure = held.store.held.next_renewal, SEALED
    assert 0.5 <= held.turn() <= 1
    assert held.entry["serial"] == before["serial"]
    assert held.entry["error"].startswith("Vault is sealed. istiod keeps the CA that it has")
    assert before["notAfter"] in held.entry["error"]
    assert held.read_metric("roottrust_agent_vault_reachable_state") == 0
    assert held.read_metric("roottrust_agent_renewals_total", result="Sealed") == 1
    assert held.read_metric("roottrust_agent_last_error_timestamp_seconds") == held.now.timestamp()
    # It waits, tries again, and is done.
    held.failure = None
    held.turn()
    assert held.obtained == 2
    held.seconds = 1
    held.turn()
    assert held.obtained == 3
    assert "error" not in held.entry
    assert held.read_metric("roottrust_agent_vault_reachable_state") == 1


def test_failure_of_one_kind_is_told_once(scene: Scene) -> None:
    scene.show(build_certificate())
    scene.failure = SEALED
    for second in range(0, 1000, 100):
        scene.seconds = second
        scene.turn()
    assert scene.obtained > 3
    assert scene.reasons == [Reason.SEALED]


def test_log_ends_with_what_keeps_failing(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever looks at its last lines sees why, however long ago the Event was posted."""
    caplog.set_level("INFO")
    scene.show(None)
    scene.turn()
    scene.failure = SEALED
    scene.show(build_certificate())
    scene.turn()
    assert "an intermediate is obtained: there is none yet" in caplog.messages
    caplog.clear()
    for _ in range(3):
        scene.seconds += DAY.total_seconds()
        scene.turn()
    (line,) = set(caplog.messages)
    assert line == "an intermediate is asked for again: there is none yet. Before: Vault is sealed."
    assert {each.levelname for each in caplog.records} == {"WARNING"}


def test_edit_is_tried_at_once(scene: Scene) -> None:
    scene.show(build_certificate())
    scene.failure = AccessDeniedError(
        "no", reason=Reason.ACCESS_DENIED, path="p", capability="update"
    )
    assert scene.turn() >= 15
    scene.failure = None
    scene.turn()
    assert scene.obtained == 1
    scene.show(build_certificate(generation=2))
    scene.turn()
    assert scene.obtained == 2
    assert scene.store.held is not None


def test_edit_that_is_taken_back_ends_the_complaint(held: Scene) -> None:
    held.failure = SEALED
    for generation in (2, 4):
        held.show(build_certificate(generation=generation, intermediateGeneration=2))
        held.turn()
        assert "error" in held.entry
        held.show(build_certificate(generation=generation + 1))
        held.turn()
        assert "error" not in held.entry
    assert held.reasons == [Reason.ISSUED, Reason.SEALED, Reason.SEALED]


def test_bug_is_logged_and_the_work_goes_on(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.show(build_certificate())
    scene.failure = ZeroDivisionError("a bug")
    scene.turn()
    assert "ZeroDivisionError" in caplog.text
    assert scene.read_metric("roottrust_agent_bugs_total") == 1
    assert "report it" in scene.entry["error"]
    scene.failure, scene.seconds = None, 1
    scene.turn()
    assert scene.store.held is not None


def test_specification_of_another_version_is_told(scene: Scene) -> None:
    certificate = build_certificate()
    certificate["spec"]["certOptions"] = {"commonName": "int"}
    scene.show(certificate)
    scene.turn()
    assert "certOptions.ttlDays: Field required" in scene.entry["error"]
    assert "same version" in scene.entry["error"]


def test_unreadable_trust_bundle_is_told(scene: Scene) -> None:
    block = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    scene.show(build_certificate(trustBundle=block))
    scene.turn()
    assert "damaged or not X.509" in scene.entry["error"]
    assert scene.obtained == 0


def test_folder_of_others_keeps_vault_from_being_asked(scene: Scene) -> None:
    (scene.folder / "ca-cert.pem").write_text("theirs")
    scene.show(build_certificate())
    scene.turn()
    assert scene.obtained == 0
    assert scene.reasons == [Reason.FOREIGN_CA_FOLDER]


def test_status_that_cannot_be_written_is_tried_again_soon(held: Scene) -> None:
    held.cluster.failure = TransientError("away", reason=Reason.API_UNREACHABLE)
    held.show(build_certificate())
    assert held.turn() == UNREPORTED_SECONDS


def test_secret_that_overrides_the_root_is_the_error_of_a_sound_one(scene: Scene) -> None:
    scene.cluster.secrets = {"istiod-tls"}
    scene.show(build_certificate())
    scene.turn()
    assert scene.store.held is not None
    assert "istiod-tls" in scene.entry["error"]


def run_until_stopped(work: Callable[[], None], scene: Scene) -> None:
    scene.bell.stop()
    with pytest.raises(StoppedError):
        work()


def test_init_container_ends_with_a_ca_and_not_before(scene: Scene) -> None:
    scene.show(build_certificate())
    scene.keeper.run_until_held()
    assert scene.store.held is not None


def test_init_container_that_is_stopped_has_none(scene: Scene) -> None:
    run_until_stopped(scene.keeper.run_until_held, scene)
    assert scene.store.held is None


def test_stop_during_an_issuance_publishes_nothing_more(held: Scene) -> None:
    serial = held.entry["serial"]
    held.show(build_certificate(generation=2, intermediateGeneration=2))
    run_until_stopped(held.keeper.run, held)
    assert held.store.held is not None
    assert held.store.held.certificate.serial == serial
