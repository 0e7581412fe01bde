"""Zip archives whose members are stored as they are, so that each can be read in place; nothing here is about chains.

`unzip` gives the members back byte for byte.
"""

# zipfile writes and lists; ours is what it lacks: where the bytes of a member lie, also in an archive inside another
import mmap
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from glassnet.chains.files import regular_file
from glassnet.chains.files.atomic_write import Part
from glassnet.chains.files.file_window import Window

#: first bytes of every archive that has members
SIGNATURE = b"PK\x03\x04"
#: what precedes the bytes of a member: signature, five words about it, CRC-32, twice its size, two lengths
_HEADER = struct.Struct("<4s10sLLLHH")
_LARGE = 0xFFFFFFFF
_PIECE = 2**20


class Member(NamedTuple):
    """One file inside an archive, which may itself be a member of another.

    Attributes
    ----------
    path : Path
        The (outermost) archive.
    name : str
        Names inside, joined by slashes.
    at : int
        Where in `path` its header begins.
    size : int
    crc : int
        CRC-32 of its bytes.
    """

    path: Path
    name: str
    at: int
    size: int
    crc: int

    def __str__(self) -> str:
        return f"{self.path}/{self.name}"

    def window(self) -> Window:
        """Its bytes, as a file to read.

        Raises
        ------
        zipfile.BadZipFile
            If something else lies there: the archive is damaged, or was replaced since it was listed.
        """
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            header = _HEADER.unpack(_exactly(descriptor, _HEADER.size, self.at))
            signature, _, crc, _, size, n_name, n_extra = header
            name = _exactly(descriptor, n_name, self.at + _HEADER.size)
            right = f"/{self.name}".encode().endswith(b"/" + name) and crc == self.crc and size in (self.size, _LARGE)
            if signature != SIGNATURE or not right:
                raise zipfile.BadZipFile(f"{self.name} is not where it should be")
            return Window(descriptor, self.at + _HEADER.size + n_name + n_extra, self.size)
        except BaseException:
            os.close(descriptor)
            raise

    def image(self) -> bytes:
        """All its bytes; raises as :meth:`window` does, and if they do not match their checksum."""
        with self.window() as window:
            image = window.read()
        if len(image) != self.size or zlib.crc32(image) != self.crc:
            raise zipfile.BadZipFile(f"{self.name} does not match its checksum")
        return image

    def check(self) -> None:
        """Compare the bytes with their checksum, a piece at a time; raises as :meth:`image` does."""
        crc, buffer = 0, memoryview(bytearray(min(_PIECE, self.size)))
        with self.window() as window:
            while n_read := window.readinto(buffer):
                crc = zlib.crc32(buffer[:n_read], crc)
            if window.tell() != self.size or crc != self.crc:
                raise zipfile.BadZipFile(f"{self.name} does not match its checksum")


def write(part: BinaryIO | Part, files: Iterable[tuple[str, int, Iterable[bytes]]]) -> None:
    """Write an archive of `files`, each a name, a size and its bytes in pieces; the same files give the same bytes."""
    # as much of a file as zipfile asks for
    with zipfile.ZipFile(cast("BinaryIO", part), "w") as listing:
        for name, size, pieces in files:
            entry = zipfile.ZipInfo(name)
            entry.file_size, entry.create_system, entry.external_attr = size, 3, 0o644 << 16
            with listing.open(entry, "w") as stored:
                for piece in pieces:
                    stored.write(piece)


def pieces(file: BinaryIO) -> Iterable[bytes]:
    """The bytes of a file, some at a time."""
    while piece := file.read(_PIECE):
        yield piece


def members(archive: Path | Member) -> dict[str, Member]:
    """Members of an archive by their names inside it.

    Raises
    ------
    OSError, ValueError, RuntimeError, zipfile.BadZipFile
        If it is none, truncated, or compressed.
    """
    path, prefix = (archive.path, f"{archive.name}/") if isinstance(archive, Member) else (archive, "")
    with (
        archive.window() if isinstance(archive, Member) else open(path, "rb", opener=regular_file.opener) as file,
        zipfile.ZipFile(file) as listing,
    ):
        start = file.start if isinstance(file, Window) else 0
        entries = listing.infolist()
        # of a truncated archive the listing of the last archive inside it may be left
        if entries and min(entry.header_offset for entry in entries) != 0:
            raise zipfile.BadZipFile("its list of members is that of another archive")
        for entry in entries:
            if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 0x9:
                raise zipfile.BadZipFile(f"{entry.filename} is not stored as it is; `unzip` the archive first")
        return {
            entry.filename: Member(
                path, prefix + entry.filename, start + entry.header_offset, entry.file_size, entry.CRC
            )
            for entry in entries
        }


def salvage(path: Path) -> list[Member]:
    """Whatever looks like a member of a damaged archive; its list of members is not looked at."""
    members: list[Member] = []
    with open(path, "rb", opener=regular_file.opener) as file:
        n_bytes = os.fstat(file.fileno()).st_size
        # an empty file cannot be mapped
        if not n_bytes:
            return members
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as image:
            at = image.find(SIGNATURE)
            while at >= 0 and at + _HEADER.size <= n_bytes:
                _, _, crc, _, size, n_name, _ = _HEADER.unpack(image[at : at + _HEADER.size])
                name = image[at + _HEADER.size : at + _HEADER.size + n_name].decode(errors="replace")
                if at + size <= n_bytes:
                    members.append(Member(path, name, at, size, crc))
                at = image.find(SIGNATURE, at + 1)
    return members


def _exactly(descriptor: int, n_bytes: int, at: int) -> bytes:
    image = os.pread(descriptor, n_bytes, at)
    if len(image) != n_bytes:
        raise zipfile.BadZipFile("it ends too early")
    return image
