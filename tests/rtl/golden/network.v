// a golden sample
// Made by bespoke 0.1.0: network 3-2-3.
//
// inp[j*4 +: 4] is feature j (3 unsigned features of 4 bits);
// out is the class index, 0 to 2.
//
// class 0: low
// class 1: mid
// class 2: high

module top (
  input  wire [11:0] inp,
  output wire [1:0] out
);

  // Features
  wire [3:0] x0 = inp[3:0];  // mean radius
  wire [3:0] x1 = inp[7:4];  // texture (um)
  wire [3:0] x2 = inp[11:8];  // *| area

  // Hidden layer 1, neuron 0
  // sum = -12 + 4 * x0 - 2 * x1, from -42 to 32
  // QReLU: shift 1, 4 bits
  // what is added:
  //   {x0[3], 1'b0, x0[1:0], 2'b00} for + 4 * (x0 & 4'b1011)
  //   {~x1, 1'b0} for - 2 * x1
  //   7'd86 is -42 modulo 128
  wire [6:0] h1_0_sum = {x0[3], 1'b0, x0[1:0], 2'b00} + {~x1, 1'b0} + 7'd86;
  wire [3:0] h1_0 = h1_0_sum[6] ? 4'd0 : h1_0_sum[4:1] | {4{h1_0_sum[5]}};

  // Hidden layer 1, neuron 1
  // sum = 5 - 1 * x0 + 3 * x1 + 8 * x2, from -7 to 55
  // QReLU: shift 2, 3 bits
  // what is added:
  //   {~x0[3:2], 2'b00} for - 1 * (x0 & 4'b1100)
  //   {~x1[3:1], 1'b0} for - 1 * (x1 & 4'b1110)
  //   {x1[3:1], 3'b000} for + 4 * (x1 & 4'b1110)
  //   {x2[0], 3'b000} for + 8 * (x2 & 4'b0001)
  //   7'd107 is -21 modulo 128
  // {carry, sum} of full and half adders, column by column; in one process, for a simulator then adds in this order
  // instead of chasing every passing state of the carries
  reg [1:0] h1_1_a0, h1_1_a1, h1_1_a2, h1_1_a3, h1_1_a4, h1_1_a5, h1_1_a6, h1_1_a7, h1_1_a8;
  reg [6:0] h1_1_sum;
  always @* begin
    h1_1_a0 = {~x0[2] & ~x1[2] | ~x1[1] & (~x0[2] ^ ~x1[2]), ~x0[2] ^ ~x1[2] ^ ~x1[1]};
    h1_1_a1 = {~x0[3] | ~x1[3], ~x0[3] ~^ ~x1[3]};
    h1_1_a2 = {x1[1] & x2[0] | h1_1_a1[0] & (x1[1] ^ x2[0]), x1[1] ^ x2[0] ^ h1_1_a1[0]};
    h1_1_a3 = {h1_1_a0[1] & h1_1_a2[0], h1_1_a0[1] ^ h1_1_a2[0]};
    h1_1_a4 = {x1[2] & h1_1_a1[1] | h1_1_a2[1] & (x1[2] ^ h1_1_a1[1]), x1[2] ^ h1_1_a1[1] ^ h1_1_a2[1]};
    h1_1_a5 = {h1_1_a3[1] & h1_1_a4[0], h1_1_a3[1] ^ h1_1_a4[0]};
    h1_1_a6 = {x1[3] | h1_1_a4[1], x1[3] ~^ h1_1_a4[1]};
    h1_1_a7 = {h1_1_a5[1] & h1_1_a6[0], h1_1_a5[1] ^ h1_1_a6[0]};
    h1_1_a8 = {1'b0, h1_1_a6[1] ~^ h1_1_a7[1]};
    h1_1_sum = {h1_1_a8[0], h1_1_a7[0], h1_1_a5[0], h1_1_a3[0], h1_1_a0[0], x1[1], 1'b1};
  end
  wire [2:0] h1_1 = h1_1_sum[6] ? 3'd0 : h1_1_sum[4:2] | {3{h1_1_sum[5]}};

  // Output sum 0
  // sum = 3 + 2 * h1_0 - 1 * h1_1, from -4 to 17
  // what is added:
  //   {h1_0[2:0], 1'b0} for + 2 * (h1_0 & 4'b0111)
  //   {~h1_1} for - 1 * h1_1
  //   6'd60 is -4 modulo 64
  wire [5:0] y0 = {h1_0[2:0], 1'b0} + {~h1_1} + 6'd60;

  // Output sum 1
  // sum = 0 - 4 * h1_0 + 1 * h1_1, from -28 to 7
  // what is added:
  //   {~h1_0[2:0], 2'b00} for - 4 * (h1_0 & 4'b0111)
  //   h1_1 for + 1 * h1_1
  //   6'd36 is -28 modulo 64
  wire [5:0] y1 = {~h1_0[2:0], 2'b00} + h1_1 + 6'd36;

  // Output sum 2
  // sum = -1 + 1 * h1_1, from -1 to 6
  // what is added:
  //   h1_1 for + 1 * h1_1
  //   4'd15 is -1 modulo 16
  wire [3:0] y2 = h1_1 + 4'd15;

  // Argmax tree: the first wins unless the second is greater
  // classes 0 against 1 on bits 6'b111111
  wire keep0 = {~y0[5], y0[4:0]} >= {~y1[5], y1[4:0]};
  wire [1:0] winner0 = keep0 ? 2'd0 : 2'd1;
  wire [5:0] best0 = keep0 ? y0 : y1;
  // classes 0, 1 against 2 on bits 6'b111111
  wire keep1 = {~best0[5], best0[4:0]} >= {~y2[3], y2[3], y2};
  wire [1:0] winner1 = keep1 ? winner0 : 2'd2;
  assign out = winner1;
endmodule
