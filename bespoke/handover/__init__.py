"""What goes to whoever prints a design: its netlist, pins, power budget, tests and a page in words."""

from bespoke.handover.packing import HandedOver, hand_over

__all__ = ["HandedOver", "hand_over"]
