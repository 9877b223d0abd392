//! Thinking blocks packed into the hub's one text and one signature, and back.
//!
//! A reply can hold several thinking blocks, each with its own proof, and redacted ones that are
//! nothing but proof. They must come back exactly as they were, so the signature lists them: per
//! block the bytes of text it has and its proof. A text that was edited on the way no longer fits
//! its list; then the thoughts are left out, as those of another provider are.

use serde::{Deserialize, Serialize};

use crate::provider::protocols::translate::{seal, unseal};
use crate::types::message::Reasoning;

/// Stands between the texts of two blocks.
const BETWEEN: &str = "\n\n";

/// A thinking block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Thought {
    /// Readable, with its proof.
    Open {
        /// What the model thought, or nothing where the provider keeps it to itself.
        text: String,
        /// The proof.
        signature: String,
    },
    /// Encrypted.
    Redacted(String),
}

/// One block in the list a signature is.
#[derive(Debug, Serialize, Deserialize)]
struct Listed {
    /// Bytes of text.
    #[serde(default, skip_serializing_if = "is_zero")]
    n: usize,
    /// The proof of a readable block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    s: Option<String>,
    /// A redacted block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    d: Option<String>,
}

/// Gathers the thinking blocks of a reply.
#[derive(Debug, Default)]
pub(super) struct Thoughts {
    text: bool,
    list: Vec<Listed>,
}

impl Thoughts {
    /// What to show before the text of a further block.
    pub(super) fn gap(&self) -> &'static str {
        if self.text { BETWEEN } else { "" }
    }

    /// Lists a readable block with `bytes` of text, shown after [`Self::gap`] if any.
    pub(super) fn add(&mut self, bytes: usize, signature: Option<String>) {
        self.text |= bytes > 0;
        self.list.push(Listed {
            n: bytes,
            s: signature,
            d: None,
        });
    }

    /// Lists a redacted block.
    pub(super) fn add_redacted(&mut self, data: String) {
        self.list.push(Listed {
            n: 0,
            s: None,
            d: Some(data),
        });
    }

    /// How many blocks are listed.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// The signature for all blocks so far; none where a block came without proof.
    pub(super) fn signature(&self) -> Option<String> {
        let proven = |block: &Listed| block.s.is_some() || block.d.is_some();
        if self.list.is_empty() || !self.list.iter().all(proven) {
            return None;
        }
        let list = serde_json::to_string(&self.list).ok()?;
        Some(seal(super::NAME, &list))
    }
}

/// The reasoning that a list of blocks is. Without proof for each of them it has none.
pub(in crate::provider) fn pack(blocks: &[Thought]) -> Reasoning {
    let mut thoughts = Thoughts::default();
    let mut text = String::new();
    for block in blocks {
        match block {
            Thought::Open {
                text: own,
                signature,
            } => {
                if !own.is_empty() {
                    text.push_str(thoughts.gap());
                }
                text.push_str(own);
                let proof = Some(signature.clone()).filter(|proof| !proof.is_empty());
                thoughts.add(own.len(), proof);
            }
            Thought::Redacted(data) => thoughts.add_redacted(data.clone()),
        }
    }
    Reasoning {
        text,
        signature: thoughts.signature(),
    }
}

/// The blocks to send back, none where the reasoning is not this provider's or was changed.
pub(in crate::provider) fn unpack(reasoning: &Reasoning) -> Vec<Thought> {
    let list: Option<Vec<Listed>> = unseal(super::NAME, reasoning.signature.as_deref())
        .and_then(|list| serde_json::from_str(list).ok());
    list.and_then(|list| cut(&reasoning.text, list))
        .unwrap_or_default()
}

fn cut(text: &str, list: Vec<Listed>) -> Option<Vec<Thought>> {
    let mut rest = text;
    let mut blocks = Vec::new();
    for block in list {
        if let Some(data) = block.d {
            blocks.push(Thought::Redacted(data));
            continue;
        }
        if block.n > 0 && rest.len() < text.len() {
            rest = rest.strip_prefix(BETWEEN)?;
        }
        let (own, after) = rest.split_at_checked(block.n)?;
        rest = after;
        blocks.push(Thought::Open {
            text: own.to_owned(),
            signature: block.s?,
        });
    }
    rest.is_empty().then_some(blocks)
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands the field over by reference"
)]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str, signature: &str) -> Thought {
        Thought::Open {
            text: text.into(),
            signature: signature.into(),
        }
    }

    #[test]
    fn what_was_edited_or_is_foreign_is_not_sent_back() {
        let mut packed = pack(&[open("first", "s1"), open("second", "s2")]);
        assert_eq!(unpack(&packed).len(), 2);
        packed.text.push('!');
        assert!(unpack(&packed).is_empty());
        packed.text = "first".into();
        assert!(unpack(&packed).is_empty());
        let foreign = Reasoning {
            text: "t".into(),
            signature: Some("gemini:abc".into()),
        };
        assert!(unpack(&foreign).is_empty());
    }

    #[test]
    fn a_block_without_proof_makes_no_signature() {
        let mut thoughts = Thoughts::default();
        thoughts.add(3, None);
        assert_eq!(thoughts.signature(), None);
    }

    proptest::proptest! {
        #[test]
        fn blocks_come_back_as_they_were(
            blocks in proptest::collection::vec((".{0,12}", "[a-z]{1,8}", proptest::bool::ANY), 1..6)
        ) {
            let blocks: Vec<Thought> = blocks
                .into_iter()
                .map(|(text, proof, redacted)| {
                    if redacted { Thought::Redacted(proof) } else { open(&text, &proof) }
                })
                .collect();
            proptest::prop_assert_eq!(unpack(&pack(&blocks)), blocks);
        }
    }
}
