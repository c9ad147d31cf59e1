"""What the converters between sensors and classifier cost, by the wires that the classifier reads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bespoke.errors import InputError
from bespoke.sensing.wires import BinaryWires, FrontEndKind, ThermometerWires, Wires
from bespoke.technology import ASSUMED_COMPARATOR_DEVICES, FrontEndFigures, Technology, read_front_end_figures

#: A two-input OR of an encoder: a NOR of two transistors and a pull-up, and an inverter of two devices.
OR_DEVICES = 5


@dataclass(frozen=True)
class FrontEndCost:
    """Area and power of converters, and the counts behind them.

    A digital front end costs nothing: what makes its words stands elsewhere.
    """

    area_cm2: float
    power_mw: float
    comparators: int
    ors: int


@dataclass(frozen=True, eq=False)
class PriceTables:
    """A front end's prices as arrays, for kernels that price many selections of wires.

    The cost of a selection is the sum of its wires, plus ``feature_*`` for every feature with a wire in it, plus
    ``mask_*`` of each such feature's selected bits (bit b of the mask is wire b of the feature).

    Parameters
    ----------
    wire_area_cm2, wire_power_mw : float64 (wires.count,); zero unless the front end is a thermometer.
    mask_area_cm2, mask_power_mw : float64 (2**bits,) of a binary front end, the mask 0 at no cost; else empty.
    """

    wire_area_cm2: np.ndarray
    wire_power_mw: np.ndarray
    feature_area_cm2: float
    feature_power_mw: float
    mask_area_cm2: np.ndarray
    mask_power_mw: np.ndarray


@dataclass(frozen=True)
class FrontEnd:
    """A kind of front end and what its parts cost; without ``figures`` it has no price, unless it is digital.

    A thermometer converter has a comparator per wire that is read.

    A flash converter of N bits has a comparator and a one-hot line per code, and an encoder in which output bit b is
    the OR of the ``2**(N-1)`` lines whose code has bit b: with two-input gates ``2**(N-1) - 1`` ORs a bit, hence
    16 comparators and 28 ORs for 4 bits, as published. If m is the lowest bit that the classifier reads, codes that
    differ below bit m alone need not be told apart: ``2**(N-m)`` lines are left, hence as many comparators, at the
    lowest value of each code, and ``2**(N-m-1) - 1`` ORs for each of the bits read.
    """

    kind: FrontEndKind
    figures: FrontEndFigures | None

    def __post_init__(self):
        if self.figures is not None and self.kind not in priced_kinds(self.figures):
            raise InputError(f"the figures {self.figures.name} cannot price a {self.kind} front end")

    @property
    def is_priced(self) -> bool:
        """Whether anybody can say what it costs."""
        return self.figures is not None or self.kind is FrontEndKind.DIGITAL

    def cost(self, wires: Wires, used: np.ndarray) -> FrontEndCost:
        """Converters that deliver only the wires that are read.

        Parameters
        ----------
        used : bool (wires.count,), which wires the classifier reads.

        Raises
        ------
        InputError
            for another shape or type, wires that this kind of front end does not deliver, or where it has no price.
        """
        used = self._checked(wires, used)
        if self.figures is None:
            return FrontEndCost(0.0, 0.0, 0, 0)
        read = len(np.unique(wires.feature_of()[used]))
        if isinstance(wires, ThermometerWires):
            shares, ors = _shares(wires)[used], 0
        else:
            masks = used.reshape(wires.features, wires.bits)
            needed = [_converter(mask) for mask in masks[masks.any(axis=1)]]
            shares = np.concatenate([np.empty(0), *(references for references, _ in needed)])
            ors = sum(gates for _, gates in needed)
        figures = self.figures
        # rounded once, so that equal comparators cost exactly their number times the price of one
        area_cm2 = math.fsum(figures.area_of_comparators_cm2(shares)) + read * figures.feature_area_cm2
        power_mw = math.fsum(figures.power_of_comparators_mw(shares)) + read * figures.feature_power_mw
        if figures.has_encoder:
            area_cm2 += ors * figures.or_area_cm2
            power_mw += ors * figures.or_power_mw
        return FrontEndCost(area_cm2, power_mw, len(shares), ors)

    def devices_of_wires(self, wires: Wires, used: np.ndarray) -> np.ndarray:
        """Printed devices that deliver each wire that is read, float64 (wires.count,); zero for the others.

        Parameters
        ----------
        used : bool (wires.count,), which wires the classifier reads.

        A thermometer's wire is its comparator. A bit of a flash converter is its own ORs and an equal share of the
        converter's comparators, for each of them serves all bits that are read. A digital front end has none here.
        It takes no price: without figures a comparator counts as assumed.

        Raises
        ------
        InputError
            as ``cost`` does, but for the price.
        """
        used = self._checked(wires, used, priced=False)
        devices = np.zeros(wires.count)
        if self.kind is FrontEndKind.DIGITAL:
            return devices
        comparator = ASSUMED_COMPARATOR_DEVICES if self.figures is None else self.figures.comparator_devices
        if isinstance(wires, ThermometerWires):
            devices[used] = comparator
            return devices
        masks = used.reshape(wires.features, wires.bits)
        for feature in np.flatnonzero(masks.any(axis=1)):
            references, ors = _converter(masks[feature])
            share = (len(references) * comparator + ors * OR_DEVICES) / masks[feature].sum()
            devices.reshape(masks.shape)[feature, masks[feature]] = share
        return devices

    def by_feature(self, wires: Wires, used: np.ndarray) -> tuple[FrontEndCost, ...]:
        """The cost of every feature's converter; together they are ``cost``."""
        used, owner = self._checked(wires, used), wires.feature_of()
        return tuple(self.cost(wires, used & (owner == feature)) for feature in range(wires.features))

    def tables(self, wires: Wires) -> PriceTables:
        """The same prices as arrays."""
        self._checked(wires, np.zeros(wires.count, dtype=bool))
        free, none = np.zeros(wires.count), np.empty(0)
        figures = self.figures
        if figures is None:
            return PriceTables(free, free, 0.0, 0.0, none, none)
        features = figures.feature_area_cm2, figures.feature_power_mw
        if isinstance(wires, ThermometerWires):
            shares = _shares(wires)
            area, power = figures.area_of_comparators_cm2(shares), figures.power_of_comparators_mw(shares)
            return PriceTables(area, power, *features, none, none)
        return PriceTables(free, free, *features, *_mask_tables(figures, wires.bits))

    def _checked(self, wires: Wires, used: np.ndarray, *, priced: bool = True) -> np.ndarray:
        """``used``, where it says of each wire whether it is read and this kind of front end delivers such wires."""
        if priced and not self.is_priced:
            raise InputError(f"a {self.kind} front end cannot be priced without figures")
        delivers = {FrontEndKind.THERMOMETER: ThermometerWires, FrontEndKind.BINARY: BinaryWires}.get(self.kind, Wires)
        if not isinstance(wires, delivers):
            raise InputError(f"a {self.kind} front end does not deliver {type(wires).__name__}")
        used = np.asarray(used)
        if used.dtype != np.bool_ or used.shape != (wires.count,):
            raise InputError(f"used wires must be Boolean of the shape ({wires.count},), not {used.dtype} {used.shape}")
        return used


def _shares(wires: ThermometerWires) -> np.ndarray:
    """Reference of each wire's comparator as a share of its feature's range, float64 (count,)."""
    return wires.levels[:, 1] / (1 << wires.bits)


def _converter(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """References of the comparators and number of ORs that deliver the bits of a mask, bool (bits,), not all unset."""
    codes = 1 << len(mask) - int(mask.argmax())
    return np.arange(codes) / codes, int(mask.sum()) * (codes // 2 - 1)


def _mask_tables(figures: FrontEndFigures, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Area in cm² and power in mW of a binary converter, without what each feature pays, by the mask of bits read."""
    masks = np.arange(1 << bits)
    set_bits = sum(masks >> bit & 1 for bit in range(bits))
    tables = []
    for prices, gate in (
        (figures.area_of_comparators_cm2, figures.or_area_cm2),
        (figures.power_of_comparators_mw, figures.or_power_mw),
    ):
        table = np.zeros(1 << bits)
        for lowest in range(bits):
            codes = 1 << bits - lowest
            own = masks & -masks == 1 << lowest
            table[own] = math.fsum(prices(np.arange(codes) / codes)) + set_bits[own] * (codes // 2 - 1) * gate
        tables.append(table)
    return tables[0], tables[1]


def priced_kinds(figures: FrontEndFigures) -> tuple[FrontEndKind, ...]:
    """Kinds of front end that a set of figures can price."""
    if figures.has_encoder:
        return (FrontEndKind.THERMOMETER, FrontEndKind.BINARY)
    return (FrontEndKind.THERMOMETER,)


def figures_of(technology: Technology, kind: FrontEndKind, name: str | None = None) -> FrontEndFigures | None:
    """The figures that price a front end; None for a digital one.

    Parameters
    ----------
    name : a set of the technology, or the path of a TOML file with one set; None for the technology's first set that
        can price this kind.

    Raises
    ------
    InputError
        if there are none such, or those named cannot price this kind.
    """
    if kind is FrontEndKind.DIGITAL:
        return None
    known = technology.front_end_figures
    if name is None:
        found = next((figures for figures in known if kind in priced_kinds(figures)), None)
        if found is None:
            others = f", only {_listed(known)}" if known else ""
            raise InputError(
                f"technology {technology.name} has no figures of a {kind} front end{others}: name a file with "
                "--front-end-figures, or choose --front-end digital"
            )
        return found
    found = next((figures for figures in known if figures.name == name), None)
    where = f"of technology {technology.name}"
    if found is None:
        path = Path(name)
        if path.suffix.lower() != ".toml" and not path.is_file():
            has = f"has {_listed(known)}" if known else "has none"
            raise InputError(
                f"unknown front end figures {name!r} (--front-end-figures): technology {technology.name} {has}; "
                "or give the path of a .toml file"
            )
        found, where = read_front_end_figures(path), f"of {path}"
    if kind not in priced_kinds(found):
        able = [figures for figures in known if kind in priced_kinds(figures)]
        raise InputError(
            f"the front end figures {found.name} {where} have no encoder (or_area_cm2, or_power_mw), which a {kind} "
            f"front end needs" + (f"; technology {technology.name} has {_listed(able)} for it" if able else "")
        )
    return found


def priced_front_end(technology: Technology, kind: FrontEndKind, name: str | None = None) -> FrontEnd:
    """A front end with the figures of that name, or the technology's own; without a price where it has none.

    Raises
    ------
    InputError
        for a name that is neither one of the technology's sets nor a file with one.
    """
    has_figures = any(kind in priced_kinds(figures) for figures in technology.front_end_figures)
    if name is None and kind is not FrontEndKind.DIGITAL and not has_figures:
        return FrontEnd(kind, None)
    return FrontEnd(kind, figures_of(technology, kind, name))


def _listed(sets: tuple[FrontEndFigures, ...] | list[FrontEndFigures]) -> str:
    return ", ".join(f"{figures.name} ({', '.join(priced_kinds(figures))})" for figures in sets)
