"""Data sets that travel with scikit-learn: no file, no network."""

from __future__ import annotations

from bespoke.data.dataset import Dataset

#: Corner pixels of the digits that are blank in every training image.
_BLANK_PIXELS = ("pixel_0_0", "pixel_4_0", "pixel_4_7", "pixel_7_0")

BUNDLED = {
    "breast_cancer": "Wisconsin diagnostic: cell nuclei of breast masses, 569 samples, 30 features, 2 classes",
    "wine": "chemical analysis of Italian wines, 178 samples, 13 features, 3 classes",
    "iris": "Fisher's irises, 150 samples, 4 features, 3 classes",
    "digits": "handwritten digits of 8 x 8 pixels, 1797 samples, 60 features (blank corners left out), 10 classes",
}


def load_bundled(name: str) -> Dataset:
    """One of the ``BUNDLED`` sets, with the class names that scikit-learn gives."""
    from sklearn import datasets  # heavy: only when one of them is loaded

    bunch = getattr(datasets, f"load_{name}")()
    names = [str(column).replace(" (cm)", "_cm").replace(" ", "_") for column in bunch.feature_names]
    kept = [column for column, feature in enumerate(names) if feature not in _BLANK_PIXELS]
    return Dataset(
        name,
        tuple(names[column] for column in kept),
        tuple(label.item() for label in bunch.target_names),  # names, or the digits themselves
        bunch.data[:, kept],
        bunch.target,
        f"{name} (scikit-learn)",
    )
