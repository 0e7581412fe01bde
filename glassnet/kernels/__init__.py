"""Where the compiled modules land: ``bitsliced``, ``realvalued`` and ``enumeration``, built from ``ext/``."""

try:
    from glassnet.kernels import bitsliced, enumeration, realvalued
except ImportError as error:
    raise ImportError(
        "glassnet's compiled kernels are missing here: this is the source tree. Install the package "
        "(pip install .) and leave the folder, or build them in place (python setup.py build_ext --inplace). "
        f"[{error}]"
    ) from error

__all__ = ["bitsliced", "enumeration", "realvalued"]
