//! What must be in a reply for it to count as one, and what it says was used.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

use super::super::usage::read_usage;
use super::super::wire::Object;
use crate::provider::work::WorkReply;
use crate::types::failure::Failure;
use crate::types::raw::RawFields;
use crate::types::usage::Usage;
use crate::types::work::{Embeddings, Measure, Rerank};

/// Longest recording that is believed, in seconds.
const LONGEST: f64 = 86_400.0 * 7.0;

/// One vector for each input, in order.
pub(super) fn embeddings(
    asked: &Embeddings,
    object: &Object<'_>,
    fields: RawFields,
) -> Result<WorkReply, Failure> {
    #[derive(Deserialize)]
    struct Item<'a> {
        #[serde(borrow)]
        embedding: &'a RawValue,
        index: Option<usize>,
    }
    let (wanted, mut seen) = (asked.inputs.len(), Vec::new());
    seen.resize(wanted, false);
    let items = object.items("data");
    if items.len() != wanted {
        return Err(Failure::invalid(format!(
            "the reply has {} vectors for {wanted} inputs",
            items.len()
        )));
    }
    for (position, raw) in items.iter().enumerate() {
        let item: Item<'_> = serde_json::from_str(raw.get())
            .map_err(|_| Failure::invalid("an item of the reply has no vector"))?;
        if !is_vector(item.embedding.get()) {
            return Err(Failure::invalid("a vector of the reply is empty or none"));
        }
        match seen.get_mut(item.index.unwrap_or(position)) {
            Some(seen) if !*seen => *seen = true,
            _ => return Err(Failure::invalid("the vectors of the reply are misnumbered")),
        }
    }
    Ok(WorkReply {
        usage: usage(object),
        body: fields,
        measure: Measure::default(),
    })
}

/// Numbers, or base64 of some. The numbers are not read one by one: there may be millions.
fn is_vector(text: &str) -> bool {
    let inner = |open, close| Some(text.strip_prefix(open)?.strip_suffix(close)?.trim());
    match (inner('[', ']'), inner('"', '"')) {
        (Some(numbers), _) => numbers.starts_with(|c: char| c == '-' || c.is_ascii_digit()),
        (_, Some(encoded)) => !encoded.is_empty(),
        _ => false,
    }
}

#[derive(Serialize)]
struct Item<'a> {
    object: &'static str,
    index: usize,
    embedding: Vector<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Vector<'a> {
    Numbers(&'a [f32]),
    Text(String),
}

impl<'a> Vector<'a> {
    fn of(vector: &'a [f32], as_base64: bool) -> Self {
        if !as_base64 {
            return Self::Numbers(vector);
        }
        let bytes: Vec<u8> = vector
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        Self::Text(STANDARD.encode(bytes))
    }
}

/// The reply of this dialect for vectors that came in another.
pub(in crate::provider) fn vectors(
    asked: &Embeddings,
    vectors: &[Vec<f32>],
    usage: Usage,
) -> Result<WorkReply, Failure> {
    let wanted = asked.inputs.len();
    if vectors.len() != wanted || vectors.iter().any(Vec::is_empty) {
        return Err(Failure::invalid(format!(
            "the reply has {} vectors for {wanted} inputs, or an empty one",
            vectors.len()
        )));
    }
    let items: Vec<Item<'_>> = vectors
        .iter()
        .enumerate()
        .map(|(index, vector)| Item {
            object: "embedding",
            index,
            embedding: Vector::of(vector, asked.base64),
        })
        .collect();
    let mut body = RawFields::default();
    set(&mut body, "object", &json!("list"))?;
    set(&mut body, "data", &items)?;
    if usage.is_known() {
        let tokens = json!({ "prompt_tokens": usage.input, "total_tokens": usage.total() });
        set(&mut body, "usage", &tokens)?;
    }
    Ok(WorkReply {
        body,
        usage,
        measure: Measure::default(),
    })
}

/// Documents of the request, each at most once, with a score.
pub(super) fn ranking(
    asked: &Rerank,
    object: &Object<'_>,
    fields: RawFields,
) -> Result<WorkReply, Failure> {
    #[derive(Deserialize)]
    struct Item {
        index: usize,
        relevance_score: f64,
    }
    let mut seen = vec![false; asked.documents.len()];
    let items = object.items("results");
    if items.is_empty() {
        return Err(Failure::invalid("the reply has no results"));
    }
    for raw in items {
        let item: Item = serde_json::from_str(raw.get())
            .map_err(|_| Failure::invalid("a result of the reply has no index or no score"))?;
        match seen.get_mut(item.index) {
            Some(seen) if !*seen && item.relevance_score.is_finite() => *seen = true,
            _ => {
                let message = "a result of the reply is about no document of the request";
                return Err(Failure::invalid(message));
            }
        }
    }
    let billed = object.child("meta").child("billed_units");
    Ok(WorkReply {
        usage: usage(object),
        body: fields,
        measure: Measure {
            searches: billed.lenient("search_units").unwrap_or(1),
            ..Measure::default()
        },
    })
}

/// A text, which may be empty: nothing may have been said.
pub(super) fn transcript(object: &Object<'_>, fields: RawFields) -> Result<WorkReply, Failure> {
    if object.lenient::<String>("text").is_none() {
        return Err(Failure::invalid("the reply has no text"));
    }
    let seconds: Option<f64> = object
        .child("usage")
        .lenient("seconds")
        .or_else(|| object.lenient("duration"));
    let heard = seconds.filter(|seconds| (0.0..=LONGEST).contains(seconds));
    Ok(WorkReply {
        usage: usage(object),
        body: fields,
        measure: Measure {
            heard: heard.map(Duration::from_secs_f64).unwrap_or_default(),
            ..Measure::default()
        },
    })
}

/// Pictures, or where they are.
pub(super) fn images(object: &Object<'_>, mut fields: RawFields) -> Result<WorkReply, Failure> {
    let mut items = object.items("data");
    if items.is_empty() {
        // SiliconFlow's name for it.
        items = object.items("images");
        if let Some(raw) = fields.remove("images") {
            fields.set("data", raw);
        }
    }
    let is_picture = |raw: &&RawValue| {
        Object::parse(raw.get()).is_ok_and(|item| {
            ["b64_json", "url"].into_iter().any(|name| {
                item.lenient::<String>(name)
                    .is_some_and(|it| !it.is_empty())
            })
        })
    };
    if items.is_empty() || !items.iter().all(is_picture) {
        return Err(Failure::invalid("the reply has no picture in it"));
    }
    Ok(WorkReply {
        usage: usage(object),
        body: fields,
        measure: Measure {
            images: items.len() as u64,
            ..Measure::default()
        },
    })
}

/// Tokens under either of their names; where only a total is told, all of them were read.
fn usage(object: &Object<'_>) -> Usage {
    let told = object.child("usage");
    let count = |name: &str| told.lenient::<u64>(name);
    if let Some(usage) = read_usage(&told) {
        return usage;
    }
    match (count("input_tokens"), count("output_tokens")) {
        (Some(input), output) => Usage::reported(input, output.unwrap_or(0)),
        (None, _) => count("total_tokens")
            .filter(|total| *total > 0)
            .map(|total| Usage::reported(total, 0))
            .unwrap_or_default(),
    }
}

fn set(body: &mut RawFields, name: &str, value: &impl Serialize) -> Result<(), Failure> {
    let raw = to_raw_value(value)
        .map_err(|_| Failure::invalid("the reply holds numbers that cannot be written"))?;
    body.set(name, raw);
    Ok(())
}
