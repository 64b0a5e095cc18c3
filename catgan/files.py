"""Writes files atomically, and keeps paths from data inside their root folder."""

from __future__ import annotations

import contextlib
import errno
import functools
import json
import os
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from catgan.errors import CatganError

if TYPE_CHECKING:
    _Path = Path
else:
    _Path = type(Path())  # Python 3.11 cannot derive from Path itself
_DRIVES = os.name == "nt"


def check_output(path: str | os.PathLike) -> None:
    """Checks that a file can be written to `path` before the work for it is done.

    Raises:
        CatganError: `path` is a folder, a device or a pipe, lies below a file, or lies in a read-only folder.
    """
    path = Path(path)
    if path.is_dir():
        raise CatganError(f"The output must be a file. Received the folder {path}.")
    parent = os.path.realpath(path.parent)  # a rename would replace /dev/stdout itself
    if path.exists() and not path.is_file() or parent == "/dev" or parent.startswith("/proc/"):
        raise CatganError(f"The output must be a regular file, not a device or a pipe. Received: {path}.")
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir():
        raise CatganError(f"The output must lie in a folder. Received: {path}, but {above} is a file.")
    if not os.access(above, os.W_OK):
        raise CatganError(f"The output must lie in a folder that can be written to. Received: {path}.")


def refuse_overwriting(outputs: Iterable[str | os.PathLike], inputs: Iterable[str | os.PathLike],
                       is_read: Callable[[Path], bool] | None = None) -> None:
    """Checks before any work that no output is an input or another output, also through links and other spellings.

    Args:
        outputs: files and folders that will be written, existing or not.
        inputs: files and folders that are read; names that are not paths are ignored.
        is_read: returns whether a file of a folder in `inputs` is read; by default all are.

    Raises:
        CatganError: an output is an input, is a file in a folder that is read, or is given twice.
    """
    written: list[Path] = []
    for output in map(Path, outputs):
        if any(_same(output, other) for other in written):
            raise CatganError(f"Two results cannot be written to one file. Received: {output} twice.")
        written.append(output)
        for path in map(Path, inputs):
            if _same(output, path):
                raise CatganError(f"An output must not overwrite an input. Received: {output}, which is "
                                  f"{'' if output == path else f'{path}, '}read.")
            if output.is_file() and _lies_in(output, path) and (is_read is None or is_read(output)):
                raise CatganError(f"An output must not overwrite a file of a folder that is read, {path}. "
                                  f"Received: {output}.")


def refuse_around(output: str | os.PathLike, folders: Iterable[str | os.PathLike]) -> None:
    """Checks that a folder to be written neither is nor contains a folder that is read.

    Raises:
        CatganError: it does.
    """
    for folder in folders:
        real, read = (os.path.join(os.path.realpath(path), "") for path in (output, folder))
        if read.startswith(real):
            raise CatganError(f"The output must be a folder of its own. Received: {output}, "
                              f"{'which is read' if read == real else f'in which {folder} is read'}.")


def _same(one: Path, other: Path) -> bool:
    """Returns whether two paths lead to the same file, which need not exist yet."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)


def _lies_in(path: Path, folder: Path) -> bool:
    """Returns whether a path leads into a folder, directly or through links."""
    return folder.is_dir() and any(_same(above, folder) for above in
                                   (*path.absolute().parents, *Path(os.path.realpath(path)).parents))


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[Path]:
    """Yields a temporary path beside `path`; renames it to `path` if the block succeeds and removes it if the block
    fails.

    The file is flushed to the disk before the rename, so that after a power cut either the old or the new file is
    there.

    Raises:
        CatganError: as `check_output` does.
    """
    path = Path(path)
    check_output(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The file extension is kept: Pillow, matplotlib and Keras choose the format by it.
    temporary = path.with_name(f".{os.getpid()}.tmp.{path.name}")
    try:
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def clear_temporary(folder: str | os.PathLike) -> None:
    """Removes temporary files that killed processes left in `folder` and below."""
    for path in Path(folder).rglob(".*.tmp.*"):
        path.unlink(missing_ok=True)


def write_bytes(path: str | os.PathLike, content: bytes) -> None:
    """Writes `content` to `path` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | os.PathLike, content: str) -> None:
    """Writes `content` to `path` as UTF-8, atomically; characters that UTF-8 cannot encode (of file names) become `?`.
    """
    write_bytes(path, content.encode("utf-8", "replace"))


def write_json(path: str | os.PathLike, content: object) -> None:
    """Writes `content` to `path` as indented JSON, atomically. NaN is refused; use None for undefined values."""
    write_text(path, json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def fill_template(path: str | os.PathLike, **values: object) -> str:
    """Fills a Jinja2 template of HTML. Values are escaped; a name that the template uses must be given.

    Args:
        path: of the template.
        **values: by name.
    """
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
                                     keep_trailing_newline=True)
    return environment.from_string(Path(path).read_text(encoding="utf-8")).render(values)


def cache_folder(name: str) -> Path:
    """Makes a folder for files that can be made again, which only the user may enter.

    It lies in `$CATGAN_CACHE`, else in `$XDG_CACHE_HOME/catgan`, else in `~/.cache/catgan`.

    Raises:
        CatganError: the folder cannot be made, or belongs to somebody else.
    """
    given = os.environ.get("CATGAN_CACHE")
    base = Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "catgan"
    folder = base / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.is_symlink():
            raise PermissionError("it is a symbolic link")
        folder.chmod(0o700)  # fails where somebody else owns it
    except OSError as error:
        raise CatganError(f"The cache folder {folder} cannot be used: {error.strerror or error}. Set CATGAN_CACHE to a "
                          "folder of your own.") from None
    return folder


def full_disk(error: OSError, out: Path) -> Exception:
    """Returns the error to show for an `OSError`: one that says what to do where the disk is full, else itself."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error):
        return CatganError(f"The disk of {out} is full. Make room and run the same command again: it goes on where it "
                           "stopped.")
    return error


def inside(root: str | os.PathLike, relative: str) -> str:
    """Joins `relative`, which comes from data, to `root` and checks that the result lies inside.

    Returns text, since making a million `Path` objects takes seconds. If the path does not exist but exactly one other
    spelling of it does, that one is returned: composed or decomposed letters (NFC, NFD), or a file extension in other
    letter case (`a.JPG`, `a.jpg`).

    Args:
        root: a folder; a `LinkedRoot` allows symbolic links that lead out of it.
        relative: with `/` or `\\`; absolute paths are allowed below `root`.

    Raises:
        CatganError: `relative` is empty, or leads out of `root` (as an absolute path, through `..`, or through a
            symbolic link that is not allowed).
    """
    linked = isinstance(root, LinkedRoot)
    if "\\" in relative or relative.startswith("/") or _DRIVES and os.path.splitdrive(relative)[0]:
        relative = local(root, relative)
    folder, _, name = relative.rpartition("/")
    base, real = _folder_inside(os.fspath(root), folder, linked)
    if len(relative) > 255 and (len(relative) > 2000 or max(map(len, os.fsencode(relative).split(b"/"))) > 255):
        raise CatganError(f"A path in an annotation is longer than file systems allow. Received: {relative[:80]!r}...")
    if name in ("", ".", "..") or "\0" in relative or name.isspace() or relative.startswith("/") \
            or relative[1:3] == ":/" and relative[0].isalpha():
        real = None
    if real is not None:
        path = f"{base}/{folder}/{name}" if folder else f"{base}/{name}"
        try:
            checked = not stat.S_ISLNK(os.lstat(path).st_mode) or linked
        except OSError:
            found = _as_on_disk(base, relative)
            path, checked = found or path, linked or found is None
        if checked or os.path.realpath(path).startswith(os.path.join(base, "")):
            return path
    out = "" if _climbs(relative) else (" A symbolic link leads out of it; `follow_links: true` beside the source's "
                                        "`root` allows that.")
    raise CatganError(f"A path in an annotation must lie inside its root {base}. Received: {relative[:200]!r}.{out}")


def local(root: str | os.PathLike, text: str) -> str:
    """Normalises a path from data: relative to `root` where it lies below, with `/`, without `.`. Absolute paths
    elsewhere stay absolute."""
    if "\\" in text and (os.sep == "\\" or not os.path.lexists(os.path.join(root, text.replace("\0", "")))):
        text = text.replace("\\", "/")
    if text.startswith("/") and not text.startswith("//") or _DRIVES and os.path.splitdrive(text)[0]:
        for base in (os.path.abspath(root), os.path.realpath(root)):
            if text.startswith(base.rstrip("/\\").replace("\\", "/") + "/"):
                text = text[len(base.rstrip("/\\")) + 1:]
                break
    if "./" in text or "//" in text[1:]:
        first = "//" if text.startswith("//") else "/" if text.startswith("/") else ""
        text = first + "/".join(part for part in text.split("/") if part not in ("", "."))
    return text


class LinkedRoot(_Path):
    """A root whose symbolic links may lead out of it, because the user allowed that."""


@functools.lru_cache(maxsize=4096)
def _folder_inside(root: str, folder: str, linked: bool) -> tuple[str, str | None]:
    """Returns the real root and the real folder below it, or None for a folder outside."""
    base = os.path.realpath(root)
    if "\0" in folder or os.path.isabs(folder) or linked and ".." in folder.split("/"):
        return base, None
    real = os.path.realpath(os.path.join(base, folder)) if folder else base
    return base, real if linked or real == base or real.startswith(os.path.join(base, "")) else None


def _climbs(relative: str) -> bool:
    """Returns whether the text of a path alone shows that it leads out of its root or nowhere."""
    return (relative.startswith("/") or relative[1:3] == ":/" or "\0" in relative or not relative.strip()
            or ".." in relative.split("/") or relative.endswith(("/", "/.")) or relative == ".")


def _as_on_disk(base: str, relative: str) -> str | None:
    """Finds the only file below `base` that is spelled as `relative` apart from Unicode form and case of the extension.
    """
    path = base
    *folders, name = relative.split("/")
    for place, part in enumerate((*folders, name)):
        if os.path.lexists(f"{path}/{part}"):
            path = f"{path}/{part}"
            continue
        spellings = {unicodedata.normalize(form, part) for form in ("NFC", "NFD")}
        if place == len(folders):
            stems = [os.path.splitext(spelling) for spelling in spellings]
            spellings |= {stem + change(ending) for stem, ending in stems for change in (str.lower, str.upper)}
        found = [spelling for spelling in spellings if spelling != part and os.path.lexists(f"{path}/{spelling}")]
        if len(found) != 1:
            return None
        path = f"{path}/{found[0]}"
    return path


def real_path(path: str) -> str:
    """Returns `os.path.realpath`, caching folders so that a million paths stay fast."""
    folder, name = os.path.split(path)
    if name in ("", ".", "..") or os.path.islink(path):
        return os.path.realpath(path)
    return f"{_real_folder(folder)}/{name}"


@functools.lru_cache(maxsize=4096)
def _real_folder(path: str) -> str:
    return os.path.realpath(path).rstrip("/")
