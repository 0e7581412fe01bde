"""Classification tasks: with Gaussian noise and known cumulants, with inputs and labels +-1, and of images.

`xor` and `parity` see bits through Gaussian noise, and are given by their cumulants. `digits` and `idx` load images of
ten classes. The others make a :class:`BinaryTask`, examples of two classes in numbers +-1, as a path glass of
:func:`glassnet.network.data_couplings` takes them: `teacher`, `noisy_prototype`, `digit_pairs` and `idx_pairs`; and two
controls, of which such a glass can learn nothing: `shuffled` and `parity_of_signs`.
Modules load when they are first used.

Import order: mixtures, idx_files, two_classes, images, named.
"""

from typing import TYPE_CHECKING

from glassnet import _face

if TYPE_CHECKING:  # what type checkers and editors know of the names below
    from glassnet.network.tasks.images import digit_pairs, digits, idx, idx_pairs
    from glassnet.network.tasks.mixtures import Task, parity, xor
    from glassnet.network.tasks.two_classes import BinaryTask, noisy_prototype, parity_of_signs, shuffled, teacher

__all__ = [
    "BinaryTask",
    "Task",
    "digit_pairs",
    "digits",
    "idx",
    "idx_pairs",
    "noisy_prototype",
    "parity",
    "parity_of_signs",
    "shuffled",
    "teacher",
    "xor",
]
_face.public(
    __name__,
    {
        "BinaryTask": "two_classes",
        "Task": "mixtures",
        "digit_pairs": "images",
        "digits": "images",
        "idx": "images",
        "idx_pairs": "images",
        "noisy_prototype": "two_classes",
        "parity": "mixtures",
        "parity_of_signs": "two_classes",
        "shuffled": "two_classes",
        "teacher": "two_classes",
        "xor": "mixtures",
    },
)
