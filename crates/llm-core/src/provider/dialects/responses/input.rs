//! The input: a text, or items that each are a message, a call, its output, or thoughts.
//!
//! What one turn of the model said, thought and called comes as several items here and is one
//! message to the hub.

use serde_json::value::RawValue;

use super::request::says;
use crate::provider::protocols::openai::media::data_url;
use crate::provider::protocols::openai::wire::{
    Object, Place, WireError, list, object, optional_string, required, required_string, string,
};
use crate::types::message::{
    ContentPart, FilePart, FileSource, Image, MediaSource, Message, Reasoning, Role, ToolCall,
};

const MAX_ITEMS: usize = 10_000;
const MAX_PARTS: usize = 1_000;

/// Reads the input.
pub(super) fn read_input(raw: &RawValue, at: &Place<'_>) -> Result<Vec<Message>, WireError> {
    if raw.get().starts_with('"') {
        return Ok(vec![Message::user(string(raw, at)?)]);
    }
    let items = list(raw, at, MAX_ITEMS)?;
    if items.is_empty() {
        return Err(at.wrong("must have at least one item"));
    }
    let mut reader = Reader::default();
    for (index, item) in items.into_iter().enumerate() {
        reader.item(item, &Place::Item(at, index))?;
    }
    reader.close();
    Ok(reader.out)
}

#[derive(Default)]
struct Reader {
    out: Vec<Message>,
    /// The model's turn while it is read.
    turn: Option<Message>,
}

impl Reader {
    fn close(&mut self) {
        self.out.extend(self.turn.take());
    }

    fn say(&mut self, message: Message) {
        self.close();
        self.out.push(message);
    }

    fn turn(&mut self) -> &mut Message {
        self.turn.get_or_insert_with(|| Message {
            content: Vec::new(),
            ..Message::assistant("")
        })
    }

    fn item(&mut self, raw: &RawValue, at: &Place<'_>) -> Result<(), WireError> {
        let item = object(raw, at)?;
        let kind = optional_string(&item, at, "type")?;
        match kind.as_deref().unwrap_or("message") {
            "message" => self.message(&item, at),
            "function_call" => {
                let call = ToolCall {
                    id: required_string(&item, at, "call_id")?,
                    name: required_string(&item, at, "name")?,
                    arguments: required_string(&item, at, "arguments")?,
                };
                self.turn().tool_calls.push(call);
                Ok(())
            }
            "function_call_output" => {
                let mut result = Message::text(Role::Tool, "");
                result.tool_call_id = Some(required_string(&item, at, "call_id")?);
                let output = required(&item, at, "output")?;
                result.content = content(output, &Place::Key(at, "output"))?;
                self.say(result);
                Ok(())
            }
            "reasoning" => {
                let thoughts = thoughts(&item, at)?;
                // Thoughts come first in a turn, so these begin another one.
                if self
                    .turn
                    .as_ref()
                    .is_some_and(|turn| turn.reasoning.is_some())
                {
                    self.close();
                }
                self.turn().reasoning = Some(thoughts);
                Ok(())
            }
            _ => Err(Place::Key(at, "type")
                .unsupported("must be message, function_call, function_call_output or reasoning")),
        }
    }

    fn message(&mut self, item: &Object<'_>, at: &Place<'_>) -> Result<(), WireError> {
        let role = match required_string(item, at, "role")?.as_str() {
            "user" => Role::User,
            "system" => Role::System,
            "developer" => Role::Developer,
            "assistant" => Role::Assistant,
            _ => {
                let message = "must be user, system, developer or assistant";
                return Err(Place::Key(at, "role").wrong(message));
            }
        };
        let content = content(required(item, at, "content")?, &Place::Key(at, "content"))?;
        if role != Role::Assistant {
            self.say(Message {
                content,
                ..Message::text(role, "")
            });
            return Ok(());
        }
        let has_spoken = |turn: &Message| !turn.content.is_empty() || !turn.tool_calls.is_empty();
        if self.turn.as_ref().is_some_and(has_spoken) {
            self.close();
        }
        self.turn().content = content;
        Ok(())
    }
}

/// One summary is what we write ourselves; those of others are joined.
fn thoughts(item: &Object<'_>, at: &Place<'_>) -> Result<Reasoning, WireError> {
    let mut texts = Vec::new();
    for field in ["summary", "content"] {
        let at = Place::Key(at, field);
        let Some(raw) = item.get(field) else { continue };
        for (index, part) in list(raw, &at, MAX_PARTS)?.into_iter().enumerate() {
            let at = Place::Item(&at, index);
            texts.push(required_string(&object(part, &at)?, &at, "text")?);
        }
    }
    Ok(Reasoning {
        text: texts.join("\n\n"),
        signature: optional_string(item, at, "encrypted_content")?,
    })
}

fn content(raw: &RawValue, at: &Place<'_>) -> Result<Vec<ContentPart>, WireError> {
    if raw.get().starts_with('"') {
        return Ok(vec![ContentPart::Text(string(raw, at)?)]);
    }
    list(raw, at, MAX_PARTS)?
        .into_iter()
        .enumerate()
        .map(|(index, part)| read_part(part, &Place::Item(at, index)))
        .collect()
}

fn read_part(raw: &RawValue, at: &Place<'_>) -> Result<ContentPart, WireError> {
    let part = object(raw, at)?;
    match required_string(&part, at, "type")?.as_str() {
        "input_text" => required_string(&part, at, "text").map(ContentPart::Text),
        "output_text" => {
            if part.get("annotations").is_some_and(says) {
                return Err(Place::Key(at, "annotations").unsupported("has no counterpart here"));
            }
            required_string(&part, at, "text").map(ContentPart::Text)
        }
        "refusal" => required_string(&part, at, "refusal").map(ContentPart::Refusal),
        "input_image" => image(&part, at).map(ContentPart::Image),
        "input_file" => file(&part, at).map(ContentPart::File),
        _ => Err(Place::Key(at, "type")
            .unsupported("must be input_text, input_image, input_file, output_text or refusal")),
    }
}

fn image(part: &Object<'_>, at: &Place<'_>) -> Result<Image, WireError> {
    let Some(url) = optional_string(part, at, "image_url")? else {
        let message = "pictures stored at a provider cannot be passed on; send it inline";
        return Err(Place::Key(at, "file_id").unsupported(message));
    };
    let source = match data_url(&url) {
        Some((mime, data)) => MediaSource::Inline {
            mime: mime.to_owned(),
            data: data.to_owned(),
        },
        None if url.starts_with("https://") || url.starts_with("http://") => MediaSource::Url(url),
        None => {
            let message = "must be an http or https address or a base64 data URL";
            return Err(Place::Key(at, "image_url").wrong(message));
        }
    };
    Ok(Image {
        source,
        detail: optional_string(part, at, "detail")?,
    })
}

fn file(part: &Object<'_>, at: &Place<'_>) -> Result<FilePart, WireError> {
    let name = optional_string(part, at, "filename")?;
    if let Some(id) = optional_string(part, at, "file_id")? {
        let source = FileSource::Id(id);
        return Ok(FilePart { name, source });
    }
    let Some(data) = optional_string(part, at, "file_data")? else {
        let message = "documents are not fetched; send `file_data`";
        return Err(Place::Key(at, "file_url").unsupported(message));
    };
    let (mime, data) = data_url(&data).ok_or_else(|| {
        Place::Key(at, "file_data").wrong("must be a base64 data URL with a media type")
    })?;
    let source = FileSource::Inline {
        mime: mime.to_owned(),
        data: data.to_owned(),
    };
    Ok(FilePart { name, source })
}
