"""Builds the MiniLM sentence encoder as a graph of whole numbers, from its published weights.

The large matrices are rounded to seven bits and multiplied as whole numbers, which processors do
several times faster than fractions. Seven rather than eight, because processors without VNNI add
pairs of products in sixteen bits, and eight would overflow there: the same message must get the
same numbers on every machine.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

LAYERS = 6
WIDTH = 384
UPPER = 2
"""The last layers kept: each sees the message a little differently."""
IDS, ROW, PRODUCT = "ids", "row", "product"
_HEADS = 12
_EPSILON = 1e-12
_LARGEST = 63  # seven bits with a sign
_MICROSOFT = "com.microsoft"  # the fused operations that onnxruntime brings
_OPERATIONS = [helper.make_opsetid("", 17), helper.make_opsetid(_MICROSOFT, 1)]
_FORMAT = 8  # of the file; what this onnxruntime reads


def encoder_graph(weights: Mapping[str, np.ndarray]) -> ModelProto:
    """Gives the encoder of one message: the numbers of its pieces in, one row of numbers out.

    The row holds the means of the last two layers and the peaks of the last.
    """
    graph = _Graph(weights)
    states = graph.embed()
    parts = []
    for number in range(LAYERS):
        states = graph.layer(states, f"encoder.layer.{number}")
        if number >= LAYERS - UPPER:
            parts.append(graph.add("ReduceMean", [states], f"mean.{number}", axes=[1], keepdims=0))
    parts.append(graph.add("ReduceMax", [states], "peaks", axes=[1], keepdims=0))
    graph.add("Concat", parts, ROW, axis=1)
    ids = helper.make_tensor_value_info(IDS, TensorProto.INT64, [1, "pieces"])
    row = helper.make_tensor_value_info(ROW, TensorProto.FLOAT, [1, WIDTH * (UPPER + 1)])
    return graph.model(ids, row)


def product_graph(matrix: np.ndarray) -> ModelProto:
    """Gives the product of one row (`ROW`) with a large matrix (`PRODUCT`), in whole numbers."""
    graph = _Graph({})
    graph.product(ROW, "matrix", matrix, PRODUCT)
    row = helper.make_tensor_value_info(ROW, TensorProto.FLOAT, [1, matrix.shape[0]])
    product = helper.make_tensor_value_info(PRODUCT, TensorProto.FLOAT, [1, matrix.shape[1]])
    return graph.model(row, product)


class _Graph:
    """The nodes added so far and the numbers they use."""

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self._weights = weights
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []

    def add(
        self,
        operation: str,
        inputs: Sequence[str],
        output: str,
        domain: str = "",
        **settings: object,
    ) -> str:
        """Adds one node and gives the name of what it puts out."""
        self._nodes.append(
            helper.make_node(operation, inputs, [output], output, domain=domain, **settings)
        )
        return output

    def embed(self) -> str:
        """Adds what the first layer reads: words, places, one segment."""
        segment = self._weights["embeddings.token_type_embeddings.weight"][0]
        self._constant("words", self._weights["embeddings.word_embeddings.weight"])
        self._constant("places", self._weights["embeddings.position_embeddings.weight"] + segment)
        for name, number in (("zero", 0), ("one", 1), ("two", 2)):
            self._constant(name, np.array([number], np.int64))
        self.add("Shape", [IDS], "shape")
        self.add("Slice", ["shape", "one", "two"], "length")
        self.add("Slice", ["places", "zero", "length", "zero"], "here")
        self.add("Unsqueeze", ["here", "zero"], "here.row")
        self.add("Gather", ["words", IDS], "word")
        self.add("Add", ["word", "here.row"], "embedded")
        norm = self._norm("embeddings.LayerNorm")
        return self.add(
            "LayerNormalization", ["embedded", *norm], "states", axis=-1, epsilon=_EPSILON
        )

    def layer(self, states: str, name: str) -> str:
        """Adds one layer of attention and the two products after it."""
        looks = []
        for part in ("query", "key", "value"):
            dense = f"{name}.attention.self.{part}"
            looks.append(self._product(states, dense, self._weight(f"{dense}.bias")))
        self.add("MultiHeadAttention", looks, f"{name}.seen", _MICROSOFT, num_heads=_HEADS)
        joined = self._dense(f"{name}.seen", f"{name}.attention.output.dense")
        attended = self._add_and_norm(joined, states, f"{name}.attention.output.LayerNorm")
        wide = self._product(attended, f"{name}.intermediate.dense")
        bias = self._weight(f"{name}.intermediate.dense.bias")
        self.add("FastGelu", [wide, bias], f"{name}.gelu", _MICROSOFT)
        narrow = self._dense(f"{name}.gelu", f"{name}.output.dense")
        return self._add_and_norm(narrow, attended, f"{name}.output.LayerNorm")

    def product(
        self, row: str, name: str, matrix: np.ndarray, output: str, bias: Sequence[str] = ()
    ) -> str:
        """Adds a product with a matrix that is rounded to whole numbers, column by column."""
        scale = np.abs(matrix).max(axis=0) / _LARGEST
        whole = np.round(matrix / np.where(scale > 0, scale, 1)).astype(np.int8)
        inputs = [
            row,
            self._constant(f"{name}.whole", whole),
            self._constant(f"{name}.scale", scale.astype(np.float32)),
            self._constant(f"{name}.zero", np.zeros(len(scale), np.int8)),
        ]
        return self.add("DynamicQuantizeMatMul", [*inputs, *bias], output, _MICROSOFT)

    def model(self, given: ValueInfoProto, asked: ValueInfoProto) -> ModelProto:
        """Gives the finished graph."""
        graph = helper.make_graph(self._nodes, "graph", [given], [asked], self._constants)
        return helper.make_model(graph, opset_imports=_OPERATIONS, ir_version=_FORMAT)

    def _dense(self, states: str, name: str) -> str:
        return self._product(states, name, self._weight(f"{name}.bias"))

    def _product(self, states: str, name: str, *bias: str) -> str:
        matrix = self._weights[f"{name}.weight"].T
        return self.product(states, name, matrix, f"{name}.out", bias)

    def _add_and_norm(self, change: str, states: str, name: str) -> str:
        inputs = [change, states, *self._norm(name)]
        return self.add(
            "SkipLayerNormalization", inputs, f"{name}.out", _MICROSOFT, epsilon=_EPSILON
        )

    def _norm(self, name: str) -> list[str]:
        return [self._weight(f"{name}.weight"), self._weight(f"{name}.bias")]

    def _weight(self, name: str) -> str:
        return self._constant(name, self._weights[name])

    def _constant(self, name: str, value: np.ndarray) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name
