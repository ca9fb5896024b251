"""The image archives that every node needs, kept beside the parts they are made of."""

from pathlib import Path

from testbed import image, node, parts
from testbed.cache import Cache
from testbed.image import Image
from testbed.parts import Workshop

_ARCHIVE = "image.tar"


def archives(cache: Cache, workshop: Workshop) -> list[Path]:
    """Give the archives of the pause image and of CoreDNS, written when they are not there."""
    busybox = node.busybox_image()
    status = busybox.files["bin/busybox"].stat()
    version = f"{status.st_size}-{int(status.st_mtime)}"
    coredns = node.coredns_image(workshop.binary(parts.COREDNS))
    return [
        archive(cache, "image-busybox", version, busybox),
        archive(cache, "image-coredns", parts.COREDNS.version, coredns),
    ]


def archive(cache: Cache, name: str, version: str, wanted: Image) -> Path:
    """Give the archive of one image, written when it is not there."""
    entry = cache.entry(name, version, wanted)
    cache.provide(entry, [_ARCHIVE], lambda folder: image.write(wanted, folder / _ARCHIVE))
    return entry / _ARCHIVE
