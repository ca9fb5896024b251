"""Images are archives that a container runtime can load."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

from testbed import image
from testbed.image import Image


def test_an_image_is_one_layer_and_a_configuration(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\x7fELF")
    wanted = Image(
        name="localhost/tool:test",
        files={"usr/bin/tool": binary},
        links={"bin/sh": "/usr/bin/tool"},
        entrypoint=("/usr/bin/tool",),
        user="1337:1337",
    )
    target = tmp_path / "image.tar"
    image.write(wanted, target)
    with tarfile.open(target) as archive:
        contents = {member.name: _read(archive, member) for member in archive}
    manifest = json.loads(contents["manifest.json"])[0]
    assert manifest["RepoTags"] == ["localhost/tool:test"]
    configuration = json.loads(contents[manifest["Config"]])
    layer = contents["layer.tar"]
    digest = hashlib.sha256(layer).hexdigest()
    assert configuration["rootfs"]["diff_ids"] == [f"sha256:{digest}"]
    assert configuration["config"]["User"] == "1337:1337"
    with tarfile.open(fileobj=io.BytesIO(layer)) as files:
        assert files.getmember("usr/bin/tool").mode == 0o755
        assert files.getmember("bin/sh").linkname == "/usr/bin/tool"
        assert files.getmember("tmp").mode == 0o1777
        names = files.getnames()
    assert names.index("usr") < names.index("usr/bin") < names.index("usr/bin/tool")


def test_the_same_image_is_the_same_archive(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"x")
    wanted = Image(name="a:b", files={"x": binary}, links={}, entrypoint=("/x",))
    for name in ("one", "two"):
        image.write(wanted, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_folder_becomes_an_image_with_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "system/etc").mkdir(parents=True)
    (tmp_path / "system/etc/os").write_text("debian")
    (tmp_path / "system/lib").symlink_to("usr/lib")
    target = tmp_path / "image.tar"
    image.write_folder("localhost/system:test", tmp_path / "system", target)
    with tarfile.open(target) as archive:
        layer = _read(archive, archive.getmember("layer.tar"))
    with tarfile.open(fileobj=io.BytesIO(layer)) as files:
        assert files.getmember("./etc/os").size == len("debian")
        assert files.getmember("./lib").linkname == "usr/lib"
    digest = hashlib.sha256(layer).hexdigest()
    assert image.layer_sizes(target) == {f"sha256:{digest}": len(layer)}


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    assert file is not None
    return file.read()
