// printed classifier
// Made by bespoke 0.1.0: network 2-2-2.
//
// inp has a bit per comparator between sensor and module, 1 where the feature has reached the comparator's level;
// out is the class index, 0 to 1.
//
// inp[0]: 'mean radius' >= 4.75 (level 1 of 8)
// inp[1]: 'mean radius' >= 5.2 (level 2 of 8)
// inp[2]: 'mean radius' >= 5.65 (level 3 of 8)
// inp[3]: 'mean radius' >= 6.1 (level 4 of 8)
// inp[4]: 'mean radius' >= 6.55 (level 5 of 8)
// inp[5]: 'mean radius' >= 7 (level 6 of 8)
// inp[6]: 'mean radius' >= 7.45 (level 7 of 8)
// inp[7]: '*| endmodule assign out = 0; ?include' >= -0.5 (level 2 of 8)
// inp[8]: '*| endmodule assign out = 0; ?include' >= 0 (level 4 of 8)
// inp[9]: '*| endmodule assign out = 0; ?include' >= 0.5 (level 6 of 8)

module top (
  input  wire [9:0] inp,
  output wire [0:0] out
);

  // Comparators
  wire x0_ge1 = inp[0];
  wire x0_ge2 = inp[1];
  wire x0_ge3 = inp[2];
  wire x0_ge4 = inp[3];
  wire x0_ge5 = inp[4];
  wire x0_ge6 = inp[5];
  wire x0_ge7 = inp[6];
  wire x1_ge2 = inp[7];
  wire x1_ge4 = inp[8];
  wire x1_ge6 = inp[9];

  // Features, each bit formed from the comparators of its feature
  wire [2:0] x0 = {
    x0_ge4,
    x0_ge2 & ~x0_ge4 | x0_ge6,
    x0_ge1 & ~x0_ge2 | x0_ge3 & ~x0_ge4 | x0_ge5 & ~x0_ge6 | x0_ge7
  };  // mean radius
  wire [2:0] x1 = {
    x1_ge4,
    x1_ge2 & ~x1_ge4 | x1_ge6,
    1'b0
  };  // *| endmodule assign out = 0; ?include

  // Hidden layer 1, neuron 0
  // sum = -12 + 4 * x0 - 2 * x1, from -24 to 16
  // QReLU: shift 1, 4 bits
  // what is added:
  //   {x0, 2'b00} for + 4 * x0
  //   {~x1[2:1], 2'b00} for - 2 * (x1 & 3'b110)
  //   6'd40 is -24 modulo 64
  // {carry, sum} of full and half adders, column by column; in one process, for a simulator then adds in this order
  // instead of chasing every passing state of the carries
  reg [1:0] h1_0_a0, h1_0_a1, h1_0_a2, h1_0_a3;
  reg [5:0] h1_0_sum;
  always @* begin
    h1_0_a0 = {x0[0] & ~x1[1], x0[0] ^ ~x1[1]};
    h1_0_a1 = {x0[1] | ~x1[2], x0[1] ~^ ~x1[2]};
    h1_0_a2 = {h1_0_a0[1] & h1_0_a1[0], h1_0_a0[1] ^ h1_0_a1[0]};
    h1_0_a3 = {x0[2] & h1_0_a1[1] | h1_0_a2[1] & (x0[2] ^ h1_0_a1[1]), x0[2] ^ h1_0_a1[1] ^ h1_0_a2[1]};
    h1_0_sum = {~h1_0_a3[1], h1_0_a3[0], h1_0_a2[0], h1_0_a0[0], 2'b00};
  end
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
  // {carry, sum} of full and half adders, column by column; in one process, for a simulator then adds in this order
  // instead of chasing every passing state of the carries
  reg [1:0] y0_a0, y0_a1, y0_a2, y0_a3, y0_a4, y0_a5;
  reg [5:0] y0;
  always @* begin
    y0_a0 = {h1_0[0] & ~h1_1[1], h1_0[0] ^ ~h1_1[1]};
    y0_a1 = {h1_0[1] | ~h1_1[2], h1_0[1] ~^ ~h1_1[2]};
    y0_a2 = {y0_a0[1] & y0_a1[0], y0_a0[1] ^ y0_a1[0]};
    y0_a3 = {h1_0[2] | y0_a1[1], h1_0[2] ~^ y0_a1[1]};
    y0_a4 = {y0_a2[1] & y0_a3[0], y0_a2[1] ^ y0_a3[0]};
    y0_a5 = {y0_a3[1] | y0_a4[1], y0_a3[1] ~^ y0_a4[1]};
    y0 = {~y0_a5[1], y0_a5[0], y0_a4[0], y0_a2[0], y0_a0[0], ~h1_1[0]};
  end

  // Output sum 1
  // sum = 0 - 4 * h1_0 + 1 * h1_1, from -28 to 5
  // what is added:
  //   {~h1_0[2:0], 2'b00} for - 4 * (h1_0 & 4'b0111)
  //   h1_1 for + 1 * h1_1
  //   6'd36 is -28 modulo 64
  // {carry, sum} of full and half adders, column by column; in one process, for a simulator then adds in this order
  // instead of chasing every passing state of the carries
  reg [1:0] y1_a0, y1_a1, y1_a2;
  reg [5:0] y1;
  always @* begin
    y1_a0 = {~h1_0[0] | h1_1[2], ~h1_0[0] ~^ h1_1[2]};
    y1_a1 = {~h1_0[1] & y1_a0[1], ~h1_0[1] ^ y1_a0[1]};
    y1_a2 = {~h1_0[2] & y1_a1[1], ~h1_0[2] ^ y1_a1[1]};
    y1 = {~y1_a2[1], y1_a2[0], y1_a1[0], y1_a0[0], h1_1[1:0]};
  end

  // Argmax tree: the first wins unless the second is greater
  // classes 0 against 1 on bits 6'b111111
  wire keep0 = {~y0[5], y0[4:0]} >= {~y1[5], y1[4:0]};
  wire winner0 = keep0 ? 1'd0 : 1'd1;
  assign out = winner0;
endmodule
