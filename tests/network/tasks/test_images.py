"""Images: scikit-learn's digits, tiny IDX files written here, and pairs of classes in +-1."""

import gzip

import numpy as np
import pytest
from sklearn.datasets import load_digits

from glassnet.network import tasks
from glassnet.network.tasks import idx_files

#: images of every class in the tiny data set, for training and test
N_TRAIN, N_TEST, CLASSES = 6, 3, (0, 1, 7)


def idx_bytes(array):
    """An IDX file, byte by byte."""
    sizes = b"".join(int(size).to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


@pytest.fixture
def data():
    """Images of 4 x 4 pixels and their labels, by part; the last pixel is always black."""
    rng, parts = np.random.default_rng(1), {}
    for part, each in (("train", N_TRAIN), ("t10k", N_TEST)):
        labels = rng.permutation(np.repeat(CLASSES, each))
        images = rng.integers(256, size=(len(labels), 4, 4))
        images[:, -1, -1] = 0
        parts[part] = images, labels
    return parts


@pytest.fixture
def folder(data, tmp_path):
    """In MNIST's layout, one of the four files as it is and the others compressed."""
    for part, (images, labels) in data.items():
        for stem, array in ((f"{part}-images-idx3-ubyte", images), (f"{part}-labels-idx1-ubyte", labels)):
            if part == "train" and array is labels:
                (tmp_path / stem).write_bytes(idx_bytes(array))
            else:
                (tmp_path / f"{stem}.gz").write_bytes(gzip.compress(idx_bytes(array)))
    return tmp_path


def test_digits_come_in_two_parts():
    inputs, labels, test_inputs, test_labels = tasks.digits()
    assert inputs.shape == (1200, 64) and test_inputs.shape == (597, 64) and inputs.max() == 1.0
    assert set(labels) == set(test_labels) == set(range(10))


def test_pairs_of_digits_are_pixels_above_half_of_the_scale():
    """43 inputs for 3 and 8: dark pixels above 8 of 16, those that never change left out."""
    task = tasks.digit_pairs()
    assert task.inputs.shape == (257, 43) and task.test_inputs.shape == (100, 43)
    images, labels = load_digits(return_X_y=True)
    chosen = np.isin(labels, (3, 8))
    above = np.where(images[chosen] > 8, 1, -1)
    above = above[:, above.min(axis=0) != above.max(axis=0)]
    mean = (above * np.where(labels[chosen] == 3, 1, -1)[:, None]).mean(axis=0)
    everything = tasks.digit_pairs(n_test=0)
    np.testing.assert_allclose(everything.mean, mean, atol=1e-15)
    assert everything.test_inputs.shape == (0, 43)
    assert everything.labels.sum() == 183 - 174
    rows = {(*row, label) for row, label in zip(task.inputs.tolist(), task.labels.tolist(), strict=True)}
    assert not rows & {(*row, y) for row, y in zip(task.test_inputs.tolist(), task.test_labels.tolist(), strict=True)}
    other = tasks.digit_pairs(seed=2)
    assert other.inputs.shape == task.inputs.shape and (other.inputs != task.inputs).any()
    np.testing.assert_allclose(tasks.digit_pairs((8, 3), n_test=0).mean, -mean, atol=1e-15)
    balanced = tasks.digit_pairs(threshold="median", n_test=0)
    # 179 of 357 images are not above it, and more where they share its grey value
    assert balanced.inputs.shape == (357, 54) and ((balanced.inputs > 0).sum(axis=0) <= 178).all()
    assert np.abs(balanced.inputs.mean(axis=0)).mean() < 0.6 * np.abs(everything.inputs.mean(axis=0)).mean()


def test_idx_reads_what_was_written(folder, data, monkeypatch):
    inputs, labels, test_inputs, test_labels = tasks.idx(folder)
    for (images, named), found, found_labels in (
        (data["train"], inputs, labels),
        (data["t10k"], test_inputs, test_labels),
    ):
        np.testing.assert_array_equal(found, images.reshape(len(images), 16) / 255)
        np.testing.assert_array_equal(found_labels, named)
    assert labels.dtype == np.int64 and inputs.max() <= 1.0
    monkeypatch.setenv("GLASSNET_DATA", str(folder))
    some, named, _, test_named = tasks.idx(classes=[7, 1])
    assert set(named) == set(test_named) == {1, 7}
    np.testing.assert_array_equal(some, inputs[np.isin(labels, (1, 7))])


def test_pairs_of_images_are_blocks_above_a_threshold(folder, data):
    task = tasks.idx_pairs((7, 0), folder, block=2, threshold=0.45)
    everything = []
    for (images, labels), found, found_labels in (
        (data["train"], task.inputs, task.labels),
        (data["t10k"], task.test_inputs, task.test_labels),
    ):
        chosen = np.isin(labels, (0, 7))
        means = images[chosen].reshape(-1, 2, 2, 2, 2).mean(axis=(2, 4)).reshape(-1, 4)
        rows = np.column_stack([np.where(means > 0.45 * 255, 1, -1), np.where(labels[chosen] == 7, 1, -1)])
        everything.append((rows, np.column_stack([found, found_labels])))
    varies = np.ptp(np.concatenate([rows for rows, _ in everything]), axis=0) > 0
    for rows, found in everything:
        assert sorted(rows[:, varies].tolist()) == sorted(found.tolist())
    single = tasks.idx_pairs((7, 0), folder, block=1)
    assert single.inputs.shape == (2 * N_TRAIN, 15), "the pixel that never changes is left out"
    assert (single.inputs.sum(axis=0) <= 0).all() and single.inputs.mean() > -0.05, "half are above their median"
    few = tasks.idx_pairs((7, 0), folder, block=1, n_train=5)
    assert (few.inputs == single.inputs[:5]).all() and (few.test_inputs == single.test_inputs).all()
    assert (tasks.idx_pairs((7, 0), folder, block=1, seed=2).inputs != single.inputs).any()


def broken(folder, name, content):
    """A folder in which one file is another one."""
    (folder / f"{name}.gz").unlink(missing_ok=True)
    (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must be an IDX file of unsigned bytes with 3 dimensions, which begins with 00 00 08 03, got nothing"),
        (b"P6 4 4 255", "which begins with 00 00 08 03, got 50 36 20 34"),
        (idx_bytes(np.zeros(9)), "which begins with 00 00 08 03, got 00 00 08 01"),
        (bytes([0, 0, 8, 3, 0, 0]), "got 6 bytes where its header alone has 16"),
        (idx_bytes(np.zeros((9, 4, 4)))[:-1], r"must hold 160 bytes for the shape \(9, 4, 4\) in its header, got 159"),
        (idx_bytes(np.zeros((9, 4, 4))) + b"0", "must hold 160 bytes .* got 161"),
        (gzip.compress(idx_bytes(np.zeros((9, 4, 4))))[:-9], "must be a complete gzip file"),
        (b"\x1f\x8b\x08 and not more", "must be a complete gzip file"),
        (idx_bytes(np.zeros((8, 4, 4))), "labels-idx1-ubyte.gz must hold the labels of 8 images of .*, got 9"),
    ],
)
def test_foreign_and_truncated_files_are_named(folder, content, message):
    """One line, with the name of the file, what was expected and what was found."""
    with pytest.raises(ValueError, match=message) as caught:
        tasks.idx(broken(folder, "t10k-images-idx3-ubyte", content))
    assert "t10k-images-idx3-ubyte" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_images_of_two_sizes_are_refused(folder):
    other = np.zeros((9, 5, 4))
    with pytest.raises(ValueError, match=r"folder must hold images of one size, got \(4, 4\) and \(5, 4\) in"):
        tasks.idx(broken(folder, "t10k-images-idx3-ubyte", idx_bytes(other)))


def test_what_is_not_there_is_named(folder, tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"folder must be a folder with IDX files, got '.*nowhere'"):
        tasks.idx(tmp_path / "nowhere")
    monkeypatch.setenv("GLASSNET_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="GLASSNET_DATA must be a folder with IDX files"):
        tasks.idx()
    monkeypatch.delenv("GLASSNET_DATA")
    monkeypatch.setattr(idx_files, "DEBIAN", tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"Debian's package dataset-fashion-mnist makes \(31 MB"):
        tasks.idx_pairs((0, 1))
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(FileNotFoundError, match="folder must hold t10k-labels-idx1-ubyte or"):
        tasks.idx(folder)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda f: tasks.idx(3), TypeError, "folder must be a path, got 3"),
        (lambda f: tasks.idx(f, [0, 5]), ValueError, "classes must be among 0, 1, 7 of .*, got 5"),
        (lambda f: tasks.idx(f, []), ValueError, "classes must be among 0, 1, 7 of .*, got none"),
        (lambda f: tasks.idx_pairs((1, 1), f), ValueError, r"two different integers, got \(1, 1\)"),
        (
            lambda f: tasks.idx_pairs((0, 1), f, block=3),
            ValueError,
            "block must divide the 4 x 4 pixels of an image, got 3",
        ),
        (lambda f: tasks.idx_pairs((0, 1), f, n_train=13), ValueError, r"n_train must be in \[1, 12\], got 13"),
        (lambda f: tasks.idx_pairs((0, 1), f, threshold=1), ValueError, r"threshold must be in \[0, 1\), got 1"),
        (lambda f: tasks.idx_pairs((0, 1), f, threshold="mean"), ValueError, "threshold must be one of 'median', got"),
        (lambda f: tasks.digit_pairs((3, 10)), ValueError, r"classes must be in \[0, 9\] everywhere, got 10"),
        (lambda f: tasks.digit_pairs((3, 8, 5)), ValueError, "classes must be two different integers"),
        (lambda f: tasks.digit_pairs(n_test=356), ValueError, r"n_test must be in \[0, 355\], got 356"),
        (lambda f: tasks.idx_pairs((0, 1), f, block=4, threshold=0.99), ValueError, "threshold must leave an"),
    ],
)
def test_bad_input(folder, call, error, message):
    with pytest.raises(error, match=message):
        call(folder)
