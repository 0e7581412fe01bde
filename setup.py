"""Build of the compiled kernels; everything else about the package stands in pyproject.toml."""

import os
import shlex

from Cython.Build import cythonize
from setuptools import Extension, setup

# -ffp-contract=off: a fused multiply-add rounds differently, and chains must not depend on the instruction set.
FLAGS = ["-O3", "-ffp-contract=off", "-Wall", "-Wextra", "-Wno-psabi", "-Wno-unused-function"]
# Further flags of compiler and linker, after all others: tests/sanitize.sh builds with sanitizers by this.
EXTRA_FLAGS = shlex.split(os.environ.get("GLASSNET_CFLAGS", ""))
KERNELS = sorted(name.removesuffix(".pyx") for name in os.listdir("ext") if name.endswith(".pyx"))
HEADERS = sorted(os.path.join("ext", name) for name in os.listdir("ext") if name.endswith((".h", ".pxi")))


def kernel(name):
    """One compiled module ext/<name>.pyx that lands as glassnet.kernels.<name>."""
    return Extension(
        f"glassnet.kernels.{name}",
        [f"ext/{name}.pyx"],
        include_dirs=["ext"],
        depends=HEADERS,
        extra_compile_args=FLAGS + EXTRA_FLAGS,
        extra_link_args=EXTRA_FLAGS,
    )


setup(
    ext_modules=cythonize(
        [kernel(name) for name in KERNELS],
        build_dir="build",
        compiler_directives={
            "language_level": 3,
            "boundscheck": False,
            "cdivision": True,
            "initializedcheck": False,
        },
    ),
)
