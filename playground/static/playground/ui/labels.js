/* What the page calls arguments of layers, and loss functions, whose names in a spec are those of code. */

/** @type {Record<string, string>} */
const LAYER_ARGUMENTS = {
  alpha: "Alpha",
  bias: "Bias",
  dilation: "Dilation",
  dim: "Axis",
  end_dim: "Last axis",
  eps: "Epsilon",
  in_channels: "Input channels",
  in_features: "Inputs",
  kernel_size: "Kernel size",
  max_val: "Maximum",
  min_val: "Minimum",
  momentum: "Momentum",
  negative_slope: "Negative slope",
  normalized_shape: "Normalised shape",
  num_features: "Inputs",
  out_channels: "Output channels",
  out_features: "Units",
  output_size: "Output size",
  p: "Dropout rate",
  padding: "Padding",
  start_dim: "First axis",
  stride: "Stride",
  unflattened_size: "Shape",
};

/** @type {Record<string, string>} */
const CRITERIA = {
  CELOSS: "Cross-entropy",
  WCELOSS: "Weighted cross-entropy",
  BCELOSS: "Binary cross-entropy",
  BCEWITHLOGITSLOSS: "Binary cross-entropy with logits",
  MSELOSS: "Mean squared error",
  L1LOSS: "Mean absolute error",
  HUBERLOSS: "Huber loss",
};

/**
 * Estimators keep scikit-learn's names of arguments.
 *
 * @param {string} name
 */
export const labelArgument = (name) => (Object.hasOwn(LAYER_ARGUMENTS, name) ? LAYER_ARGUMENTS[name] : name);

/** @param {string} name */
export const labelCriterion = (name) => (Object.hasOwn(CRITERIA, name) ? CRITERIA[name] : name);
