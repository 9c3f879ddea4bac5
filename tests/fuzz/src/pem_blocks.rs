//! PEM armour.

use crate::pem::{self, Block};

/// Any text -> its blocks, which stand in it in their order; and a body in new armour is that body.
pub fn pem(data: &[u8]) {
    let blocks = pem::blocks(data);
    let (mut end, mut line) = (0, 1);
    for block in &blocks {
        check(data, block, end, line);
        (end, line) = (block.range.end, block.line);
    }
    for block in blocks {
        let Block { label, body: Ok(body), .. } = block else { continue };
        if label.contains(char::REPLACEMENT_CHARACTER) {
            continue;
        }
        let text = pem::encode(&label, body.as_bytes());
        let again = pem::blocks(text.as_bytes());
        assert_eq!(again.len(), 1, "one block is read as {}", again.len());
        assert_eq!(again[0].label, label);
        assert_eq!(again[0].range, 0..text.as_bytes().len() - 1);
        let body_again = again[0].body.as_ref().expect("what was encoded is decoded");
        assert_eq!(body_again.as_bytes(), body.as_bytes());
    }
}

fn check(text: &[u8], block: &Block, end: usize, line: usize) {
    let range = &block.range;
    assert!(range.start < range.end, "an empty range: {range:?}");
    assert!(end <= range.start, "the block at {range:?} begins before the end of the former, {end}");
    assert!(range.end <= text.len(), "the block at {range:?} ends behind the text, {}", text.len());
    let stands = &text[range.clone()];
    assert!(stands.starts_with(b"-----BEGIN "), "no BEGIN at {range:?}");
    if block.body.is_ok() {
        assert!(stands.ends_with(b"-----"), "no END line at the end of {range:?}");
    }
    let expected = 1 + text[..range.start].iter().filter(|&&byte| byte == b'\n').count();
    assert_eq!(block.line, expected, "the line of the block at {range:?}");
    assert!(line <= block.line, "line {} comes after line {line}", block.line);
}
