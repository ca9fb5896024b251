from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from tests.unit.domain.samples import build_manifest_spec
from tests.unit.hub.conftest import Bench
from tests.unit.hub.fakes import REVIEWER_LIFE, build_manifest

CONFIG = "auth/kube-cluster1-mesh-auth/config"
TWO_THIRDS = REVIEWER_LIFE * 2 / 3


def build_by_account(**metadata: Any) -> dict[str, Any]:
    auth = {"reviewer": "ServiceAccountToken"}
    spec = build_manifest_spec(management={"workloadAuth": auth})
    return build_manifest(spec=spec, metadata=metadata)


@pytest.fixture
async def served(bench: Bench) -> Bench:
    bench.put(build_by_account())
    await bench.reconcile()
    return bench


async def test_vault_gets_one_token_and_status_what_may_be_told(served: Bench) -> None:
    assert served.registry.asked == ["cluster1"]
    assert served.server.secrets["token_reviewer_jwt"].get_secret_value() == "token-1"
    (entry,) = served.status.reviewer_tokens
    assert (entry.path, entry.expires_at) == (CONFIG, served.now + REVIEWER_LIFE)
    assert "token-1" not in str(served.kube.applied)
    assert "token-1" not in str(served.events.posted)


async def test_a_pass_in_which_nothing_changed_asks_for_no_token(served: Bench) -> None:
    written = list(served.server.written)
    await served.reconcile()
    assert served.registry.asked == ["cluster1"]
    assert served.server.written == written


async def test_the_policy_is_looked_at_again_when_the_token_is_due(bench: Bench) -> None:
    bench.put(build_by_account())
    assert await bench.controller.reconcile(bench.key) == TWO_THIRDS.total_seconds()


async def test_the_token_is_renewed_at_two_thirds_of_its_life(served: Bench) -> None:
    served.now += TWO_THIRDS - timedelta(hours=2)
    await served.reconcile()
    assert len(served.registry.asked) == 1
    await served.reconcile()
    assert len(served.registry.asked) == 2
    assert served.server.secrets["token_reviewer_jwt"].get_secret_value() == "token-2"
    assert served.status.reviewer_tokens[0].issued_at == served.now
    assert "DriftRepaired" not in served.events.reasons


async def test_a_lost_status_costs_one_renewal(served: Bench) -> None:
    served.edit(status={})
    await served.reconcile()
    assert len(served.registry.asked) == 2
    await served.reconcile()
    assert len(served.registry.asked) == 2


async def test_a_token_that_cannot_be_made_is_told_and_nothing_after_it_is_written(
    bench: Bench,
) -> None:
    bench.put(build_by_account())
    bench.registry.refusal = DependencyMissingError(
        "The ServiceAccount does not exist: apply it.", reason=Reason.REVIEWER_NOT_FOUND
    )
    with pytest.raises(DependencyMissingError):
        await bench.reconcile()
    assert bench.read_condition("VaultConfigured") == ("Unknown", "ReviewerNotFound")
    assert not [each for each in bench.server.written if "/role/" in each or "config" in each]
    assert bench.status.reviewer_tokens == ()


async def test_a_renewal_that_fails_keeps_what_is_known(served: Bench) -> None:
    (before,) = served.status.reviewer_tokens
    served.registry.refusal = DependencyMissingError("Gone.", reason=Reason.REVIEWER_NOT_FOUND)
    served.now += TWO_THIRDS
    with pytest.raises(DependencyMissingError):
        await served.reconcile()
    assert served.status.reviewer_tokens == (before,)
