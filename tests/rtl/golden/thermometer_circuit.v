// printed classifier
// Made by bespoke 0.1.0: logic circuit of 2 ANDs.
//
// inp has a bit per comparator between sensor and module, 1 where the feature has reached the comparator's level;
// out is the class index, 0 to 1.
//
// inp[0]: 'mean radius' >= 5.65 (level 3 of 8)
// inp[1]: 'mean radius' >= 6.55 (level 5 of 8)
// inp[2]: '*| endmodule assign out = 0; ?include' >= -0.75 (level 1 of 8)
//
// x0 'mean radius': 4.3 to 7.9 in 8 steps
// x1 '*| endmodule assign out = 0; ?include': -1.0 to 1.0 in 8 steps

module top (
  input  wire [2:0] inp,
  output wire [0:0] out
);

  // Comparators that the circuit reads
  wire x0_ge3 = inp[0];  // mean radius >= 5.65
  wire x0_ge5 = inp[1];  // mean radius >= 6.55
  wire x1_ge1 = inp[2];  // *| endmodule assign out = 0; ?include >= -0.75

  wire n4 = x0_ge3 & ~x0_ge5;
  wire n5 = ~x1_ge1 & ~n4;

  assign out[0] = ~n5;
endmodule
