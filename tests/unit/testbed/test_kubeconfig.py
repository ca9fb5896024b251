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
