// printed classifier
// Made by bespoke 0.1.0: network 2-2-2.
//
// inp has a bit per comparator between sensor and module, 1 where the feature has reached the comparator's level;
// out is the class index, 0 to 1.
//
// inp[0]: 'mean radius' >= 4.75 (level 1 of 8)
// inp[1]: 'mean radius' >= 5.20 (level 2 of 8)
// inp[2]: 'mean radius' >= 5.65 (level 3 of 8)
// inp[3]: 'mean radius' >= 6.10 (level 4 of 8)
// inp[4]: 'mean radius' >= 6.55 (level 5 of 8)
// inp[5]: 'mean radius' >= 7.00 (level 6 of 8)
// inp[6]: 'mean radius' >= 7.45 (level 7 of 8)
// inp[7]: '*| endmodule assign out = 0; ?include' >= -0.50 (level 2 of 8)
// inp[8]: '*| endmodule assign out = 0; ?include' >= 0.00 (level 4 of 8)
// inp[9]: '*| endmodule assign out = 0; ?include' >= 0.50 (level 6 of 8)
//
// x0 'mean radius': 4.3 to 7.9 in 8 steps
// x1 '*| endmodule assign out = 0; ?include': -1.0 to 1.0 in 8 steps

module top (
  input  wire [9:0] inp,
  output wire [0:0] out
);

  // Comparators
  wire x0_ge1 = inp[0];  // mean radius >= 4.75
  wire x0_ge2 = inp[1];  // mean radius >= 5.20
  wire x0_ge3 = inp[2];  // mean radius >= 5.65
  wire x0_ge4 = inp[3];  // mean radius >= 6.10
  wire x0_ge5 = inp[4];  // mean radius >= 6.55
  wire x0_ge6 = inp[5];  // mean radius >= 7.00
  wire x0_ge7 = inp[6];  // mean radius >= 7.45
  wire x1_ge2 = inp[7];  // *| endmodule assign out = 0; ?include >= -0.50
  wire x1_ge4 = inp[8];  // *| endmodule assign out = 0; ?include >= 0.00
  wire x1_ge6 = inp[9];  // *| endmodule assign out = 0; ?include >= 0.50

  // Features, each bit formed from the comparators of its feature
  wire [2:0] x0 = {
    x0_ge4,
    x0_ge2 & ~x0_ge4 | x0_ge6,
    x0_ge1 & ~x0_ge2 | x0_ge3 & ~x0_ge4 | x0_ge5 & ~x0_ge6 | x0_ge7
  };  // mean radius, 4.3 to 7.9
  wire [2:0] x1 = {
    x1_ge4,
    x1_ge2 & ~x1_ge4 | x1_ge6,
    1'b0
  };  // *| endmodule assign out = 0; ?include, -1.0 to 1.0

  // Hidden layer 1, neuron 0
  // sum = -12 + 4 * x0 - 2 * x1, from -24 to 16
  // QReLU: shift 1, 4 bits
  // what is added:
  //   {x0, 2'b00} for + 4 * x0
  //   {~x1[2:1], 2'b00} for - 2 * (x1 & 3'b110)
  //   6'd40 is -24 modulo 64
  wire [5:0] h1_0_sum = {x0, 2'b00} + {~x1[2:1], 2'b00} + 6'd40;
  wire [3:0] h1_0 = h1_0_sum[5] ? 4'd0 : h1_0_sum[4:1];

  // Hidden layer 1, neuron 1
  // sum = 5 - 1 * x0, from 3 to 5
  // QReLU: shift 0, 3 bits
  // what is added:
  //   {~x0[1], 1'b0} for - 1 * (x0 & 3'b010)
  //   3'd3 is 3 modulo 8
  wire [2:0] h1_1_sum = {~x0[1], x0[1], 1'b1};
  wire [2:0] h1_1 = h1_1_sum;

  // Output sum 0
  // sum = 3 + 2 * h1_0 - 1 * h1_1, from -2 to 17
  // what is added:
  //   {h1_0[2:0], 1'b0} for + 2 * (h1_0 & 4'b0111)
  //   {~h1_1} for - 1 * h1_1
  //   6'd60 is -4 modulo 64
  wire [5:0] y0 = {h1_0[2:0], 1'b0} + {~h1_1} + 6'd60;

  // Output sum 1
  // sum = 0 - 4 * h1_0 + 1 * h1_1, from -28 to 5
  // what is added:
  //   {~h1_0[2:0], 2'b00} for - 4 * (h1_0 & 4'b0111)
  //   h1_1 for + 1 * h1_1
  //   6'd36 is -28 modulo 64
  wire [5:0] y1 = {~h1_0[2:0], 2'b00} + h1_1 + 6'd36;

  // Argmax tree: the first wins unless the second is greater
  // classes 0 against 1 on bits 6'b111111
  wire keep0 = {~y0[5], y0[4:0]} >= {~y1[5], y1[4:0]};
  wire winner0 = keep0 ? 1'd0 : 1'd1;
  assign out = winner0;
endmodule
