"""Build of the compiled kernels; everything else about the package stands in pyproject.toml.

A source ``ext/<name>/<name>.pyx`` becomes the module glassnet.kernels.<name>; ``ext/common`` holds what several of them
use.
"""

import os
import re
import shlex
import sys
from pathlib import Path

from setuptools import Distribution, Extension, setup
from setuptools.command.build_ext import build_ext

# -ffp-contract=off: a fused multiply-add rounds differently, and chains must not depend on the instruction set.
# -g0: Python's own flags ask for debug information.
FLAGS = ["-O3", "-g0", "-ffp-contract=off", "-Wall", "-Wextra", "-Wno-psabi", "-Wno-unused-function"]
# Further flags of compiler and linker, after all others: -g for debug information, the sanitizers of tests/sanitize.sh.
EXTRA_FLAGS = shlex.split(os.environ.get("GLASSNET_CFLAGS", ""))
# Symbols of static functions serve debuggers and profilers alone.
STRIP = ["-Wl,-s"] if sys.platform == "linux" and not EXTRA_FLAGS else []
COMMON = Path("ext", "common")
# What Cython needs for typed memoryviews, once for all kernels: otherwise compiled into each, in three seconds.
MEMORYVIEWS = "glassnet.kernels._memoryviews"
#: headers and modules that a source refers to: both are files of its own folder or of ext/common
REFERENCES = re.compile(
    r'^\s*(?:#\s*include|#\s*define\s+\w+|cdef extern from|include)\s+"([\w.]+\.\w+)"'
    r"|^\s*(?:from\s+([\w.]+)\s+cimport|cimport\s+([\w.]+))",
    re.MULTILINE,
)


def references(path):
    """Files of ext/ that the text of a source or header refers to."""
    for header, *modules in REFERENCES.findall(path.read_text()):
        names = [header] if header else [f"{name.replace('.', '/')}.pxd" for name in modules if name]
        for name in names:
            yield from [folder / name for folder in (path.parent, COMMON) if (folder / name).is_file()][:1]


def dependencies(source):
    """Every file of ext/ that a source depends on, through whatever number of steps."""
    own = COMMON / "glassnet" / "kernels" / f"{source.stem}.pxd"
    found = {own} if own.is_file() else set()
    left = [path for path in (source, own) if path.is_file()]
    while left:
        new = set(references(left.pop())) - found
        found |= new
        left += new
    return sorted(found)


def extension(name, source):
    """One compiled module."""
    return Extension(
        name,
        [str(source)],
        include_dirs=[str(source.parent), str(COMMON)],
        depends=[str(path) for path in dependencies(source)],
        extra_compile_args=FLAGS + EXTRA_FLAGS,
        extra_link_args=STRIP + EXTRA_FLAGS,
    )


def size(source):
    """Bytes of a kernel's text: those that take longest are compiled first, so that the last ones are short."""
    return sum(path.stat().st_size for path in [source, *dependencies(source)])


def kernels():
    """All modules, the longest first."""
    sources = sorted(Path("ext").glob("*/*.pyx"), key=size, reverse=True)
    # Cython writes this source, and its first releases that do so name the module after the file
    modules = [extension(MEMORYVIEWS, COMMON / "_memoryviews.c")]
    return modules + [extension(f"glassnet.kernels.{source.stem}", source) for source in sources]


class BuildKernels(build_ext):
    """Kernels are compiled side by side; for editable installs, too, into folders that stay, so that only what a change
    concerns is compiled again."""

    def finalize_options(self):
        if self.editable_mode:
            build = Distribution().get_command_obj("build")
            build.ensure_finalized()
            self.build_lib, self.build_temp = build.build_platlib, build.build_temp
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()


def c_of(module):
    """Where Cython writes a module's C."""
    return Path("build", module.sources[0]).with_suffix(".c")


def translate(modules):
    """Let Cython write the modules' C into build/."""
    from Cython.Build import cythonize

    written = [c_of(module) for module in modules]
    try:
        return cythonize(
            modules,
            build_dir="build",
            force=True,
            shared_utility_qualified_name=MEMORYVIEWS,
            include_path=[str(COMMON)],
            compiler_directives={
                "language_level": 3,
                "boundscheck": False,
                "cdivision": True,
                "initializedcheck": False,
            },
        )
    except BaseException:
        # what an error or Ctrl-C left behind would be as new as what is whole
        for path in written:
            path.unlink(missing_ok=True)
        raise
    finally:
        # Cython lays copies of headers beside its C, where they would hide the headers once those move
        for copy in Path("build", "ext").glob("*/*.h"):
            copy.unlink()


def in_c(modules):
    """The modules with their C sources, written again where the module's sources or the settings here have changed.

    Cython's own comparison of times includes its declarations of the C library. In pip's environment for a build these
    are always new, and everything would be compiled again.
    """
    import Cython

    settings = Path("build", "settings.txt")
    variables = [f"{name}={os.environ.get(name, '')}" for name in ("CC", "CFLAGS", "LDFLAGS", "GLASSNET_CFLAGS")]
    text = "\n".join([*variables, Cython.__version__, Path("setup.py").read_text()])
    changed = not settings.is_file() or settings.read_text() != text
    stale = []
    for module in modules:
        source, written = Path(module.sources[0]), c_of(module)
        read = [path for path in [source, *dependencies(source)] if path.is_file() and path.suffix != ".h"]
        if changed or not written.is_file() or any(path.stat().st_mtime > written.stat().st_mtime for path in read):
            stale.append(module)
        else:
            module.sources = [str(written)]
    translated = {module.name: module for module in translate(stale)} if stale else {}
    if changed:
        settings.write_text(text)
    modules = [translated.get(module.name, module) for module in modules]
    for module in modules:
        module.depends.append(str(settings))
    return modules


def forget_python():
    """Remove what an earlier build copied but for the kernels: modules and data that are gone would be packed again."""
    for path in Path("build").glob("lib*/glassnet/**/*"):
        if path.is_file() and path.suffix not in (".so", ".pyd"):
            path.unlink()


if __name__ == "__main__":
    forget_python()
    setup(cmdclass={"build_ext": BuildKernels}, ext_modules=in_c(kernels()))
