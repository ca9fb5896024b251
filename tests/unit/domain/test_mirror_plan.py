from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.mirror_mark import MIRROR_LABEL, MirrorPlace, is_mirror
from roottrust.domain.mirror_plan import RemoveMirror, ToldMesh
from tests.unit.domain.certificates import NOW
from tests.unit.domain.mirrors import (
    AWAY,
    NAME,
    PLACE,
    apply,
    build_condition,
    build_mesh,
    mirror,
    plan,
    tell,
)

MESH = ToldMesh(manifest=build_mesh(selfSigned=False))
OTHER = ToldMesh(manifest=build_mesh("istiod-other-c2"))


def test_a_mesh_gets_a_mirror_that_says_whose_it_is() -> None:
    found = mirror(MESH)[NAME]
    assert found["metadata"]["namespace"] == "gloo-mesh"
    assert found["metadata"]["labels"] == {
        "app.kubernetes.io/managed-by": "roottrust",
        MIRROR_LABEL: "c2",
    }
    assert found["spec"]["istio"]["installation"]["cluster"] == "c2"
    assert found["status"]["selfSigned"] is False
    assert is_mirror(found)
    assert PLACE.find_mirrored(found) == "c2"


def test_labels_of_the_cluster_do_not_come_along() -> None:
    labels = {"app.kubernetes.io/part-of": "bank", MIRROR_LABEL: "c3"}
    given = build_mesh()
    told = ToldMesh(manifest={**given, "metadata": {**given["metadata"], "labels": labels}})
    assert set(mirror(told)[NAME]["metadata"]["labels"]) == {
        "app.kubernetes.io/managed-by",
        MIRROR_LABEL,
    }


def test_one_whose_mesh_is_gone_goes_before_others_come() -> None:
    planned = plan(tell(OTHER), mirror(MESH))
    removal, write = planned.actions
    assert removal == RemoveMirror(name=NAME, uid=f"u-{NAME}")
    assert write.name == OTHER.name


def test_only_what_differs_is_written() -> None:
    found = mirror(MESH)
    (action,) = plan(tell(ToldMesh(manifest=build_mesh(selfSigned=True))), found).actions
    assert not isinstance(action, RemoveMirror)
    assert (action.manifest, action.cost) == (None, 1)
    version = build_mesh(selfSigned=False)
    version["spec"]["istio"]["installation"]["version"] = "1.30.0"
    (action,) = plan(tell(ToldMesh(manifest=version)), found).actions
    assert not isinstance(action, RemoveMirror)
    assert (action.status, action.cost) == (None, 1)


def test_an_object_that_is_no_mirror_of_this_cluster_is_left_alone() -> None:
    own = mirror(MESH)[NAME]
    for foreign in (
        build_mesh(),
        {**own, "metadata": {**own["metadata"], "labels": {MIRROR_LABEL: "c2"}}},
        {**own, "metadata": {**own["metadata"], "annotations": {}}},
        apply(plan(tell(MESH)))[NAME] | {"metadata": _label(own, "c3")},
    ):
        planned = plan(tell(MESH, OTHER), {NAME: foreign})
        assert [each.name for each in planned.actions] == [OTHER.name]
        assert planned.blocked == {NAME: foreign}
        assert plan(tell(), {NAME: foreign}).actions == ()


def _label(found: dict[str, Any], cluster: str) -> dict[str, Any]:
    metadata: dict[str, Any] = found["metadata"]
    return {**metadata, "labels": {**metadata["labels"], MIRROR_LABEL: cluster}}


def test_a_mirror_of_another_hub_is_not_ours() -> None:
    found = mirror(MESH)[NAME]
    assert MirrorPlace(hub="other", home="gloo-mesh").find_mirrored(found) is None
    assert MirrorPlace(hub="hub", home="elsewhere").find_mirrored(found) is None


def test_before_a_cluster_tells_anything_mirrors_stay() -> None:
    found = mirror(MESH)
    assert plan(tell(is_known=False), found).actions == ()
    (action,) = plan(tell(is_known=False, trouble=AWAY), found).actions
    assert not isinstance(action, RemoveMirror)
    assert action.manifest is None


def test_one_that_is_being_deleted_is_waited_for() -> None:
    found = mirror(MESH)[NAME]
    going = {**found, "metadata": {**found["metadata"], "deletionTimestamp": "2030"}}
    assert plan(tell(OTHER, MESH), {NAME: going, **mirror(OTHER)}).actions == ()
    assert plan(tell(), {NAME: going}).actions == ()


def test_of_two_meshes_with_one_name_the_first_is_mirrored() -> None:
    second = ToldMesh(manifest=build_mesh(selfSigned=True))
    assert mirror(MESH, second)[NAME]["status"]["selfSigned"] is False


_CONDITIONS = st.lists(
    st.builds(
        build_condition,
        st.sampled_from(["Ready", "TrustPropagated", "Current", "Else"]),
        status=st.sampled_from(["True", "False", "Unknown"]),
        message=st.text(max_size=20),
    ),
    max_size=4,
    unique_by=lambda each: each["type"],
)


@given(
    conditions=_CONDITIONS,
    message=st.none() | st.text(max_size=1100),
    was_away=st.booleans(),
    is_away=st.booleans(),
)
def test_planning_after_applying_yields_nothing(
    conditions: list[dict[str, Any]], message: str | None, *, was_away: bool, is_away: bool
) -> None:
    status = {"conditions": conditions, "message": message, "observedGeneration": 7}
    told = ToldMesh(manifest=build_mesh(**status))
    found = mirror(told, trouble=AWAY if was_away else None)
    later = NOW + timedelta(minutes=5)
    now = tell(told, trouble=AWAY if is_away else None)
    found = apply(plan(now, found, now=later), found)
    assert plan(now, found, now=later + timedelta(hours=1)).actions == ()
    again = tell(is_known=False, trouble=AWAY if is_away else None)
    assert plan(again, found, now=later + timedelta(hours=1)).actions == ()
