//! Pictures, sound and documents within messages, both ways.
//!
//! Inline data is taken as it is: its bytes are the provider's to judge. Addresses are never
//! fetched here.

use serde_json::{Map, Value, json};

use super::wire::{Object, Place, WireError, object, optional_string, required, required_string};
use crate::types::message::{Audio, FilePart, FileSource, Image, MediaSource};

/// An `image_url` part.
pub(super) fn read_image(fields: &Object<'_>, at: &Place<'_>) -> Result<Image, WireError> {
    let inner = Place::Key(at, "image_url");
    let raw = required(fields, at, "image_url")?;
    let (url, detail) = if raw.get().starts_with('"') {
        // Not in the protocol's text, but widespread.
        (required_string(fields, at, "image_url")?, None)
    } else {
        let image = object(raw, &inner)?;
        let detail = optional_string(&image, &inner, "detail")?;
        (required_string(&image, &inner, "url")?, detail)
    };
    let source = match data_url(&url) {
        Some((mime, data)) => MediaSource::Inline {
            mime: mime.to_owned(),
            data: data.to_owned(),
        },
        None if url.starts_with("https://") || url.starts_with("http://") => MediaSource::Url(url),
        None => {
            let message = "must be an http or https address or a base64 data URL";
            return Err(Place::Key(&inner, "url").wrong(message));
        }
    };
    Ok(Image { source, detail })
}

/// An `input_audio` part.
pub(super) fn read_audio(fields: &Object<'_>, at: &Place<'_>) -> Result<Audio, WireError> {
    let inner = Place::Key(at, "input_audio");
    let audio = object(required(fields, at, "input_audio")?, &inner)?;
    Ok(Audio {
        data: required_string(&audio, &inner, "data")?,
        format: required_string(&audio, &inner, "format")?,
    })
}

/// A `file` part.
pub(super) fn read_file(fields: &Object<'_>, at: &Place<'_>) -> Result<FilePart, WireError> {
    let inner = Place::Key(at, "file");
    let file = object(required(fields, at, "file")?, &inner)?;
    let source = if let Some(id) = optional_string(&file, &inner, "file_id")? {
        FileSource::Id(id)
    } else {
        let data = required_string(&file, &inner, "file_data")?;
        let (mime, data) = data_url(&data).ok_or_else(|| {
            Place::Key(&inner, "file_data").wrong("must be a base64 data URL with a media type")
        })?;
        FileSource::Inline {
            mime: mime.to_owned(),
            data: data.to_owned(),
        }
    };
    Ok(FilePart {
        name: optional_string(&file, &inner, "filename")?,
        source,
    })
}

pub(super) fn write_image(image: &Image) -> Value {
    let url = match &image.source {
        MediaSource::Url(url) => url.clone(),
        MediaSource::Inline { mime, data } => format!("data:{mime};base64,{data}"),
    };
    let mut inner = Map::new();
    inner.insert("url".to_owned(), url.into());
    if let Some(detail) = &image.detail {
        inner.insert("detail".to_owned(), detail.as_str().into());
    }
    json!({"type": "image_url", "image_url": inner})
}

pub(super) fn write_audio(audio: &Audio) -> Value {
    json!({
        "type": "input_audio",
        "input_audio": {"data": audio.data, "format": audio.format},
    })
}

pub(super) fn write_file(file: &FilePart) -> Value {
    let mut inner = Map::new();
    if let Some(name) = &file.name {
        inner.insert("filename".to_owned(), name.as_str().into());
    }
    match &file.source {
        FileSource::Id(id) => inner.insert("file_id".to_owned(), id.as_str().into()),
        FileSource::Inline { mime, data } => inner.insert(
            "file_data".to_owned(),
            format!("data:{mime};base64,{data}").into(),
        ),
    };
    json!({"type": "file", "file": inner})
}

/// Media type and base64 text of `data:TYPE;base64,TEXT`. Scheme and marker are in any case.
pub(in crate::provider) fn data_url(url: &str) -> Option<(&str, &str)> {
    let scheme = url.get(..5).filter(|it| it.eq_ignore_ascii_case("data:"))?;
    let (head, data) = url[scheme.len()..].split_once(',')?;
    let split = head.len().checked_sub(";base64".len())?;
    let (mime, marker) = head.split_at_checked(split)?;
    let usable = marker.eq_ignore_ascii_case(";base64") && !mime.is_empty() && !data.is_empty();
    usable.then_some((mime, data))
}
