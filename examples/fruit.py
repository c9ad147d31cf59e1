"""A fruit label that tells fresh from spoilt: readings of four gas sensors, made up, to a printed circuit.

Run it as ``python examples/fruit.py [FOLDER]``. It writes ``fruit.csv``, ``fruit.v`` and ``fruit.json`` there.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from bespoke import BespokeClassifier

SENSORS = ["ethylene_ppm", "ethanol_ppm", "acetaldehyde_ppm", "humidity_percent"]
# mean and spread of each sensor, by state of the fruit
STATES = {
    "unripe": ([0.6, 2.0, 0.3, 55.0], [0.3, 1.0, 0.2, 9.0]),
    "ripe": ([3.5, 6.0, 1.2, 60.0], [1.2, 2.5, 0.6, 9.0]),
    "spoilt": ([2.2, 26.0, 5.5, 71.0], [1.0, 8.0, 1.8, 9.0]),
}


def readings(samples: int = 360, seed: int = 7) -> pd.DataFrame:
    """Readings with some overlap between the states; the column ``state`` names the class."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(list(STATES), samples // len(STATES)))
    values = np.array([rng.normal(*STATES[label]) for label in labels]).clip(0.0)
    table = pd.DataFrame(values.round(2), columns=SENSORS)
    table["state"] = labels
    return table


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    table = readings()
    table.to_csv(folder / "fruit.csv", index=False)
    X_train, X_test, y_train, y_test = train_test_split(
        table[SENSORS], table["state"], test_size=0.3, random_state=42, stratify=table["state"]
    )
    classifier = BespokeClassifier(candidates=20_000, moves=60_000, random_state=0).fit(X_train, y_train)
    print(classifier.pareto_front_.to_string(index=False, float_format="%.4g"))
    chosen = classifier.designs_[classifier.chosen_]
    print(f"accuracy by forecast: {chosen.forecast.accuracy:.3f}")
    print(f"accuracy on samples never seen: {classifier.score(X_test, y_test):.3f}")
    (folder / "fruit.v").write_text(classifier.to_verilog(title="fruit label"), encoding="utf-8")
    classifier.save(folder / "fruit.json")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
