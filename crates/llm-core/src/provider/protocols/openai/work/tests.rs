//! Forms as they are written, whole and in parts, and vectors as they are spelled.

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

use super::{Encoded, vectors};
use crate::types::upload::{Form, FormPiece, UploadBroken};
use crate::types::usage::Usage;
use crate::types::work::{Embeddings, Inputs};

fn text(name: &str, value: &str) -> FormPiece {
    FormPiece::Text {
        name: name.into(),
        value: value.into(),
    }
}

fn file(name: &str) -> FormPiece {
    FormPiece::File {
        name: name.into(),
        filename: Some("a\"b\r\n.mp3".into()),
        mime: Some("audio/mpeg".into()),
    }
}

fn data(text: &'static str) -> FormPiece {
    FormPiece::Data(Bytes::from_static(text.as_bytes()))
}

fn pieces() -> Vec<FormPiece> {
    vec![
        text("model", "public"),
        file("file"),
        data("so"),
        data("und"),
        text("language", "de"),
    ]
}

async fn sent(form: &Form) -> (String, Result<(), UploadBroken>) {
    let encoded = Encoded::of(form, "up/stream");
    let boundary = encoded.content_type.to_str().unwrap();
    let boundary = boundary.split_once("boundary=").unwrap().1.to_owned();
    let mut bytes = encoded.head;
    let mut end = Ok(());
    if let Some(mut rest) = encoded.rest {
        while let Some(piece) = rest.next().await {
            match piece {
                Ok(piece) => bytes.extend_from_slice(&piece),
                Err(broken) => end = Err(broken),
            }
        }
    }
    let text = String::from_utf8(bytes).unwrap();
    (text.replace(&boundary, "B"), end)
}

#[tokio::test]
async fn a_form_is_the_same_wherever_it_is_cut() {
    let (whole, _) = sent(&Form::whole(pieces())).await;
    assert_eq!(
        whole,
        "--B\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nup/stream\r\n\
         --B\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a%22b%0D%0A.mp3\"\r\n\
         content-type: audio/mpeg\r\n\r\nsound\r\n\
         --B\r\ncontent-disposition: form-data; name=\"language\"\r\n\r\nde\r\n--B--\r\n"
    );
    for at in 0..=pieces().len() {
        let mut kept = pieces();
        let rest = kept.split_off(at);
        let form = Form::partial(kept, stream::iter(rest.into_iter().map(Ok)).boxed());
        assert!(!form.is_spent());
        assert_eq!(sent(&form).await.0, whole, "cut at {at}");
        assert!(form.is_spent() && !form.is_broken());
    }
}

#[tokio::test]
async fn a_form_that_breaks_off_has_no_end() {
    let rest = stream::iter([Ok(data("half")), Err(UploadBroken)]).boxed();
    let form = Form::partial(vec![file("file")], rest);
    let (text, end) = sent(&form).await;
    assert_eq!(end, Err(UploadBroken));
    assert!(text.ends_with("half") && form.is_broken(), "{text}");
}

#[test]
fn numbers_are_spelled_as_short_as_they_can_be() {
    let asked = Embeddings {
        inputs: Inputs::Texts(vec!["a".into()]),
        dimensions: None,
        base64: false,
    };
    let reply = vectors(&asked, &[vec![0.1, -2.5]], Usage::default()).unwrap();
    assert!(reply.body.get("data").unwrap().get().contains("[0.1,-2.5]"));
    assert!(reply.body.get("usage").is_none(), "nobody counted");
    assert!(vectors(&asked, &[vec![]], Usage::default()).is_err());
    assert!(vectors(&asked, &[], Usage::default()).is_err());
}
