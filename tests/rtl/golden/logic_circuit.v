// a golden sample
// Made by bespoke 0.1.0: logic circuit of 3 ANDs.
//
// inp[j*2 +: 2] is feature j (2 unsigned features of 2 bits);
// out is the class index, 0 to 2.
//
// class 0: low
// class 1: mid
// class 2: high

module top (
  input  wire [3:0] inp,
  output wire [1:0] out
);

  // Input bits that the circuit reads
  wire x0_0 = inp[0];  // bit 0 of mean radius
  wire x0_1 = inp[1];  // bit 1 of mean radius
  wire x1_1 = inp[3];  // bit 1 of texture (um)

  wire n5 = x0_0 & ~x0_1;
  wire n6 = ~x0_0 & ~x1_1;
  wire n7 = n5 & n6;

  assign out[0] = n7;
  assign out[1] = ~n6;
endmodule
