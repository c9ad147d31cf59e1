"""Behavioural models of what stands between the sensors and a module's input port.

Each makes the port's word of one vector, given as the texts of a line of ``vectors.txt``. They know thresholds alone,
nothing of grids or quantisers: what they deliver is compared with a model that knows nothing of thresholds.
"""

from bisect import bisect_right


class Words:
    """Binary words from elsewhere: feature j, an integer, in bits ``[j*bits +: bits]``."""

    what = "features"

    def __init__(self, job):
        self.bits = job["bits"]
        self.width = job["features"] * self.bits

    def word(self, cells):
        return sum(int(cell) << index * self.bits for index, cell in enumerate(cells))


class Comparators:
    """Comparator k drives bit k: whether the measured value of its feature has reached its threshold."""

    what = "measured values"

    def __init__(self, job):
        self.highest_first = list(zip(job["feature_of"], job["thresholds"], strict=True))[::-1]
        self.width = max(1, len(self.highest_first))  # a port without wires has one idle bit

    def word(self, cells):
        values = [float(cell) for cell in cells]
        bits = ["01"[values[feature] >= threshold] for feature, threshold in self.highest_first]
        return int("".join(bits) or "0", 2)


class FlashConverters:
    """A flash converter per feature: a comparator per level, and an encoder of the number of those that have switched.

    ``bisect_right`` counts the thresholds that are not above the value.
    """

    what = "measured values"

    def __init__(self, job):
        self.thresholds = job["thresholds"]
        self.bits = job["bits"]
        self.width = len(self.thresholds) * self.bits

    def word(self, cells):
        codes = [bisect_right(levels, float(cell)) for levels, cell in zip(self.thresholds, cells, strict=True)]
        return sum(code << feature * self.bits for feature, code in enumerate(codes))


MODELS = {"words": Words, "comparators": Comparators, "flash": FlashConverters}


def front_end_of(job):
    """The model that a job's ``front_end`` describes."""
    return MODELS[job["kind"]](job)
