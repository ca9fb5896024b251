from pathlib import Path

import yaml

from testbed import kubeconfig


def test_with_token_keeps_cluster_and_drops_credentials(tmp_path: Path) -> None:
    for name in ("ca.crt", "admin.crt", "admin.key"):
        (tmp_path / name).write_text(f"content of {name}")
    path = tmp_path / "kubeconfig"
    kubeconfig.write(
        path, cluster="c1", server="https://10.77.1.2:6443", user="admin", pki=tmp_path
    )

    content = yaml.safe_load(kubeconfig.with_token(path.read_text(), "a-token"))

    assert content["current-context"] == "c1"
    assert content["clusters"] == yaml.safe_load(path.read_text())["clusters"]
    assert content["contexts"] == [{"name": "c1", "context": {"cluster": "c1", "user": "token"}}]
    assert content["users"] == [{"name": "token", "user": {"token": "a-token"}}]


def test_merged_ones_have_all_contexts_and_the_first_is_current(tmp_path: Path) -> None:
    for name in ("ca.crt", "admin.crt", "admin.key"):
        (tmp_path / name).write_text(f"content of {name}")
    contents = []
    for name in ("c1", "c2"):
        path, server = tmp_path / name, f"https://{name}.example:6443"
        kubeconfig.write(path, cluster=name, server=server, user="admin", pki=tmp_path)
        contents.append(path.read_text())

    content = yaml.safe_load(kubeconfig.merge(contents))

    assert content["current-context"] == "c1"
    assert [each["name"] for each in content["contexts"]] == ["c1", "c2"]
    assert [each["cluster"]["server"] for each in content["clusters"]] == [
        "https://c1.example:6443",
        "https://c2.example:6443",
    ]
    assert [each["name"] for each in content["users"]] == ["c1-admin", "c2-admin"]
