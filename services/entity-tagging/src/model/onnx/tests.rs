//! A tiny model, written by the test: the scores of a token are a row of a table that its number chooses.

use std::fs;

use gisa_article_model::EntityType::{self, Organization, Person};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

/// The words that the tokenizer knows, with the scores of their labels. Padding and framing tokens would be persons:
/// they must not be seen.
const VOCABULARY: &[(&str, [f32; 5])] = &[
    ("[PAD]", [0.0, 9.0, 0.0, 0.0, 0.0]),
    ("[UNK]", [9.0, 0.0, 0.0, 0.0, 0.0]),
    ("[CLS]", [0.0, 9.0, 0.0, 0.0, 0.0]),
    ("[SEP]", [0.0, 0.0, 9.0, 0.0, 0.0]),
    ("김", [0.0, 3.0, 0.0, 0.0, 0.0]),
    ("##별", [0.0, 0.0, 2.0, 0.0, 0.0]),
    ("새론", [0.0, 0.0, 0.0, 4.0, 0.0]),
    ("그룹", [0.0, 0.0, 0.0, 0.0, 5.0]),
    ("##은", [9.0, 0.0, 0.0, 0.0, 0.0]),
    (".", [9.0, 0.0, 0.0, 0.0, 0.0]),
    ("##다", [9.0, 0.0, 0.0, 0.0, 0.0]),
];

/// Labels by their number.
const LABELS: [&str; 5] = ["O", "B-PS", "I-PS", "B-OG", "I-OG"];

/// Writes protobuf: fields of a message one after the other.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn number(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    fn bytes(mut self, field: u64, value: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend(value);
        self
    }

    fn message(self, field: u64, value: Self) -> Self {
        self.bytes(field, &value.0)
    }
}

/// A value with its element type (1 float, 7 integer of 64 bits) and dimensions of any length.
fn value_info(name: &str, element: u64, dimensions: u64) -> Message {
    let mut shape = Message::default();
    for dimension in 0..dimensions {
        shape = shape.message(
            1,
            Message::default().bytes(2, format!("{name}{dimension}").as_bytes()),
        );
    }
    let tensor = Message::default().number(1, element).message(2, shape);
    Message::default()
        .bytes(1, name.as_bytes())
        .message(2, Message::default().message(1, tensor))
}

fn node(operator: &str, inputs: &[&str], output: &str) -> Message {
    let mut node = Message::default();
    for input in inputs {
        node = node.bytes(1, input.as_bytes());
    }
    node.bytes(2, output.as_bytes())
        .bytes(3, output.as_bytes())
        .bytes(4, operator.as_bytes())
}

/// A constant with its element type and little-endian content.
fn tensor(name: &str, element: u64, dimensions: &[usize], content: &[u8]) -> Message {
    let mut tensor = Message::default();
    for &dimension in dimensions {
        tensor = tensor.number(1, dimension as u64);
    }
    tensor
        .number(2, element)
        .bytes(8, name.as_bytes())
        .bytes(9, content)
}

/// `logits = Gather(table, input_ids) * Unsqueeze(Cast(attention_mask))`: padding has no scores.
fn model(table: &[[f32; 5]], inputs: &[&str]) -> Vec<u8> {
    let values: Vec<u8> = table
        .iter()
        .flatten()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let to_float = Message::default().bytes(1, b"to").number(3, 1).number(20, 2);
    let mut graph = Message::default()
        .message(1, node("Gather", &["table", "input_ids"], "rows"))
        .message(
            1,
            node("Cast", &["attention_mask"], "factors").message(5, to_float),
        )
        .message(1, node("Unsqueeze", &["factors", "last"], "column"))
        .message(1, node("Mul", &["rows", "column"], "logits"))
        .bytes(2, b"tiny")
        .message(5, tensor("table", 1, &[table.len(), 5], &values))
        .message(5, tensor("last", 7, &[1], &2i64.to_le_bytes()));
    for input in inputs {
        graph = graph.message(11, value_info(input, 7, 2));
    }
    let graph = graph.message(12, value_info("logits", 1, 3));
    Message::default()
        .number(1, 8)
        .message(8, Message::default().number(2, 14))
        .message(7, graph)
        .0
}

fn tokenizer() -> Value {
    let vocabulary: serde_json::Map<String, Value> = VOCABULARY
        .iter()
        .enumerate()
        .map(|(number, (word, _))| ((*word).to_owned(), json!(number)))
        .collect();
    let special = |number: usize| {
        let word = VOCABULARY[number].0;
        json!({"id": number, "content": word, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true})
    };
    json!({
        "version": "1.0",
        // Training exports leave both behind; they must not cut texts.
        "truncation": {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 12}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
            "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": [special(0), special(1), special(2), special(3)],
        "normalizer": null,
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        "decoder": null,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocabulary},
    })
}

fn config(labels: &[&str]) -> Value {
    let labels: serde_json::Map<String, Value> = labels
        .iter()
        .enumerate()
        .map(|(number, label)| (number.to_string(), json!(label)))
        .collect();
    // Windows of eight tokens: six of the text.
    json!({"id2label": labels, "max_position_embeddings": 10, "pad_token_id": 0})
}

fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let table: Vec<[f32; 5]> = VOCABULARY.iter().map(|(_, scores)| *scores).collect();
    let inputs = ["input_ids", "attention_mask", "token_type_ids"];
    fs::write(directory.path().join("model.onnx"), model(&table, &inputs)).unwrap();
    fs::write(directory.path().join("tokenizer.json"), tokenizer().to_string()).unwrap();
    fs::write(directory.path().join("config.json"), config(&LABELS).to_string()).unwrap();
    directory
}

fn found(model: &OnnxModel, text: &str) -> Vec<(String, EntityType, f32)> {
    let names = model.find_names(text, &[]).into_iter();
    names
        .map(|name| (text[name.range].to_owned(), name.entity_type, name.confidence))
        .collect()
}

/// A name with its type and the score of the label that it is least sure of.
type Expected<'a> = (&'a str, EntityType, f32);

/// The probability of a label whose score is `score` while the four others have 0.
fn probability(score: f32) -> f32 {
    score.exp() / (score.exp() + 4.0)
}

#[test]
fn names_with_types_and_confidences() {
    let directory = directory();
    let model = OnnxModel::read(directory.path()).unwrap();
    let cases: &[(&str, &[Expected<'_>])] = &[
        ("", &[]),
        ("  \n ", &[]),
        ("모르는 말", &[]),
        ("김별은", &[("김별", Person, 2.0)]),
        ("김", &[("김", Person, 3.0)]),
        (
            "새론 그룹은 김별",
            &[("새론 그룹", Organization, 4.0), ("김별", Person, 2.0)],
        ),
        // Each B begins a name, and so does an I of another type.
        ("김김", &[]),
        (
            "김 김 그룹",
            &[
                ("김", Person, 3.0),
                ("김", Person, 3.0),
                ("그룹", Organization, 5.0),
            ],
        ),
        // A name does not go on in the next sentence.
        (
            "새론\n그룹",
            &[("새론", Organization, 4.0), ("그룹", Organization, 5.0)],
        ),
        // More tokens than a window holds.
        (
            "김별은 김별은 김별은 김별은",
            &[
                ("김별", Person, 2.0),
                ("김별", Person, 2.0),
                ("김별", Person, 2.0),
                ("김별", Person, 2.0),
            ],
        ),
    ];
    for (text, expected) in cases {
        let found = found(&model, text);
        let expected: Vec<_> = expected
            .iter()
            .map(|&(name, entity_type, score)| (name.to_owned(), entity_type, probability(score)))
            .collect();
        assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!((&found.0, found.1), (&expected.0, expected.1), "{text}");
            assert!(
                (found.2 - expected.2).abs() < 1e-5,
                "{text}: {found:?} {expected:?}"
            );
        }
    }
}

#[test]
fn long_words_and_sentences_are_cut() {
    let directory = directory();
    let model = OnnxModel::read(directory.path()).unwrap();
    let text = "김별은 ".repeat(3_000);
    assert_eq!(found(&model, &text).len(), 3_000);
    let text = format!("{} 김별", "가".repeat(5_000));
    assert_eq!(
        found(&model, &text),
        [("김별".to_owned(), Person, probability(2.0))]
    );
}

#[test]
fn the_setting_chooses_it() {
    let directory = directory();
    let source = crate::model::ModelSource::try_from(format!("onnx:{}", directory.path().display())).unwrap();
    assert_eq!(source.validate(), Ok(()));
    let names = source.load().unwrap().find_names("새론은", &[]);
    assert_eq!(names.len(), 1);
    assert_eq!(
        (names[0].range.clone(), names[0].layer),
        (0..6, TaggerLayer::Model)
    );
}

#[test]
fn what_is_wrong_is_said() {
    let breaks: &[(&str, Option<Vec<u8>>, &str)] = &[
        ("model.onnx", None, "model.onnx"),
        ("model.onnx", Some(b"no protobuf at all".to_vec()), "model.onnx"),
        ("model.onnx", Some(Vec::new()), "model.onnx"),
        (
            "model.onnx",
            Some(model(&[[0.0; 5]; 11], &["input_ids", "attention_mask", "pixels"])),
            "the input pixels is not known",
        ),
        ("tokenizer.json", None, "tokenizer.json"),
        ("tokenizer.json", Some(b"{}".to_vec()), "tokenizer.json"),
        ("config.json", None, "config.json"),
        ("config.json", Some(b"[".to_vec()), "config.json"),
        (
            "config.json",
            Some(b"{\"id2label\": {\"0\": \"O\", \"2\": \"B-PER\"}}".to_vec()),
            "does not number",
        ),
        (
            "config.json",
            Some(config(&["O", "B-DT"]).to_string().into_bytes()),
            "no type of names",
        ),
        (
            "config.json",
            Some(config(&["O", "B-PS", "I-PS"]).to_string().into_bytes()),
            "5 scores a token, but config.json names 3 labels",
        ),
        (
            "config.json",
            Some(b"{\"id2label\": {\"0\": \"B-PER\"}, \"max_position_embeddings\": 4}".to_vec()),
            "max_position_embeddings",
        ),
    ];
    for (file, content, expected) in breaks {
        let directory = directory();
        let path = directory.path().join(file);
        match content {
            Some(content) => fs::write(path, content).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
        let error = OnnxModel::read(directory.path()).unwrap_err().to_string();
        assert!(error.contains(expected), "{file}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_gives_sound_names(parts in prop::collection::vec(prop_oneof![
        prop::sample::select(vec!["김", "별", "새론", "그룹", "은", ". ", "\n", " ", "[PAD]", "[CLS]", "😀"]).prop_map(str::to_owned),
        any::<String>(),
    ], 0..40)) {
        static MODEL: std::sync::LazyLock<OnnxModel> =
            std::sync::LazyLock::new(|| OnnxModel::read(directory().path()).unwrap());
        let text = parts.concat();
        let mut end = 0;
        for name in MODEL.find_names(&text, &[]) {
            prop_assert!(name.range.start >= end && !text[name.range.clone()].is_empty());
            prop_assert!((0.0..=1.0).contains(&name.confidence));
            end = name.range.end;
        }
    }
}
