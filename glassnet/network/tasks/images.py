"""Images: scikit-learn's digits and data sets in MNIST's layout, of all classes and as pairs in numbers +-1."""

import os
from collections.abc import Sequence

import numpy as np

from glassnet import _checks
from glassnet._random import Role, Seed, generator
from glassnet.network.tasks import idx_files
from glassnet.network.tasks.two_classes import BinaryTask


def digits(n_test: int = 597, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return scikit-learn's 8 x 8 digits, grey values in [0, 1], in random order.

    Parameters
    ----------
    n_test : int
        Digits set aside, 10 to 1700 of 1797.
    seed : int
        Of the order.

    Returns
    -------
    inputs, labels, test_inputs, test_labels : (n, 64) float64 and (n,) int64 arrays

    Raises
    ------
    ImportError
        Without scikit-learn: pip install 'glassnet[network]'.
    TypeError, ValueError
        If an argument is not as described.
    """
    n_test = _checks.integer("n_test", n_test, minimum=10, maximum=1700)
    inputs, labels = _scikit_digits()
    order = generator(Seed(seed, "digits"), Role.INITIAL).permutation(len(inputs))
    inputs, labels = inputs[order] / 16.0, labels[order].astype(np.int64)
    return inputs[n_test:], labels[n_test:], inputs[:n_test], labels[:n_test]


def idx(
    folder: str | os.PathLike[str] | None = None, classes: Sequence[int] | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the images of a folder in MNIST's layout, grey values in [0, 1].

    The folder holds train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
    t10k-labels-idx1-ubyte, compressed by gzip (.gz) or not: MNIST, Fashion-MNIST (Debian's package
    dataset-fashion-mnist) and others.

    Parameters
    ----------
    folder : path, optional
        None: the folder that the environment variable GLASSNET_DATA names, or /usr/share/datasets/fashion-mnist.
    classes : sequence of ints, optional
        Labels of the images to take; None: all.

    Returns
    -------
    inputs, labels, test_inputs, test_labels : (n, n_pixels) float64 and (n,) int64 arrays
        In the order of the files.

    Raises
    ------
    FileNotFoundError
        If the folder or one of its files is not there; where no folder was given, it says how to get one.
    TypeError, ValueError
        If an argument is not as described, a file is foreign or not complete, or has no image of a class.
    """
    parts: list[np.ndarray] = []
    for images, labels in _parts(folder, classes):
        _checks.memory(f"folder: {len(images)} images", 16 * images.size)
        parts += [images.reshape(len(images), -1) / 255.0, labels.astype(np.int64)]
    inputs, named, test_inputs, test_labels = parts
    return inputs, named, test_inputs, test_labels


def digit_pairs(
    classes: Sequence[int] = (3, 8), *, threshold: float | str = 0.5, n_test: int = 100, seed: int | Seed = 1
) -> BinaryTask:
    """Two of scikit-learn's digits: a pixel is +1 where its grey value is above a threshold, else -1.

    Pixels that are the same in all images of the two classes are left out: of 3 and 8 (183 and 174 images) 43 of 64
    remain at half of the full scale, 54 at the median. Labels are not asked for this.

    Parameters
    ----------
    classes : pair of ints
        The digits with the labels +1 and -1.
    threshold : float or "median"
        In [0, 1); grey values are in [0, 1]. "median": each pixel has its own, the median of all images of the two
        classes. Half of the inputs are then +1, as far as the grey values allow. This matters: a sign network without
        biases that adds up y x_i sees the mean of an input before it sees the class.
    n_test : int
        Images set aside, 0 to all but 2.
    seed : int or Seed
        Of the order in which images are dealt out.

    Returns
    -------
    BinaryTask

    Raises
    ------
    ImportError
        Without scikit-learn: pip install 'glassnet[network]'.
    TypeError, ValueError
        If an argument is not as described.
    """
    first, second = _pair(classes, range(10))
    threshold = _threshold(threshold)
    inputs, labels = _scikit_digits()
    chosen = (labels == first) | (labels == second)
    inputs = _signs(inputs[chosen], 16.0, threshold, inputs[chosen])
    labels = np.where(labels[chosen] == first, 1, -1).astype(np.int8)
    n_test = _checks.integer("n_test", n_test, minimum=0, maximum=len(labels) - 2)
    inputs = inputs[:, _varies(inputs)]
    order = _order(seed, "digit pairs", len(labels))
    test, train = order[:n_test], order[n_test:]
    return BinaryTask(f"digits {first} and {second}", inputs[train], labels[train], inputs[test], labels[test])


def idx_pairs(
    classes: Sequence[int],
    folder: str | os.PathLike[str] | None = None,
    *,
    block: int = 4,
    threshold: float | str = "median",
    n_train: int | None = None,
    seed: int | Seed = 1,
) -> BinaryTask:
    """Two classes of the images that `idx` reads: an input is +1 where its grey value is above a threshold, else -1.

    Parameters
    ----------
    classes : pair of ints
        The labels that become +1 and -1.
    folder
        As for `idx`.
    block : int
        Squares of block * block pixels are one input, by their mean: 4 makes 7 x 7 inputs of 28 x 28 pixels. It divides
        height and width.
    threshold : float or "median"
        In [0, 1), for grey values in [0, 1]; or each input has its own, the median of all training images of the two
        classes. Images with a dark background need the median: at half of the full scale the Hebb state of
        sandals and sneakers (5 and 7 of Fashion-MNIST) errs on .50 of the test images, at the median on .30.
    n_train : int, optional
        Training images, drawn without regard to their class, >= 1; None: all. The test images are all of those set
        aside in the files.
    seed : int or Seed
        Of the order of the images.

    Returns
    -------
    BinaryTask
        Inputs that are the same in all images of the two classes, training and test, are left out.

    Raises
    ------
    FileNotFoundError, TypeError, ValueError
        As for `idx`.
    """
    first, second = _pair(classes, range(256))
    threshold = _threshold(threshold)
    block = _checks.integer("block", block, minimum=1)
    inputs, labels, reference = [], [], np.empty(0)
    for number, (images, named) in enumerate(_parts(folder, (first, second))):
        order = _order(seed, f"idx pairs, part={number}", len(named))
        grey = _blocks(images, block)
        reference = reference if number else grey
        inputs.append(_signs(grey, 255.0 * block * block, threshold, reference)[order])
        labels.append(np.where(named == first, 1, -1).astype(np.int8)[order])
    varies = _varies(np.concatenate(inputs))
    if n_train is not None:
        n_train = _checks.integer("n_train", n_train, minimum=1, maximum=len(labels[0]))
    name = f"images {first} and {second}" + f", blocks of {block} x {block}" * (block > 1)
    return BinaryTask(name, inputs[0][:n_train, varies], labels[0][:n_train], inputs[1][:, varies], labels[1])


def _scikit_digits() -> tuple[np.ndarray, np.ndarray]:
    """The 8 x 8 digits, grey values 0 to 16, and what they are."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError("the digits are those of scikit-learn: pip install 'glassnet[network]'") from error
    return load_digits(return_X_y=True)


def _parts(folder: str | os.PathLike[str] | None, classes: Sequence[int] | None) -> list[tuple[np.ndarray, np.ndarray]]:
    """Images and labels of the classes, those to learn from and those to test with."""
    wanted = None
    if classes is not None:
        wanted = np.unique(_checks.integer_array("classes", classes, ndim=1, maximum=255))
    folder, parts = idx_files.folder_of(folder), []
    for part in ("train", "test"):
        images, labels = idx_files.images_and_labels(folder, part)
        if wanted is not None:
            missing = np.setdiff1d(wanted, labels)
            if missing.size or not wanted.size:
                there = ", ".join(map(str, np.unique(labels)))
                wrong = missing[0] if missing.size else "none"
                raise ValueError(f"classes must be among {there} of {folder}, got {wrong}")
            chosen = np.isin(labels, wanted)
            images, labels = images[chosen], labels[chosen]
        parts.append((images, labels))
    shapes = [images.shape[1:] for images, _ in parts]
    if shapes[0] != shapes[1]:
        raise ValueError(f"folder must hold images of one size, got {shapes[0]} and {shapes[1]} in {folder}")
    return parts


def _pair(classes: Sequence[int], allowed: range) -> tuple[int, int]:
    pair = _checks.integer_array("classes", classes, ndim=1, maximum=allowed[-1]).tolist()
    if len(pair) != 2 or pair[0] == pair[1]:
        raise ValueError(f"classes must be two different integers, got {tuple(pair)}")
    return pair[0], pair[1]


def _threshold(threshold: float | str) -> float | str:
    if isinstance(threshold, str):
        return _checks.choice("threshold", threshold, ("median",))
    threshold = _checks.real("threshold", threshold, minimum=0.0, maximum=1.0)
    if threshold == 1.0:
        raise ValueError("threshold must be in [0, 1), got 1: no pixel is above it")
    return threshold


def _signs(images: np.ndarray, full_scale: float, threshold: float | str, reference: np.ndarray) -> np.ndarray:
    """Signs of images (n, n_inputs) against a part of the full scale, or against medians of reference images."""
    grey = _medians(reference) if isinstance(threshold, str) else threshold * full_scale
    return np.where(images > grey, 1, -1).astype(np.int8)


def _medians(images: np.ndarray) -> np.ndarray:
    """Medians of the columns; of an even number the lower of the two in the middle, which is a grey value."""
    return np.sort(images, axis=0)[(len(images) - 1) // 2]


def _varies(inputs: np.ndarray) -> np.ndarray:
    """Which inputs are not the same in all images."""
    varies = (inputs != inputs[:1]).any(axis=0)
    if not varies.any():
        raise ValueError("threshold must leave an input that is not the same in all images")
    return varies


def _blocks(images: np.ndarray, block: int) -> np.ndarray:
    """Sums over squares of pixels, (n, n_blocks)."""
    n, height, width = images.shape
    if height % block or width % block:
        raise ValueError(f"block must divide the {height} x {width} pixels of an image, got {block}")
    squares = images.reshape(n, height // block, block, width // block, block)
    return squares.sum(axis=(2, 4), dtype=np.int64).reshape(n, -1)


def _order(seed: int | Seed, text: str, count: int) -> np.ndarray:
    value, key = seed if isinstance(seed, Seed) else (seed, "")
    return generator(Seed(value, f"{key}|{text}"), Role.INITIAL).permutation(count)
