"""The faults of the matrix: how each begins and ends, and what the hub has to show meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from tests.integration.hub.fault_site import FaultSite, allow_login
from tests.integration.hub.interference import Answer, AnswerInstead, Call, Delay
from tests.integration.hub.rights import NAME, build_rights
from tests.integration.vault_calls import write

RETRY_AFTER_SECONDS = 20
FLAPS = 6
FLAP_SECONDS = 5.0

STANDBY = {"initialized": True, "sealed": False, "standby": True, "version": "1.13.0"}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that goes wrong for a while.

    `shown` is the condition that has to be seen meanwhile, "" for none; `turns` is how often Vault
    becomes (un)usable; `is_edited_before` where nothing can be edited while it lasts.
    """

    name: str
    wrong: type[Wrong]
    seconds: float = 30.0
    shown: str = ""
    turns: int = 2
    is_edited_before: bool = False
    restarts: int = 0

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


class Wrong:
    """What is wrong while it is entered as a context."""

    def make(self, site: FaultSite) -> AbstractContextManager[None]:
        raise NotImplementedError


class Down(Wrong):
    @contextmanager
    def make(self, site: FaultSite) -> Iterator[None]:
        site.to_vault.refuse_connections()
        site.vault.stop()
        yield
        site.vault.revive()
        site.to_vault.listen()


class Sealed(Wrong):
    @contextmanager
    def make(self, site: FaultSite) -> Iterator[None]:
        site.vault.seal()
        yield
        site.vault.unseal()


class Frozen(Wrong):
    @contextmanager
    def make(self, site: FaultSite) -> Iterator[None]:
        site.vault.pause()
        yield
        site.vault.resume()


class _Answered(Wrong):
    """Every request gets an answer that is made up; health has one of its own, or its real one."""

    answer: Answer
    health: Answer | None = None

    @contextmanager
    def make(self, site: FaultSite) -> Iterator[None]:
        def is_health(call: Call) -> bool:
            return call.path.endswith("sys/health")

        class Both(AnswerInstead):
            async def meet(self, call: Call) -> Answer | None:
                answer = wrong.health if is_health(call) else wrong.answer
                if answer is not None:
                    call.status = answer.status
                return answer

        wrong = self
        with site.interfered(Both(is_health, self.answer)):
            yield


class Standby(_Answered):
    """As a standby that does not forward answers."""

    answer = Answer(status=307, headers={"Location": "https://vault-1.example:8200/"})
    health = Answer(status=429, body=STANDBY)


class PerformanceStandby(_Answered):
    """As one that serves reads, and refuses writes, would: nothing that is asked of it works."""

    answer = Answer(status=473)
    health = Answer(status=473, body={**STANDBY, "performance_standby": True})


class DisasterRecovery(_Answered):
    answer = Answer(status=472)
    health = Answer(status=472, body=STANDBY)


class ServerError(_Answered):
    answer = Answer(status=500)


class RateLimited(_Answered):
    answer = Answer(status=429, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


class Slow(Wrong):
    @contextmanager
    def make(self, site: FaultSite) -> Iterator[None]:
        with site.interfered(Delay(2.0)):
            yield


class Flapping(Wrong):
    """It takes the time of the fault by itself."""

    @contextmanager
    def make(self, site: FaultSite) -> Iterator[None]:
        site.to_vault.refuse_connections()
        yield
        for number in range(FLAPS):
            time.sleep(FLAP_SECONDS)
            site.to_vault.listen()
            if number < FLAPS - 1:
                time.sleep(FLAP_SECONDS)
                site.to_vault.refuse_connections()


class NoRights(Wrong):
    @contextmanager
    def make(self, site: FaultSite) -> Iterator[None]:
        path = f"sys/policies/acl/{NAME}"
        write(site.admin, path, {"policy": 'path "sys/health" { capabilities = ["read"] }'})
        yield
        write(site.admin, path, {"policy": build_rights()})


class TokenRevoked(Wrong):
    @contextmanager
    def make(self, site: FaultSite) -> Iterator[None]:
        assert site.admin("PUT", "sys/leases/revoke-prefix/auth/approle").ok
        yield


class LoginGone(Wrong):
    @contextmanager
    def make(self, site: FaultSite) -> Iterator[None]:
        assert site.admin("DELETE", "sys/auth/approle").ok
        yield
        allow_login(site.admin)


class _Part(Wrong):
    part = ""

    @contextmanager
    def make(self, site: FaultSite) -> Iterator[None]:
        site.cluster.pause_part(self.part)
        try:
            yield
        finally:
            site.cluster.resume_part(self.part)


class EtcdFrozen(_Part):
    part = "etcd"


class APIServerFrozen(_Part):
    part = "kube-apiserver"


class APIServerRestarted(Wrong):
    @contextmanager
    def make(self, site: FaultSite) -> Iterator[None]:
        site.cluster.stop_part("kube-apiserver")
        yield
        site.cluster.start_part("kube-apiserver")


class WatchCut(Wrong):
    @contextmanager
    def make(self, site: FaultSite) -> Iterator[None]:
        site.to_kubernetes.cut_streams()
        yield


class WatchSilent(Wrong):
    @contextmanager
    def make(self, site: FaultSite) -> Iterator[None]:
        site.to_kubernetes.stall_streams()
        yield


FAULTS = (
    Fault(name="Vault down", wrong=Down, shown="VaultReachable=False Unreachable"),
    Fault(name="Vault sealed", wrong=Sealed, shown="VaultReachable=False Sealed"),
    # Two requests of 10 s each, one of them whether the server is well, come before it is told.
    Fault(
        name="Vault frozen",
        wrong=Frozen,
        seconds=45.0,
        shown="VaultReachable=False Unreachable",
    ),
    Fault(
        name="standby that redirects (307, made up)",
        wrong=Standby,
        shown="VaultReachable=False Standby",
    ),
    Fault(
        name="performance standby (473, made up)",
        wrong=PerformanceStandby,
        shown="VaultReachable=False Standby",
    ),
    Fault(
        name="recovery secondary (472, made up)",
        wrong=DisasterRecovery,
        shown="VaultReachable=False Standby",
    ),
    Fault(name="Vault slow (2 s an answer)", wrong=Slow, seconds=60.0),
    Fault(
        name="Vault flapping (5 s down, 5 s up)",
        wrong=Flapping,
        seconds=0.0,
        shown="VaultReachable=False Unreachable",
        turns=2 * FLAPS,
    ),
    Fault(name="every answer 500", wrong=ServerError, shown="VaultReachable=False ServerError"),
    Fault(
        name=f"every answer 429, Retry-After {RETRY_AFTER_SECONDS}",
        wrong=RateLimited,
        seconds=50.0,
        shown="VaultReachable=False RateLimited",
    ),
    Fault(
        name="rights taken away (403)", wrong=NoRights, shown="VaultConfigured=False AccessDenied"
    ),
    Fault(name="token revoked", wrong=TokenRevoked, seconds=5.0),
    Fault(
        name="token revoked, login gone", wrong=LoginGone, shown="VaultReachable=False LoginFailed"
    ),
    # One that starts denies everything until it knows who may what: in all, that may take longer
    # than a lease lasts.
    Fault(
        name="API server restarted (5 s away)",
        wrong=APIServerRestarted,
        seconds=5.0,
        is_edited_before=True,
        restarts=1,
    ),
    Fault(name="watches cut", wrong=WatchCut, seconds=0.0),
    Fault(name="watches silent (half-open)", wrong=WatchSilent, seconds=0.0),
    Fault(name="etcd frozen", wrong=EtcdFrozen, is_edited_before=True, restarts=3),
    Fault(name="API server frozen", wrong=APIServerFrozen, is_edited_before=True, restarts=3),
)
