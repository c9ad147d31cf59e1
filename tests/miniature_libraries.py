"""Miniature Liberty libraries in the shape of real ones: the same odd constructs, a dozen cells, numbers of our own."""

from __future__ import annotations

from collections.abc import Sequence


def _table(kind: str, template: str, base: float) -> str:
    return f"""
        {kind} ({template}) {{
          index_1 ("0.01, 0.1"); index_2 ("0.001, 0.02");
          values ("{base}, {base * 2}", \\
                  "{base * 1.5}, {base * 3}");
        }}"""


def _timing(pins: Sequence[str], template: str, base: float, *, kind: str | None = None) -> str:
    text = ""
    for pin in pins:
        tables = "".join(_table(name, template, base) for name in ("cell_rise", "cell_fall"))
        tables += "".join(_table(name, template, base / 2) for name in ("rise_transition", "fall_transition"))
        timing_type = f"timing_type : {kind} ;" if kind else ""
        text += f'\n      timing () {{ related_pin : "{pin}"; {timing_type} {tables}\n      }}'
    return text


def _power(pins: Sequence[str], template: str, energy: float) -> str:
    return "".join(
        f'\n      internal_power () {{ related_pin : "{pin}";'
        f"{_table('rise_power', template, energy)}{_table('fall_power', template, energy)}\n      }}"
        for pin in pins
    )


# ---- one file of quoted names, power pins, a leakage per state ----

_PG = """
    pg_pin ("VGND") { pg_type : "primary_ground"; voltage_name : "VGND"; }
    pg_pin ("VPWR") { pg_type : "primary_power"; voltage_name : "VPWR"; }"""


def quoted_names() -> str:
    """A library that quotes every name, tells leakage by state, and has taps, ties with two outputs and drives."""
    head = """library ("mini_quoted__tt_025C_1v80") {
    define(def_sim_opt,library,string);
    define_group(process_corner,library);
    technology("cmos");
    delay_model : "table_lookup";
    comment : "made for tests // not a real library";
    time_unit : "1ns";
    voltage_unit : "1V";
    leakage_power_unit : "1nW";
    pulling_resistance_unit : "1kohm";
    capacitive_load_unit(1.0000000000, "pf");
    nom_voltage : 1.8000000000;
    default_cell_leakage_power : 0.0000000000;
    voltage_map("VPWR", 1.8);
    voltage_map("VGND", 0.0);
    operating_conditions ("tt_025C_1v80") { voltage : 1.8; process : 1.0; temperature : 25.0; }
    lu_table_template ("del_2_2") { variable_1 : "input_net_transition"; variable_2 : "total_output_net_capacitance";
      index_1("0.01, 0.1"); index_2("0.001, 0.02"); }
    power_lut_template ("pow_2_2") { variable_1 : "input_transition_time"; variable_2 : "total_output_net_capacitance";
      index_1("0.01, 0.1"); index_2("0.001, 0.02"); }
"""
    cells = [
        _quoted("inv_1", {"Y": "(!A)"}, "A", 3.75, [4e-3, 2e-3]),
        _quoted("inv_8", {"Y": "(!A)"}, "A", 11.25, [3.2e-2, 1.6e-2]),
        _quoted("nand2_1", {"Y": "(!A) | (!B)"}, "AB", 3.75, [1e-3, 2e-3, 2e-3, 5e-3]),
        _quoted("nand2_4", {"Y": "(!A) | (!B)"}, "AB", 11.3, [4e-3, 8e-3, 8e-3, 2e-2]),
        _quoted("nor2_1", {"Y": "(!A&!B)"}, "AB", 3.75, [6e-3, 2e-3, 2e-3, 1e-3]),
        _quoted("xor2_1", {"X": "(A&!B) | (!A&B)"}, "AB", 8.8, [9e-3, 8e-3, 8e-3, 7e-3]),
        _quoted("a21oi_1", {"Y": "(!A1&!B1) | (!A2&!B1)"}, ("A1", "A2", "B1"), 5.0, [3e-3] * 8),
        _quoted("a2111oi_0", {"Y": "!((A1&A2)|B1|C1|D1)"}, ("A1", "A2", "B1", "C1", "D1"), 7.5, [2e-3] * 32),
        _quoted("ha_1", {"COUT": "(A&B)", "SUM": "(A&!B) | (!A&B)"}, "AB", 12.5, [1e-2, 2e-2, 3e-2, 4e-2]),
        _quoted("conb_1", {"HI": "1", "LO": "0"}, "", 3.75, [3e-3]),
        _quoted("lpflow_isobuf_1", {"X": "(A&!SLEEP)"}, ("A", "SLEEP"), 3.0, [1e-4] * 4, 'dont_use : "true";'),
        f"""
  cell ("tapvpwrvgnd_1") {{ area : 1.25; cell_leakage_power : 0.0000000000; cell_footprint : "tap";{_PG} }}""",
        f"""
  cell ("diode_2") {{ area : 2.5; cell_leakage_power : 1.6e-06;{_PG}
    pin ("DIODE") {{ capacitance : 0.0004; direction : "input"; }} }}""",
        _quoted_register("dfxtp_1", ""),
        _quoted_register("dfrtp_1", 'clear : "!RESET_B";', extra="RESET_B"),
        _quoted_register("dfstp_1", 'preset : "!SET_B";', extra="SET_B"),
        _quoted_register("sdfxtp_1", "", data="(D&!SCE) | (SCD&SCE)", extra="SCE SCD"),
        f"""
  cell ("ebufn_1") {{ area : 10; cell_leakage_power : 0.01;{_PG}
    pin ("A") {{ direction : "input"; }} pin ("TE_B") {{ direction : "input"; }}
    pin ("Z") {{ direction : "output"; function : "(A)"; three_state : "TE_B"; }} }}""",
        f"""
  cell ("dlclkp_1") {{ area : 17; cell_leakage_power : 0.01; clock_gating_integrated_cell : "latch_posedge";{_PG}
    statetable ("CLK GATE", "M0") {{ table : "L L : - : L ,\\
      L H : - : H , \\
      H - : - : N "; }}
    pin ("CLK") {{ direction : "input"; }} pin ("GATE") {{ direction : "input"; }}
    pin ("M0") {{ direction : "internal"; internal_node : "M0"; }}
    pin ("GCLK") {{ direction : "output"; state_function : "CLK&M0"; }} }}""",
    ]
    return head + "".join(cells) + "\n}\n"


def _quoted(
    name: str, outputs: dict[str, str], pins: Sequence[str], area: float, leakage: Sequence[float], extra: str = ""
) -> str:
    states = ""
    for state, value in enumerate(leakage):
        condition = "&".join(pin if state >> place & 1 else f"!{pin}" for place, pin in enumerate(pins))
        states += f'\n    leakage_power () {{ value : {value:.10f}; when : "{condition}"; }}' if pins else ""
    mean = sum(leakage) / len(leakage)
    inputs = "".join(
        f'\n    pin ("{pin}") {{ capacitance : 0.0016; direction : "input"; fall_capacitance : 0.0015;'
        f' related_power_pin : "VPWR"; }}'
        for pin in pins
    )
    drivers = "".join(
        f'\n    pin ("{pin}") {{ direction : "output"; function : "{function}"; max_capacitance : 0.06;'
        f"{_power(pins, 'pow_2_2', 0.004)}{_timing(pins, 'del_2_2', 0.03)}\n    }}"
        for pin, function in outputs.items()
    )
    return f"""
  cell ("{name}") {{{states}{_PG}
    area : {area:.10f}; cell_footprint : "{name}"; cell_leakage_power : {mean:.10f}; {extra}{inputs}{drivers}
  }}"""


def _quoted_register(name: str, controls: str, *, data: str = "D", extra: str = "") -> str:
    pins = "".join(f'\n    pin ("{pin}") {{ direction : "input"; capacitance : 0.002; }}' for pin in extra.split())
    return f"""
  cell ("{name}") {{ area : 20.0; cell_leakage_power : 0.009;{_PG}
    ff ("IQ","IQ_N") {{ clocked_on : "CLK"; next_state : "{data}"; {controls} }}
    pin ("CLK") {{ clock : "true"; direction : "input"; capacitance : 0.002; }}
    pin ("D") {{ direction : "input"; capacitance : 0.002; nextstate_type : "data"; }}{pins}
    pin ("Q") {{ direction : "output"; function : "IQ";{_timing(["CLK"], "del_2_2", 0.3, kind='"rising_edge"')} }}
  }}"""


# ---- one file of bare names, banners, femtofarads ----


def banners() -> str:
    """A library of bare names with banner comments, femtofarads, logic constants, fillers and wide gates."""
    head = """/* Copyright: nobody's.
 * A library "for tests" { with } brackets in its banner; */
library (mini_banners) {
  /* Documentation Attributes */
  date                          : "Thu 1 Jan 1970" ;
  revision                      : revision 1.0 ;
  technology (cmos) ;
  delay_model : table_lookup ;
  in_place_swap_mode : match_footprint ;
  time_unit                     : "1ns" ;
  leakage_power_unit            : "1nW" ;
  voltage_unit                  : "1V" ;
  capacitive_load_unit            (1,ff) ;
  nom_process                   : 1.00 ;
  nom_voltage                   : 1.10 ;
  default_leakage_power_density : 0.00 ;
  operating_conditions (typical) { process : 1.00; temperature : 25.00; voltage : 1.10; tree_type : balanced_tree; }
  default_operating_conditions : typical;
  lu_table_template (Timing_2_2) { variable_1 : input_net_transition; variable_2 : total_output_net_capacitance;
    index_1 ("0.01,0.1"); index_2 ("0.001,0.02"); }
  power_lut_template (Power_2_2) { variable_1 : input_transition_time; variable_2 : total_output_net_capacitance;
    index_1 ("0.01,0.1"); index_2 ("0.001,0.02"); }
"""
    cells = [
        _banner("INV_X1", {"ZN": "!A"}, ("A",), 0.5, 14.0),
        _banner("BUF_X1", {"Z": "A"}, ("A",), 0.8, 21.0),
        _banner("NAND2_X1", {"ZN": "!(A1 & A2)"}, ("A1", "A2"), 0.8, 17.0),
        _banner("NOR2_X1", {"ZN": "!(A1 | A2)"}, ("A1", "A2"), 0.8, 21.0),
        _banner("XOR2_X1", {"Z": "(A ^ B)"}, ("A", "B"), 1.6, 36.0),
        _banner("AOI221_X1", {"ZN": "!(A | (B1 & B2) | (C1 & C2))"}, ("A", "B1", "B2", "C1", "C2"), 1.6, 30.0),
        _banner("FA_X1", {"CO": "((A & B) | (CI & (A | B)))", "S": "(CI ^ (A ^ B))"}, ("A", "B", "CI"), 4.2, 80.0),
        _banner("LOGIC0_X1", {"Z": "0"}, (), 0.5, 2.0),
        _banner("LOGIC1_X1", {"Z": "1"}, (), 0.5, 3.0),
        """
  /******************************************************************************************
   Module          : FILLCELL_X1
  ******************************************************************************************/
  cell (FILLCELL_X1) { drive_strength : 1; area : 0.266000; cell_leakage_power : 0.000000; }""",
        """
  cell (ANTENNA_X1) { area : 0.3; dont_use : true; dont_touch : true; cell_leakage_power : 0;
    pin (A) { direction : input; capacitance : 0.05; } }""",
        """
  cell (TBUF_X1) { area : 2.1; cell_leakage_power : 20;
    pin (A) { direction : input; } pin (EN) { direction : input; }
    pin (Z) { direction : output; function : "A"; three_state : "!EN"; } }""",
        f"""
  cell (DFFR_X1) {{ area : 5.3; cell_leakage_power : 105.0;
    ff ("IQ","IQN") {{ next_state : "D"; clocked_on : "CK"; clear : "!RN"; }}
    pin (D) {{ direction : input; capacitance : 1.1; }} pin (RN) {{ direction : input; capacitance : 1.7; }}
    pin (CK) {{ direction : input; clock : true; capacitance : 0.9; }}
    pin (Q) {{ direction : output; function : "IQ";{_timing(["CK"], "Timing_2_2", 0.1, kind="rising_edge")} }}
    pin (QN) {{ direction : output; function : "IQN"; }} }}""",
        """
  cell (SDFF_X1) { area : 6.1; cell_leakage_power : 110.0;
    ff ("IQ","IQN") { next_state : "((SE & SI) | (D & !SE))"; clocked_on : "CK"; }
    pin (D) { direction : input; } pin (SE) { direction : input; nextstate_type : scan_enable; }
    pin (SI) { direction : input; } pin (CK) { direction : input; clock : true; }
    pin (Q) { direction : output; function : "IQ"; }
    test_cell () { ff ("IQ","IQN") { next_state : "D"; clocked_on : "CK"; }
      pin (D) { direction : input; } pin (CK) { direction : input; }
      pin (SE) { direction : input; signal_type : test_scan_enable; }
      pin (Q) { direction : output; function : "IQ"; signal_type : test_scan_out; } } }""",
        """
  cell (DLH_X1) { area : 2.6; cell_leakage_power : 40; latch ("IQ","IQN") { enable : "G"; data_in : "D"; }
    pin (D) { direction : input; } pin (G) { direction : input; } pin (Q) { direction : output; function : "IQ"; } }""",
    ]
    return head + "".join(cells) + "\n}\n/* End of file */\n"


def _banner(name: str, outputs: dict[str, str], pins: Sequence[str], area: float, leakage: float) -> str:
    states = ""
    for state in range(1 << len(pins)):
        condition = " & ".join(pin if state >> place & 1 else f"!{pin}" for place, pin in enumerate(pins))
        when = f'when           : "{condition}";' if pins else ""
        states += f"\n    leakage_power () {{ {when} value : {leakage * (1 + state / 8):.6f}; }}"
    inputs = "".join(
        f'\n    pin ({pin}) {{ direction : input; related_power_pin : "VDD"; capacitance : 1.7; }}' for pin in pins
    )
    drivers = "".join(
        f'\n    pin ({pin}) {{ direction : output; function : "{function}"; max_capacitance : 60.7;'
        f"{_timing(pins, 'Timing_2_2', 0.02)}{_power(pins, 'Power_2_2', 1.5)}\n    }}"
        for pin, function in outputs.items()
    )
    return f"""
  /******************************************************************************************
   Module          : {name}
   Cell Description : { {"Z": "drives"}.get(name, "a cell") }
  ******************************************************************************************/
  cell ({name}) {{
    drive_strength : 1;
    area : {area};
    cell_leakage_power : {leakage};{states}{inputs}{drivers}
  }}"""


# ---- one file of picowatts, few power tables, keepers ----


def picowatts() -> str:
    """A library of picowatts with scalar tables, a bus keeper, ties without a pin, and statements run together."""
    head = """library(mini_pico) {
  comment : "" ;; date : "$Date: Thu Jan  1 00:00:00 1970 $";
  time_unit : "1NS"; voltage_unit : "1V"; current_unit : "1uA"
  leakage_power_unit : "1pW"; capacitive_load_unit ("1","pf");
  nom_voltage : "1.2";;
  default_cell_leakage_power : 0
  library_features ("report_delay_calculation");
"""
    cells = [
        _pico("inv_1", "!A", ("A",), "5.4432", (120, 170)),
        _pico("nand2_1", "!(A*B)", ("A", "B"), "7.2576", (90, 150, 160, 310)),
        _pico("nor2_1", "(A+B)'", ("A", "B"), "7.2576", (300, 170, 180, 80)),
        _pico("xor2_1", "A^B", ("A", "B"), "14.5152", (420, 410, 430, 400)),
        _pico("and2or_1", "A ^ B C", ("A", "B", "C"), "16.3", (420,) * 8),
        _pico(
            "mux4_1",
            "S0'S1' A0 + S0 S1' A1 + S0'S1 A2 + S0 S1 A3",
            ("A0", "A1", "A2", "A3", "S0", "S1"),
            "38.1",
            (500,) * 64,
        ),
        _pico("tiehi", "1", (), "7.2576", (7,)),
        "\n  cell (fill_1) { area : 1.8144; cell_leakage_power : 0; dont_touch : true; dont_use : true; }",
        "\n  cell (decap_4) { area : 7.2576; cell_leakage_power : 1.4e+1; }",
        """
  cell (sighold) { area : 9.07; cell_leakage_power : 300;
    pin (SH) { direction : inout; driver_type : bus_hold; } }""",
        """
  cell (dfrbp_1) { area : 47.1744; leakage_power () { value : 600; when : "CLK" } leakage_power () { value : 800; }
    ff (IQ, IQN) { clocked_on : "CLK"; next_state : "D"; clear : "(!RESET_B)" ; }
    pin (CLK) { direction : input; } pin (D) { direction : input; } pin (RESET_B) { direction : input; }
    pin (Q) { direction : output; function : "IQ"; } pin (Q_N) { direction : output; function : "IQN"; } }""",
        """
  cell (regs) { area : 99; cell_leakage_power : 1; bus (D) { bus_type : b4; direction : input;
    pin (D[0:3]) { capacitance : 0.1; } } pin (Q) { direction : output; function : "1"; } }""",
    ]
    return head + "".join(cells) + "\n}\n"


def _pico(name: str, function: str, pins: Sequence[str], area: str, leakage: Sequence[float]) -> str:
    states = ""
    for state, value in enumerate(leakage):
        condition = "&".join(pin if state >> place & 1 else f"!{pin}" for place, pin in enumerate(pins))
        states += f'leakage_power () {{ value : "{value}"; when : "{condition}"; }}\n    ' if pins else ""
    inputs = "".join(f"pin ({pin}) {{ direction : input; capacitance : 2.5E-03 ;; }}\n    " for pin in pins)
    arcs = "".join(
        f'timing () {{ related_pin : {pin}; cell_rise (scalar) {{ values ("0.03"); }}'
        ' cell_fall (scalar) { values (0.02); } rise_transition (scalar) { values ("0.01"); }'
        ' fall_transition (scalar) { values ("0.01"); } }\n    '
        for pin in pins
    )
    return f"""
  cell({name}) {{ area : "{area}"; cell_footprint : "{name}"; cell_leakage_power : {sum(leakage) / len(leakage)};
    {states}{inputs}pin(X) {{ direction : output; function : "{function}"; {arcs} }}
  }}"""


MINIATURES = {"quoted_names": quoted_names, "banners": banners, "picowatts": picowatts}
