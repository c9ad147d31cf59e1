"""Every ONNX operator that the import understands."""

from __future__ import annotations

from collections.abc import Callable

from bespoke.importers.onnx import answers, layers, moves
from bespoke.importers.onnx.call import Call
from bespoke.importers.onnx.values import Value

#: By domain and type.
OPERATORS: dict[tuple[str, str], Callable[[Call], Value]] = {
    ("", "Gemm"): layers.gemm,
    ("", "MatMul"): layers.matmul,
    ("", "Relu"): layers.relu,
    ("", "Clip"): layers.clip,
    ("", "Max"): layers.maximum,
    ("", "BatchNormalization"): layers.batch_normalisation,
    ("ai.onnx.ml", "Scaler"): layers.scaler,
    **{("", name): layers.arithmetic for name in ("Add", "Sub", "Mul", "Div")},
    ("", "Neg"): layers.negative,
    ("", "Sum"): layers.summed,
    ("", "Identity"): moves.same,
    ("", "Dropout"): moves.dropout,
    ("", "Cast"): moves.cast,
    ("", "Reshape"): moves.reshape,
    ("", "Flatten"): moves.flatten,
    ("", "Squeeze"): moves.squeeze,
    ("", "Unsqueeze"): moves.unsqueeze,
    ("", "Transpose"): moves.transpose,
    ("", "Concat"): moves.concat,
    ("", "Slice"): moves.sliced,
    ("", "Gather"): moves.gather,
    ("ai.onnx.ml", "ArrayFeatureExtractor"): moves.extract_features,
    ("", "Softmax"): answers.softmax,
    ("", "LogSoftmax"): answers.softmax,
    **{("", name): answers.rising for name in ("Tanh", "Softplus", "Softsign")},
    ("", "Sigmoid"): answers.sigmoid,
    ("", "Log"): answers.logarithm,
    ("ai.onnx.ml", "Normalizer"): answers.normaliser,
    **{("", name): answers.argmax for name in ("ArgMax", "ArgMin")},
    **{("", name): answers.compare for name in ("Greater", "Less")},
    ("ai.onnx.ml", "ZipMap"): answers.zip_map,
    ("ai.onnx.ml", "LabelEncoder"): answers.label_encoder,
}
