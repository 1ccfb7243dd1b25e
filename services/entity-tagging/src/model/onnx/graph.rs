//! The network: token numbers in, scores of the labels out.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use tract_onnx::prelude::{
    DatumType, Framework, InferenceFact, InferenceModelExt, IntoTValue, TVec, Tensor, TractError,
    TractResult, TypedModel, TypedRunnableModel,
};
use tract_onnx::tract_hir::infer::Factoid;

use super::OnnxError;

/// An input of the network.
#[derive(Clone, Copy, Debug)]
enum Input {
    /// Numbers of the tokens.
    Ids,
    /// 1 for tokens, 0 for padding.
    Mask,
    /// Which of two texts a token is of: always the first.
    TextNumbers,
}

/// A network that is ready to run.
pub(super) struct Graph {
    plan: TypedRunnableModel<TypedModel>,
    /// By their order.
    inputs: Vec<(Input, DatumType)>,
    window: usize,
    padding: i64,
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Graph")
            .field("inputs", &self.inputs)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

impl Graph {
    /// Reads `model.onnx` for windows of `window` tokens that `padding` fills up.
    pub(super) fn read(path: &Path, window: usize, padding: i64) -> Result<Self, OnnxError> {
        let fail = |error: TractError| OnnxError::content(path, format!("{error:#}"));
        std::fs::metadata(path).map_err(|source| OnnxError::File {
            path: path.to_owned(),
            source,
        })?;
        let mut model = tract_onnx::onnx().model_for_path(path).map_err(fail)?;
        let mut inputs = Vec::new();
        for (index, outlet) in model
            .input_outlets()
            .map_err(fail)?
            .to_vec()
            .into_iter()
            .enumerate()
        {
            let input = match model.node(outlet.node).name.as_str() {
                "input_ids" => Input::Ids,
                "attention_mask" => Input::Mask,
                "token_type_ids" => Input::TextNumbers,
                other => {
                    return Err(OnnxError::content(
                        path,
                        format!("the input {other} is not known"),
                    ));
                }
            };
            let known = model.input_fact(index).map_err(fail)?.datum_type.concretize();
            let datum_type = known.unwrap_or(DatumType::I64);
            let fact = InferenceFact::dt_shape(datum_type, [1, window]);
            model.set_input_fact(index, fact).map_err(fail)?;
            inputs.push((input, datum_type));
        }
        let plan = model
            .into_optimized()
            .and_then(|model| model.into_runnable())
            .map_err(fail)?;
        Ok(Self {
            plan,
            inputs,
            window,
            padding,
        })
    }

    /// Runs the network on at most a window of tokens.
    pub(super) fn scores(&self, ids: &[i64]) -> Result<Scores, String> {
        self.run(ids).map_err(|error| format!("{error:#}"))
    }

    fn run(&self, ids: &[i64]) -> TractResult<Scores> {
        let mut inputs = TVec::new();
        for &(input, datum_type) in &self.inputs {
            let filled = |value: i64, padding: i64| -> Vec<i64> {
                let mut values = vec![padding; self.window];
                values[..ids.len()].fill(value);
                values
            };
            let values = match input {
                Input::Ids => {
                    let mut values = filled(0, self.padding);
                    values[..ids.len()].copy_from_slice(ids);
                    values
                }
                Input::Mask => filled(1, 0),
                Input::TextNumbers => filled(0, 0),
            };
            let tensor = Tensor::from_shape(&[1, self.window], &values)?;
            inputs.push(tensor.cast_to_dt(datum_type)?.into_owned().into_tvalue());
        }
        let outputs = self.plan.run(inputs)?;
        let logits = outputs.first().context("the model has no output")?;
        let &[1, tokens, labels] = logits.shape() else {
            bail!("the model's output has the shape {:?}", logits.shape());
        };
        ensure!(
            tokens == self.window && labels > 0,
            "the model's output has the shape {:?}",
            logits.shape()
        );
        let values = logits.cast_to::<f32>()?.as_slice::<f32>()?.to_vec();
        Ok(Scores { values, labels })
    }
}

/// The scores of a window: a row a token, a column a label.
#[derive(Debug)]
pub(super) struct Scores {
    values: Vec<f32>,
    labels: usize,
}

impl Scores {
    /// Scores of each token.
    pub(super) fn labels(&self) -> usize {
        self.labels
    }

    /// The best label of the token at `place` and its probability, by softmax.
    pub(super) fn best(&self, place: usize) -> (usize, f32) {
        let row = &self.values[place * self.labels..][..self.labels];
        let best = (1..row.len()).fold(0, |best, label| if row[label] > row[best] { label } else { best });
        let total: f32 = row.iter().map(|score| (score - row[best]).exp()).sum();
        let probability = total.recip();
        // Scores that are no numbers make the name as unsure as it can be.
        (best, if probability.is_finite() { probability } else { 0.0 })
    }
}
