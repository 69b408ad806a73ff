/** The operator table: ai.onnx operators by name. A test checks it against docs and test files. */
import { UserError } from "../errors.js";
import type { Node } from "../graph/ir.js";
import { AffineGrid } from "./AffineGrid.js";
import { Attention } from "./Attention.js";
import { AveragePool } from "./AveragePool.js";
import { ArgMax, ArgMin, CumSum, Hardmax, TopK } from "./along_axis.js";
import { BatchNormalization } from "./BatchNormalization.js";
import {
  Add,
  And,
  BitShift,
  BitwiseAnd,
  BitwiseOr,
  BitwiseXor,
  Div,
  Equal,
  Greater,
  GreaterOrEqual,
  Less,
  LessOrEqual,
  Max,
  Mean,
  Min,
  Mod,
  Mul,
  Or,
  Pow,
  PRelu,
  Sub,
  Sum,
  Xor,
} from "./binary.js";
import { Cast, CastLike } from "./Cast.js";
import { Col2Im } from "./Col2Im.js";
import { Concat } from "./Concat.js";
import { Conv } from "./Conv.js";
import { ConvTranspose } from "./ConvTranspose.js";
import { Constant, ConstantOfShape, EyeLike, Range, Shape, Size } from "./constants.js";
import { If, Loop, Scan } from "./control_flow.js";
import { Compress, NonZero } from "./counted.js";
import { DeformConv } from "./DeformConv.js";
import { Det } from "./Det.js";
import { Einsum } from "./Einsum.js";
import { DFT, STFT } from "./fourier.js";
import { Gemm } from "./Gemm.js";
import { GridSample } from "./GridSample.js";
import { GlobalAveragePool, GlobalMaxPool } from "./global_pool.js";
import { Gather, GatherElements, GatherND, Scatter, ScatterElements, ScatterND } from "./indexed.js";
import { ConvInteger, DynamicQuantizeLinear, MatMulInteger } from "./integer_products.js";
import { LogSoftmax } from "./LogSoftmax.js";
import { NegativeLogLikelihoodLoss, SoftmaxCrossEntropyLoss } from "./losses.js";
import { GlobalLpPool, LpPool } from "./lp_pool.js";
import { MatMul } from "./MatMul.js";
import { MaxPool } from "./MaxPool.js";
import { MaxUnpool } from "./MaxUnpool.js";
import {
  FusedMatMul,
  QuickGelu,
  SimplifiedLayerNormalization,
  SkipLayerNormalization,
  SkipSimplifiedLayerNormalization,
} from "./microsoft.js";
import { NonMaxSuppression } from "./NonMaxSuppression.js";
import {
  GroupNormalization,
  InstanceNormalization,
  LayerNormalization,
  LpNormalization,
  LRN,
  MeanVarianceNormalization,
  RMSNormalization,
} from "./normalization.js";
import type { Operator } from "./operator.js";
import { OptionalGetElement, OptionalHasElement } from "./optional.js";
import { Pad } from "./Pad.js";
import { Dropout, Identity } from "./passthrough.js";
import { OneHot, ReverseSequence, TensorScatter, Trilu } from "./positions.js";
import {
  QGemm,
  QLinearAdd,
  QLinearAveragePool,
  QLinearConcat,
  QLinearConv,
  QLinearGlobalAveragePool,
  QLinearLeakyRelu,
  QLinearMatMul,
  QLinearMul,
  QLinearReduceMean,
  QLinearSigmoid,
  QLinearSoftmax,
} from "./qlinear.js";
import {
  DequantizeLinear,
  MicrosoftDequantizeLinear,
  MicrosoftQuantizeLinear,
  QuantizeLinear,
} from "./quantize_linear.js";
import { ReduceMean } from "./ReduceMean.js";
import { Resize, Upsample } from "./Resize.js";
import { RoiAlign } from "./RoiAlign.js";
import { RotaryEmbedding } from "./RotaryEmbedding.js";
import { GRU, LSTM, RNN } from "./recurrent.js";
import {
  ReduceL1,
  ReduceL2,
  ReduceLogSum,
  ReduceLogSumExp,
  ReduceMax,
  ReduceMin,
  ReduceProd,
  ReduceSum,
  ReduceSumSquare,
} from "./reduce.js";
import { refusal } from "./refused.js";
import { Flatten, Reshape, Squeeze, Unsqueeze } from "./reshape.js";
import { Softmax } from "./Softmax.js";
import { CenterCropPad, DepthToSpace, Expand, Slice, SpaceToDepth, Split, Tile } from "./strided.js";
import { TfIdfVectorizer } from "./TfIdfVectorizer.js";
import { Transpose } from "./Transpose.js";
import { Unique } from "./Unique.js";
import {
  Abs,
  Acos,
  Acosh,
  Asin,
  Asinh,
  Atan,
  Atanh,
  BitwiseNot,
  Ceil,
  Celu,
  Clip,
  Cos,
  Cosh,
  Elu,
  Erf,
  Exp,
  Floor,
  Gelu,
  HardSigmoid,
  HardSwish,
  IsInf,
  IsNaN,
  LeakyRelu,
  Log,
  Mish,
  Neg,
  Not,
  Reciprocal,
  Relu,
  Round,
  Selu,
  Shrink,
  Sigmoid,
  Sign,
  Sin,
  Sinh,
  Softplus,
  Softsign,
  Sqrt,
  Swish,
  Tan,
  Tanh,
  ThresholdedRelu,
} from "./unary.js";
import { Where } from "./Where.js";
import { BlackmanWindow, HammingWindow, HannWindow, MelWeightMatrix } from "./windows.js";

const table: readonly Operator[] = [
  Abs,
  Acos,
  Acosh,
  Add,
  AffineGrid,
  And,
  ArgMax,
  ArgMin,
  Asin,
  Asinh,
  Atan,
  Atanh,
  Attention,
  AveragePool,
  BatchNormalization,
  BitShift,
  BitwiseAnd,
  BitwiseNot,
  BitwiseOr,
  BitwiseXor,
  BlackmanWindow,
  Cast,
  CastLike,
  Ceil,
  Celu,
  CenterCropPad,
  Clip,
  Col2Im,
  Compress,
  Concat,
  Constant,
  ConstantOfShape,
  Conv,
  ConvInteger,
  ConvTranspose,
  CumSum,
  Cos,
  Cosh,
  DFT,
  DeformConv,
  DepthToSpace,
  DequantizeLinear,
  Det,
  Div,
  Dropout,
  Elu,
  DynamicQuantizeLinear,
  Einsum,
  Equal,
  Erf,
  Exp,
  Expand,
  EyeLike,
  Flatten,
  FusedMatMul,
  QuickGelu,
  Floor,
  Gather,
  Gelu,
  GRU,
  GatherElements,
  GatherND,
  Gemm,
  GlobalAveragePool,
  GlobalLpPool,
  GlobalMaxPool,
  Greater,
  GreaterOrEqual,
  GroupNormalization,
  GridSample,
  HammingWindow,
  HannWindow,
  HardSigmoid,
  HardSwish,
  Hardmax,
  Identity,
  InstanceNormalization,
  If,
  IsInf,
  IsNaN,
  LRN,
  LSTM,
  LayerNormalization,
  LeakyRelu,
  Less,
  LessOrEqual,
  LpNormalization,
  Loop,
  Log,
  LogSoftmax,
  LpPool,
  MatMul,
  MatMulInteger,
  Max,
  MaxPool,
  MaxUnpool,
  MeanVarianceNormalization,
  Mean,
  MelWeightMatrix,
  MicrosoftDequantizeLinear,
  MicrosoftQuantizeLinear,
  Min,
  Mish,
  Mod,
  Mul,
  Neg,
  NegativeLogLikelihoodLoss,
  NonMaxSuppression,
  NonZero,
  Not,
  OneHot,
  OptionalGetElement,
  OptionalHasElement,
  Or,
  PRelu,
  Pad,
  QGemm,
  QLinearAdd,
  QLinearAveragePool,
  QLinearConcat,
  QLinearConv,
  QLinearGlobalAveragePool,
  QLinearLeakyRelu,
  QLinearMatMul,
  QLinearMul,
  QLinearReduceMean,
  QLinearSigmoid,
  QLinearSoftmax,
  Pow,
  QuantizeLinear,
  RMSNormalization,
  RNN,
  Range,
  Reciprocal,
  ReduceL1,
  ReduceL2,
  ReduceLogSum,
  ReduceLogSumExp,
  ReduceMax,
  ReduceMean,
  ReduceMin,
  ReduceProd,
  ReduceSum,
  ReduceSumSquare,
  Relu,
  Reshape,
  Resize,
  Round,
  RoiAlign,
  RotaryEmbedding,
  STFT,
  Scan,
  Selu,
  ReverseSequence,
  Scatter,
  ScatterElements,
  ScatterND,
  Shape,
  Shrink,
  Sigmoid,
  Sign,
  SimplifiedLayerNormalization,
  SkipLayerNormalization,
  SkipSimplifiedLayerNormalization,
  Sin,
  Sinh,
  Slice,
  Softmax,
  SoftmaxCrossEntropyLoss,
  Softplus,
  Softsign,
  Sqrt,
  Size,
  SpaceToDepth,
  Split,
  Squeeze,
  Sub,
  Sum,
  Swish,
  Tan,
  Tanh,
  TensorScatter,
  TfIdfVectorizer,
  TopK,
  ThresholdedRelu,
  Tile,
  Transpose,
  Trilu,
  Unique,
  Unsqueeze,
  Upsample,
  Where,
  Xor,
];

/** ai.onnx operators by name; those of another domain as domain.name. */
export const operators: ReadonlyMap<string, Operator> = new Map(
  table.map((operator) => [operatorKey(operator.domain ?? "", operator.name), operator]),
);

export function operatorKey(domain: string, name: string): string {
  return domain === "" || domain === "ai.onnx" ? name : `${domain}.${name}`;
}

/** The record of a node's operator, or undefined when it is not supported. */
export function findOperator(node: Node): Operator | undefined {
  return operators.get(operatorKey(node.domain, node.operator));
}

/** Throws E_OPERATOR_UNSUPPORTED, E_OUT_OF_SCOPE. */
export function operatorOf(node: Node): Operator {
  const operator = findOperator(node);
  if (!operator) {
    const domain = node.domain === "" ? "" : ` of domain ${node.domain}`;
    const reason = refusal(node);
    throw new UserError(
      reason ? "E_OUT_OF_SCOPE" : "E_OPERATOR_UNSUPPORTED",
      `operator ${node.operator}${domain} (node "${node.name}") is not supported${reason ? `: ${reason}` : "; `onnx2mcu supported-ops` lists what is, re-export the model without it"}`,
      node.name,
    );
  }
  return operator;
}
