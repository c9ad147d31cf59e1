"""What an answer is worth: shares of the true classes among held-out samples that got the same answer.

A printed circuit says which class, and nothing about how sure it is. What can be known beside the answer is how such
answers turned out on samples that the design, or the fold's design of the same cost, had not seen.
"""

from __future__ import annotations

import numpy as np

from bespoke.scores import Confusion, Scorer, class_weights

#: By how much the answered class leads where others would be level with it, or ahead.
_LEAD = 1e-6


def weights_of_classes(scorer: Scorer, class_counts: np.ndarray) -> np.ndarray:
    """What a sample of each class counts in training, float (classes,): by the metric, and by the user's weights."""
    weights = class_weights(scorer, class_counts)
    return weights if scorer.class_weights is None else weights * np.array(scorer.class_weights)


def class_shares(held_out: Confusion, weights: np.ndarray) -> np.ndarray:
    """Share of every true class given the answered one, float (answered classes, true classes).

    Every sample counts what its class weighs, so that the shares are those of the problem that was trained on, as
    scikit-learn's are under a ``class_weight``. They are smoothed by as many more samples as there are classes, spread
    like the classes among all held-out samples (the m-estimate of Cestnik 1990; that spread by Laplace's rule). So no
    share is 0, and an answer that was never given on a held-out sample says no more than the classes' frequencies.

    The answered class always has the greatest share. Where the samples speak for others, which is where they are few,
    it shares its place with those that are ahead: the nearest distribution, in squares, of those that agree with the
    answer.
    """
    counts = held_out.counts * np.asarray(weights, dtype=np.float64)[:, np.newaxis]
    total, samples, classes = counts.sum(), held_out.samples, held_out.classes
    counts = counts * (samples / total) if total else counts
    spread = (counts.sum(axis=1) + 1) / (counts.sum() + classes)
    shares = (counts.T + classes * spread) / (counts.sum(axis=0)[:, np.newaxis] + classes)
    return np.array([_led_by(answered, row) for answered, row in enumerate(shares)])


def _led_by(answered: int, shares: np.ndarray) -> np.ndarray:
    """The nearest shares of which the answered class has the greatest."""
    pooled, level = [answered], shares[answered]
    for other in sorted(np.delete(np.arange(len(shares)), answered), key=lambda index: -shares[index]):
        if shares[other] <= level - _LEAD:
            break
        pooled.append(int(other))
        level = float(shares[pooled].mean())
    if len(pooled) == 1:
        return shares
    led = shares.copy()
    led[pooled[1:]] = level - _LEAD
    led[answered] = level + (len(pooled) - 1) * _LEAD
    return led


def decisions(shares: np.ndarray) -> np.ndarray:
    """Logarithms of shares (samples, classes); of two classes the second's odds alone, (samples,)."""
    logarithms = np.log(shares)
    return logarithms[:, 1] - logarithms[:, 0] if shares.shape[1] == 2 else logarithms
