"""Recognises files that are mistaken for photographs, by their content, and suggests what to do."""

from __future__ import annotations

import os
from pathlib import Path

RAW_ENDINGS = frozenset({".3fr", ".arw", ".cr2", ".cr3", ".dng", ".erf", ".iiq", ".kdc", ".mrw", ".nef", ".nrw", ".orf",
                         ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"})

RAW = ("a camera's raw file", "export it as JPEG, PNG or TIFF first")

# Kinds by their first bytes in lower case, without leading white space.
_TEXTS = {
    b"version https://git-lfs": ("a Git LFS pointer", "run 'git lfs pull' where it was cloned"),
    b"/annex/objects/": ("a git-annex pointer", "run 'git annex get' where it was cloned"),
    b"%!ps": ("a PostScript drawing", "export it as PNG or JPEG first"),
    b"%pdf-": ("a PDF", "export its pictures as PNG or JPEG first"),
    b"<!doctype html": ("a web page", "it was saved instead of the photograph; download that again"),
    b"<html": ("a web page", "it was saved instead of the photograph; download that again"),
}
_CONTAINERS = {
    b"PK\x03\x04": ("an archive", "unpack it first"), b"PK\x05\x06": ("an archive", "unpack it first"),
    b"\x1f\x8b": ("an archive", "unpack it first"),
    b"7z\xbc\xaf\x27\x1c": ("an archive", "unpack it first"), b"Rar!": ("an archive", "unpack it first"),
    b"\xff\x0a": ("a JPEG XL picture", "export it as JPEG or PNG first"),
    b"\0\0\0\x0cJXL ": ("a JPEG XL picture", "export it as JPEG or PNG first"),
    b"FUJIFILMCCD-RAW": RAW, b"IIRO": RAW, b"IIU\0": RAW, b"FOVb": RAW, b"\0MRM": RAW,
}
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")


def kind(content: bytes, path: str | os.PathLike) -> tuple[str, str] | None:
    """Recognises a file that is not a supported picture.

    Args:
        content: the content of the file.
        path: its path; the extension identifies raw files of cameras, many of which look like TIFF.

    Returns:
        A stable phrase and a suggestion; None for an unknown kind.
    """
    if raw(content, path):
        return RAW
    start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for beginning, named in _TEXTS.items():
        if start.startswith(beginning):
            return named
    for beginning, named in _CONTAINERS.items():
        if content.startswith(beginning):
            return named
    if start.startswith((b"<?xml", b"<svg", b"<!doctype svg", b"<!--")):
        if b"<svg" in start:
            return "an SVG drawing", "export it as PNG first"
        if b"<html" in start:
            return "a web page", "it was saved instead of the photograph; download that again"
        return "an XML text", "a server may have sent it instead of the photograph; download that again"
    return _damage(content)


def raw(content: bytes, path: str | os.PathLike) -> bool:
    """Returns whether this is a camera's raw file. Pillow would read the thumbnail of some."""
    return (Path(path).suffix.lower() in RAW_ENDINGS and not content.startswith((b"\xff\xd8\xff", b"\x89PNG"))
            or content[:4] in (b"II*\0", b"MM\0*") and content[8:10] == b"CR" or content[4:12] == b"ftypcrx ")


def iso_brands(content: bytes) -> set[bytes]:
    """Returns the brands of a file in the ISO base media format, such as `heic`; empty for other files."""
    if content[4:8] != b"ftyp":
        return set()
    length = min(max(int.from_bytes(content[:4], "big"), 16), 256)
    return {content[place:place + 4] for place in (8, *range(16, length, 4))}


def _damage(content: bytes) -> tuple[str, str] | None:
    if not content.strip(b"\0"):
        return "only zero bytes", "the file was not written to its end; copy or download it again"
    if content.startswith(_PICTURES):
        return "truncated or damaged image", "its beginning is that of a picture, the rest cannot be read"
    return None
