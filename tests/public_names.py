"""Everything that users reach with dir(), and what a docstring says: errors, shapes, units, and what it refers to."""

import importlib
import inspect
import re

import glassnet as gn

#: an exception named in a text
NAMED = re.compile(r"\b[A-Z]\w*Error\b")
#: "nothing is raised" is an answer, too
NONE_RAISED = re.compile(
    r"\b(nothing is raised|raises? nothing|raises? none|raises? no errors?|no errors? (is|are) raised)\b"
)
#: another docstring that says what this one does not, such as "as for :func:`regular`" or "see `spread`"
REFERRED = re.compile(
    r"\b(?:[Aa]s|[Ss]ee|[Ll]ike|[Tt]hose of|what)\b(?:\s(?:in|for|of|what|those of|to|does))*\s(?::\w+:)?`~?([\w.]+)`"
)
#: arrays in the type of an entry, without those of xarray
#: (a list of numbers has its shape in its name)
ARRAY = re.compile(r"(?<!x)\barrays?\b|\b(?:float|int|uint|complex)(?:8|16|32|64|128)\b|\bfloats\b|\bints\b|of \+-1")
SHAPE = re.compile(r"\(.*\)|\b(any|one|same) shape\b|shape of")
LISTED = re.compile(r"\b(list|sequence|pair) of (at least \d+ |p \+ 1 )?(ints|floats)\b")
#: names that stand for temperatures and energies, and how their units are told
#: (the theory at zero temperature, of that name, is none)
IN_UNITS = re.compile(
    r"^(?!zero_temperature$)(T|t_min|t_max|temperatures?|\w+_temperatures?|energy|energies|free_energy|\w+_energy)$"
)
UNITS = re.compile(r"\|J\||abs\(J\)|k_B = 1|units (of the couplings|where abs)")


def sections(text):
    """Text of each section of a docstring by its name; what precedes them by ""."""
    parts = re.split(r"^([A-Z]\w+(?: \w+)?)\n-{3,}$", text, flags=re.M)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def entries(section):
    """(names, type) of the entries of a section; both as they are written."""
    return re.findall(r"^(?! )(\S[^:\n]*?) : (.+)$", section, re.M)


def says_errors(text):
    """Whether a docstring lists its errors, names one, or says that there are none."""
    return bool(re.search(r"^\S", sections(text).get("Raises", "").strip(), re.M)) or says_in_words(text)


def says_in_words(text):
    """The same in a sentence."""
    rest = " ".join(" ".join(body for name, body in sections(text).items() if name != "Raises").split())
    return bool(NAMED.search(rest) or NONE_RAISED.search(rest))


def says_of_methods(text):
    """The same of a class or a module: its section Raises is about its own making, unless it speaks of methods."""
    return says_in_words(text) or bool(re.search(r"\b(methods|functions)\b", sections(text).get("Raises", "")))


def references(value, owner, text):
    """Functions and classes to which a docstring refers, as far as their names lead anywhere."""
    for name in REFERRED.findall(text):
        found = resolved(name, value, owner)
        if found is not None and found is not value:
            yield found


def resolved(name, value, owner):
    """What a name in a docstring stands for: in its class, in its module, or from the package on."""
    module = inspect.getmodule(value.fget if isinstance(value, property) else inspect.unwrap(value))
    for home in filter(None, (owner, module)):
        found = home
        for part in name.split("."):
            found = getattr(found, part, None)
        if callable(found) or isinstance(found, property):
            return found
    found = importlib.import_module("glassnet")
    for part in name.removeprefix("glassnet.").split("."):
        found = getattr(found, part, None) or _module(found, part)
    return found if callable(found) or isinstance(found, property) else None


def _module(package, part):
    try:
        return importlib.import_module(f"{package.__name__}.{part}")
    except (ImportError, AttributeError):
        return None


def told(value, owner, text, seen=()):
    """All texts a reader is given: a docstring, that of its owner, and those it refers to, which count only whole."""
    texts = [text, inspect.getdoc(owner) or ""]
    for other in references(value, owner, text):
        if other not in seen:
            again = inspect.getdoc(other) or ""
            texts += told(other, owner, again, (*seen, value, other))
    return texts


def lacking(value, owner, text):
    """What the docstring of a function does not say: its parameters, its errors, units of temperatures and energies."""
    parameters = [name for name in inspect.signature(value).parameters if name not in ("self", "cls", "ax")]
    texts = told(value, owner, text)
    whole = "\n".join(texts)
    missing = [name for name in parameters if not re.search(rf"\b{name}\b", whole)]
    said = says_errors(text) or says_of_methods(texts[1]) or any(map(says_errors, texts[2:]))
    missing += ["errors"] * (bool(parameters) and not said)
    physical = [name for name in (*parameters, getattr(value, "__name__", "")) if IN_UNITS.match(name)]
    module = inspect.getdoc(inspect.getmodule(inspect.unwrap(value))) or ""
    return missing + ["units"] * (bool(physical) and not UNITS.search(f"{whole}\n{module}"))


def shapeless(text):
    """Entries of a docstring that are arrays of unknown shape."""
    found = []
    for name, body in sections(text).items():
        if name in ("Parameters", "Returns", "Attributes", "Yields"):
            for names, kind in entries(body):
                alone = re.fullmatch(r"(float|int)\d+", kind) or LISTED.search(kind)
                if ARRAY.search(kind.replace("xarray", "")) and not SHAPE.search(kind) and not alone:
                    found.append(f"{names} : {kind}")
    return found


FOREIGN = "model_"


def public_modules(module=gn, found=None):
    """All modules that users reach from the package with ``dir()``, by name."""
    found = {} if found is None else found
    if module.__name__ not in found:
        found[module.__name__] = module
        for name in dir(module):
            if inspect.ismodule(getattr(module, name)):
                public_modules(getattr(module, name), found)
    return found


MODULES = public_modules()
CLASSES = {
    value: f"{module.__name__}.{name}"
    for module in MODULES.values()
    for name in dir(module)
    if inspect.isclass(value := getattr(module, name))
}


def public_callables():
    """Name, callable and what its docstring may rest on: that of its class, or of the module it is written in."""
    for module in MODULES.values():
        for name in dir(module):
            value = getattr(module, name)
            if inspect.isfunction(value):
                yield f"{module.__name__}.{name}", value, inspect.getmodule(inspect.unwrap(value))
    for owner, path in CLASSES.items():
        yield path, owner, None
        for name, value in vars(owner).items():
            value = value.__func__ if isinstance(value, classmethod | staticmethod) else value
            if not name.startswith(("_", FOREIGN)) and (inspect.isfunction(value) or isinstance(value, property)):
                yield f"{path}.{name}", value, owner


CALLABLES = {name: (value, owner) for name, value, owner in public_callables()}
