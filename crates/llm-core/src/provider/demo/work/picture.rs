//! A small pattern in place of a picture: a PNG of 64 by 64 pixels, symmetric, in one colour.

/// Width and height, in pixels.
const SIDE: usize = 64;

/// Fields on a side of the pattern, and pixels of a field.
const FIELDS: usize = 8;
const FIELD: usize = SIDE / FIELDS;

/// The pattern of a text.
pub(super) fn png(text: &str) -> Vec<u8> {
    let hash = *blake3::hash(text.as_bytes()).as_bytes();
    let (colour, pattern) = (&hash[..3], &hash[3..]);
    let mut rows = Vec::with_capacity(SIDE * (SIDE * 3 + 1));
    for y in 0..SIDE {
        // No filter.
        rows.push(0);
        for x in 0..SIDE {
            let column = (x / FIELD).min(FIELDS - 1 - x / FIELD);
            let byte = pattern[(y / FIELD * FIELDS / 2 + column) % pattern.len()];
            if byte.is_multiple_of(2) {
                rows.extend_from_slice(colour);
            } else {
                rows.extend_from_slice(&[245, 245, 245]);
            }
        }
    }
    let side = u32::try_from(SIDE).unwrap_or_default().to_be_bytes();
    let mut header = [side, side].concat();
    // Eight bits, colour, the usual methods.
    header.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, *b"IHDR", &header);
    chunk(
        &mut file,
        *b"tEXt",
        b"Comment\0[simulated] a pattern in place of a picture",
    );
    chunk(&mut file, *b"IDAT", &stored(&rows));
    chunk(&mut file, *b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    file.extend(length.to_be_bytes());
    let start = file.len();
    file.extend(name);
    file.extend(data);
    let sum = crc(&file[start..]);
    file.extend(sum.to_be_bytes());
}

/// A zlib stream of blocks that are not compressed.
fn stored(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = data.chunks(0xFFFF).peekable();
    while let Some(block) = blocks.next() {
        out.push(u8::from(blocks.peek().is_none()));
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out.extend(adler(data).to_be_bytes());
    out
}

fn adler(data: &[u8]) -> u32 {
    let (a, b) = data.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    (b << 16) | a
}

fn crc(data: &[u8]) -> u32 {
    let sum = data.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 {
                (sum >> 1) ^ 0xEDB8_8320
            } else {
                sum >> 1
            }
        })
    });
    !sum
}
