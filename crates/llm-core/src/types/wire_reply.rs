//! A whole reply as the text its provider wrote, kept so that a client of the same dialect can be
//! answered with it.
//!
//! Only the places of the top-level fields are known here. Which protocol's rules the text follows,
//! and which fields must not reach a client as they are, is the business of that protocol.

use std::ops::Range;

use super::raw::RawFields;

/// A JSON object as text, with the place of every field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireReply {
    /// The protocol it is in.
    protocol: &'static str,
    text: Box<str>,
    fields: Vec<Field>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    name: Range<usize>,
    value: Range<usize>,
}

impl WireReply {
    /// Keeps `text`, whose top-level fields are `fields`: slices of it, a name without its quotes.
    ///
    /// `None` when a field is no slice of the text, as a name with escapes in it is not.
    pub fn keep<'a>(
        protocol: &'static str,
        text: &'a str,
        fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Option<Self> {
        let fields = fields
            .into_iter()
            .map(|(name, value)| {
                Some(Field {
                    name: place(text, name)?,
                    value: place(text, value)?,
                })
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Self {
            protocol,
            text: text.into(),
            fields,
        })
    }

    /// The protocol it is in.
    pub fn protocol(&self) -> &'static str {
        self.protocol
    }

    /// The object with some fields replaced where they stand, or added after the others, and
    /// `own` at the end. Every other value is the bytes it was. A field of the provider that has
    /// the name of one in `own` is left out.
    pub fn rewritten(&self, replaced: &[(&str, &str)], own: &RawFields) -> String {
        let mut out = String::with_capacity(self.text.len() + 512);
        out.push('{');
        let mut add = |name: &str, value: &str| {
            if out.len() > 1 {
                out.push(',');
            }
            out.push('"');
            out.push_str(name);
            out.push_str("\":");
            out.push_str(value);
        };
        for field in &self.fields {
            let name = &self.text[field.name.clone()];
            if own.get(name).is_some() {
                continue;
            }
            let new = replaced.iter().find(|(replaced, _)| *replaced == name);
            add(
                name,
                new.map_or(&self.text[field.value.clone()], |new| new.1),
            );
        }
        for (name, value) in replaced {
            if !self.has(name) {
                add(name, value);
            }
        }
        for (name, value) in own.iter() {
            add(name, value.get());
        }
        out.push('}');
        out
    }

    fn has(&self, name: &str) -> bool {
        self.fields
            .iter()
            .any(|field| &self.text[field.name.clone()] == name)
    }
}

/// Where a slice of `text` stands in it.
fn place(text: &str, part: &str) -> Option<Range<usize>> {
    let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let end = start.checked_add(part.len())?;
    (end <= text.len()).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(text: &'static str) -> WireReply {
        let id = text.find("id").unwrap();
        let list = text.find('[').unwrap();
        let fields = [
            (&text[id..id + 2], "\"x\""),
            (&text[list - 4..list - 2], &text[list..text.len() - 1]),
        ];
        let id_value = text.find("\"x\"").unwrap();
        let fields = fields.map(|(name, value)| {
            if value == "\"x\"" {
                (name, &text[id_value..id_value + 3])
            } else {
                (name, value)
            }
        });
        WireReply::keep("openai", text, fields).unwrap()
    }

    #[test]
    fn values_stay_the_bytes_they_were_around_those_that_are_replaced() {
        let reply = reply(r#"{ "id": "x", "li":[1.0e2 , "\u00e9"]}"#);
        let own = RawFields::parse(br#"{"ours":{"a":1}}"#).unwrap();
        assert_eq!(
            reply.rewritten(&[("id", "\"y\""), ("model", "\"m\"")], &own),
            r#"{"id":"y","li":[1.0e2 , "\u00e9"],"model":"m","ours":{"a":1}}"#
        );
        let own = RawFields::parse(br#"{"li":0}"#).unwrap();
        assert_eq!(reply.rewritten(&[], &own), r#"{"id":"x","li":0}"#);
    }

    #[test]
    fn what_is_no_part_of_the_text_is_not_kept() {
        let elsewhere = String::from("name");
        assert_eq!(
            WireReply::keep("openai", "{}", [(elsewhere.as_str(), "1")]),
            None
        );
    }
}
