"""Series for which alerts fire, and such for which they do not, as promtool takes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DAY = 86400

# A series and its values, one each minute.
Series = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class AlertCase:
    """An alert with series for which it fires after so many minutes, and for which it does not."""

    alert: str
    fires: Series
    calm: Series
    labels: Mapping[str, str] = field(default_factory=dict)
    minutes: int = 60
    value: str = ""
    severities: tuple[str, ...] = ()


def _steady(value: int) -> str:
    return f"{value}x120"


_POLICY = 'namespace="ns",policy="p"'
_MESH = f'{_POLICY},cluster="c1",mesh="m"'
_P = {"namespace": "ns", "policy": "p"}
_M = {**_P, "cluster": "c1", "mesh": "m"}
_A = {"instance": "a"}
_VAULT = 'roottrust_vault_requests_total{instance="a",method="GET",path_class="auth",status='
_ROOT = f"roottrust_policy_root_not_after_timestamp_seconds{{{_POLICY}}}"
_END = f"roottrust_policy_mesh_intermediate_not_after_timestamp_seconds{{{_MESH}}}"
_AGENT = 'roottrust_agent_{}_timestamp_seconds{{instance="{}"}}'
_STAGE = f'roottrust_root_rotation_{{}}{{{{{_POLICY},stage="Prove"}}}}'


def _condition(kind: str, labels: str, condition: str) -> str:
    return f'roottrust_{kind}_condition_state{{{labels},condition="{condition}"}}'


CASES = (
    AlertCase(
        alert="RoottrustOperatorDown",
        fires={},
        calm={'roottrust_leader_state{instance="a"}': _steady(0)},
    ),
    AlertCase(
        alert="RoottrustNotScraped",
        fires={'up{job="gloo-mesh/roottrust-operator",instance="a"}': _steady(0)},
        calm={
            'up{job="gloo-mesh/roottrust-operator",instance="a"}': _steady(1),
            'up{job="other",instance="a"}': _steady(0),
        },
        labels={"job": "gloo-mesh/roottrust-operator", **_A},
    ),
    AlertCase(
        alert="RoottrustNoLeader",
        fires={
            'roottrust_leader_state{job="j",instance="a",pod="a"}': _steady(0),
            'roottrust_leader_state{job="j",instance="b",pod="b"}': _steady(0),
        },
        calm={
            'roottrust_leader_state{job="j",instance="a",pod="a"}': _steady(0),
            'roottrust_leader_state{job="j",instance="b",pod="b"}': _steady(1),
        },
        labels={"job": "j"},
    ),
    AlertCase(
        alert="RoottrustWatchSilent",
        fires={'roottrust_watch_silent_state{instance="a",kind="meshes"}': _steady(1)},
        calm={'roottrust_watch_silent_state{instance="a",kind="meshes"}': _steady(0)},
        labels={**_A, "kind": "meshes"},
    ),
    AlertCase(
        alert="RoottrustQueueStuck",
        fires={'roottrust_queue_oldest_seconds{instance="a"}': _steady(400)},
        calm={'roottrust_queue_oldest_seconds{instance="a"}': _steady(100)},
        labels=_A,
        value="6m 40s",
    ),
    AlertCase(
        alert="RoottrustBug",
        fires={'roottrust_bugs_total{instance="a"}': "0x30 1x60"},
        calm={
            'roottrust_bugs_total{instance="a"}': _steady(3),
            'roottrust_agent_bugs_total{instance="b"}': _steady(0),
        },
        labels=_A,
    ),
    AlertCase(
        alert="RoottrustBug",
        fires={'roottrust_agent_bugs_total{instance="a"}': "0x30 1x60"},
        calm={'roottrust_agent_bugs_total{instance="a"}': _steady(1)},
        labels=_A,
    ),
    AlertCase(
        alert="RoottrustVaultFailing",
        fires={f'{_VAULT}"503"}}': "0+6x90", f'{_VAULT}"200"}}': "0+4x90"},
        calm={
            f'{_VAULT}"404"}}': "0+6x90",
            f'{_VAULT}"200"}}': "0+4x90",
            f'{_VAULT}"503"}}': "0+1x90",
        },
        labels=_A,
    ),
    AlertCase(
        alert="RoottrustVaultFailing",
        fires={f'{_VAULT}"Timeout"}}': "0+1x90"},
        calm={f'{_VAULT}"Timeout"}}': _steady(5)},
        labels=_A,
    ),
    AlertCase(
        alert="RoottrustVaultFailing",
        fires={'roottrust_vault_logins_total{instance="a",method="jwt",result="Sealed"}': "0+1x90"},
        calm={'roottrust_vault_logins_total{instance="a",method="jwt",result="ok"}': "0+1x90"},
        labels=_A,
    ),
    AlertCase(
        alert="RoottrustDriftRepairedAgain",
        fires={f"roottrust_drift_repairs_total{{{_POLICY}}}": "0+1x90"},
        calm={f"roottrust_drift_repairs_total{{{_POLICY}}}": "0x30 1x60"},
        labels=_P,
        value="60",
    ),
    AlertCase(
        alert="RoottrustRootEndsSoon",
        fires={_ROOT: _steady(50 * DAY + 7200)},
        calm={_ROOT: _steady(200 * DAY)},
        labels=_P,
        minutes=120,
        value="50d 0h 0m 0s",
        severities=("warning",),
    ),
    AlertCase(
        alert="RoottrustRootEndsSoon",
        fires={_ROOT: _steady(10 * DAY + 7200)},
        calm={_ROOT: _steady(91 * DAY)},
        labels=_P,
        minutes=120,
        value="10d 0h 0m 0s",
        severities=("warning", "critical"),
    ),
    AlertCase(
        alert="RoottrustIntermediateEndsSoon",
        fires={_END: _steady(3 * DAY + 7200)},
        calm={_END: _steady(30 * DAY)},
        labels=_M,
        minutes=120,
        value="3d 0h 0m 0s",
    ),
    AlertCase(
        alert="RoottrustRunwayShort",
        fires={
            _AGENT.format("not_after", "a"): _steady(4000),
            _AGENT.format("next_renewal", "a"): _steady(2000),
        },
        calm={
            _AGENT.format("not_after", "a"): _steady(6000),
            _AGENT.format("next_renewal", "a"): _steady(4000),
            _AGENT.format("not_after", "new"): _steady(0),
            _AGENT.format("next_renewal", "new"): _steady(0),
        },
        labels=_A,
    ),
    AlertCase(
        alert="RoottrustRenewalFailing",
        fires={'roottrust_agent_renewals_total{instance="a",result="Sealed"}': "0+1x90"},
        calm={'roottrust_agent_renewals_total{instance="a",result="ok"}': "0+1x90"},
        labels={**_A, "result": "Sealed"},
    ),
    AlertCase(
        alert="RoottrustPolicyNotReady",
        fires={_condition("policy", _POLICY, "Ready"): _steady(-1)},
        calm={
            _condition("policy", _POLICY, "Ready"): _steady(1),
            _condition("policy", _POLICY, "Stalled"): _steady(0),
        },
        labels={**_P, "condition": "Ready"},
    ),
    AlertCase(
        alert="RoottrustPolicyStalled",
        fires={_condition("policy", _POLICY, "Stalled"): _steady(1)},
        calm={
            _condition("policy", _POLICY, "Stalled"): _steady(0),
            _condition("policy", _POLICY, "Ready"): _steady(1),
        },
        labels={**_P, "condition": "Stalled"},
    ),
    AlertCase(
        alert="RoottrustMeshNotReady",
        fires={_condition("mesh", 'mesh="m"', "Ready"): _steady(0)},
        calm={_condition("mesh", 'mesh="m"', "Ready"): _steady(1)},
        labels={"mesh": "m", "condition": "Ready"},
    ),
    AlertCase(
        alert="RoottrustNamespacesOutOfSync",
        fires={
            f"roottrust_policy_mesh_stale_namespaces{{{_MESH}}}": _steady(2),
            'roottrust_mesh_stale_namespaces{mesh="m"}': _steady(2),
        },
        calm={
            f"roottrust_policy_mesh_stale_namespaces{{{_MESH}}}": _steady(0),
            'roottrust_mesh_stale_namespaces{mesh="m"}': _steady(0),
        },
        labels=_M,
        value="2",
    ),
    AlertCase(
        alert="RoottrustNamespacesOutOfSync",
        fires={'roottrust_mesh_stale_namespaces{mesh="m"}': _steady(3)},
        calm={'roottrust_mesh_stale_namespaces{mesh="m"}': "3x20 0x60"},
        labels={"mesh": "m"},
        value="3",
    ),
    AlertCase(
        alert="RoottrustClusterTroubled",
        fires={'roottrust_registered_clusters{state="troubled"}': _steady(1)},
        calm={
            'roottrust_registered_clusters{state="troubled"}': _steady(0),
            'roottrust_registered_clusters{state="well"}': _steady(3),
        },
        labels={"state": "troubled"},
        value="1",
    ),
    AlertCase(
        alert="RoottrustRotationStandsStill",
        fires={_STAGE.format("stage_started_timestamp_seconds"): _steady(-200000)},
        calm={_STAGE.format("stage_started_timestamp_seconds"): _steady(-100000)},
        labels={**_P, "stage": "Prove"},
        value="2d 8h 33m 20s",
    ),
    AlertCase(
        alert="RoottrustRotationNeedsPerson",
        fires={_STAGE.format("person_needed_state"): _steady(1)},
        calm={_STAGE.format("person_needed_state"): _steady(0)},
        labels={**_P, "stage": "Prove"},
    ),
    AlertCase(
        alert="RoottrustRestartsStalled",
        fires={_condition("bounce", 'namespace="ns",directive="d"', "Stalled"): _steady(1)},
        calm={_condition("bounce", 'namespace="ns",directive="d"', "Complete"): _steady(1)},
        labels={"namespace": "ns", "directive": "d", "condition": "Stalled"},
    ),
)


def build_tests(case: AlertCase, rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return promtool's tests of one case; `rules` are those with the alert's name."""
    expected = [
        {
            "exp_labels": {**case.labels, **rule["labels"]},
            "exp_annotations": {
                name: _fill(text, case) for name, text in rule["annotations"].items()
            },
        }
        for rule in rules
        if not case.severities or rule["labels"]["severity"] in case.severities
    ]
    return [_build(case, case.fires, expected), _build(case, case.calm, [])]


def _build(case: AlertCase, series: Series, expected: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [
            {"eval_time": f"{case.minutes}m", "alertname": case.alert, "exp_alerts": expected}
        ],
    }


def _fill(text: str, case: AlertCase) -> str:
    """Put in what the templates of an annotation stand for."""
    named = re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: case.labels.get(found[1], ""), text)
    return re.sub(r"\{\{ \$value[^}]*\}\}", case.value, named)
