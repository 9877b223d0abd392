//! A tone in place of a voice: as a WAV file, or its samples alone.

use bytes::Bytes;
use serde_json::Value;

use super::super::reply::Simulated;
use super::{MARK, text_of};

const SAMPLES_A_SECOND: u32 = 16_000;

/// Samples for one character, and at most for a whole text.
const SAMPLES_A_CHARACTER: usize = 960;
const MAX_SAMPLES: usize = 3 * SAMPLES_A_SECOND as usize;

/// Bytes sent at once.
const PIECE: usize = 4_096;

/// What is said, as a tone whose pitch is the voice's.
pub(super) fn speech(body: &Value) -> Simulated {
    let text = text_of(&body["input"]);
    let samples = samples(&text, &text_of(&body["voice"]));
    let (media, bytes) = match body["response_format"].as_str() {
        None | Some("wav") => ("audio/wav", wav(&samples)),
        Some("pcm") => ("audio/pcm", samples),
        Some(other) => {
            let message = format!("the demonstration speaks `wav` and `pcm`, not `{other}`");
            return Simulated::error(400, "invalid_value", &message);
        }
    };
    let bytes = Bytes::from(bytes);
    let pieces = (0..bytes.len())
        .step_by(PIECE)
        .map(|start| bytes.slice(start..bytes.len().min(start + PIECE)));
    Simulated::pieces(media, pieces)
}

fn samples(text: &str, voice: &str) -> Vec<u8> {
    let count = (text.chars().count() * SAMPLES_A_CHARACTER).clamp(1, MAX_SAMPLES);
    let pitch = 220 + u32::from(blake3::hash(voice.as_bytes()).as_bytes()[0]);
    let half_wave = (SAMPLES_A_SECOND / pitch / 2).max(1) as usize;
    let mut samples = Vec::with_capacity(count * 2);
    for at in 0..count {
        let is_up = (at / half_wave).is_multiple_of(2);
        let level: i16 = if is_up { 4_000 } else { -4_000 };
        samples.extend_from_slice(&level.to_le_bytes());
    }
    samples
}

/// 16-bit mono, with a comment that says what it is.
fn wav(samples: &[u8]) -> Vec<u8> {
    let mut comment = format!("{MARK} a tone in place of a voice\0").into_bytes();
    if !comment.len().is_multiple_of(2) {
        comment.push(0);
    }
    let mut info = b"INFOICMT".to_vec();
    info.extend(length(&comment));
    info.extend(&comment);

    let mut format = Vec::new();
    format.extend(1_u16.to_le_bytes());
    format.extend(1_u16.to_le_bytes());
    format.extend(SAMPLES_A_SECOND.to_le_bytes());
    format.extend((SAMPLES_A_SECOND * 2).to_le_bytes());
    format.extend(2_u16.to_le_bytes());
    format.extend(16_u16.to_le_bytes());

    let mut body = b"WAVE".to_vec();
    for (name, chunk) in [
        (b"fmt ", format.as_slice()),
        (b"LIST", info.as_slice()),
        (b"data", samples),
    ] {
        body.extend(name);
        body.extend(length(chunk));
        body.extend(chunk);
    }
    let mut file = b"RIFF".to_vec();
    file.extend(length(&body));
    file.extend(body);
    file
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes()
}
