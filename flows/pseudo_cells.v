// Cells that a genlib of ours adds to a technology: constants, and a wire.
module ZERO(output O);
  assign O = 1'b0;
endmodule

module ONE(output O);
  assign O = 1'b1;
endmodule

module BUF(input A, output O);
  assign O = A;
endmodule
