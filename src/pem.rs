//! PEM armour (RFC 7468, with the headers of RFC 1421).
//!
//! Written here because the crates at hand are made for one clean block: `pem-rfc7468` refuses headers (and so every
//! `Proc-Type: 4,ENCRYPTED` key) and uneven lines, `pem` gives a whole file up at its first bad block and leaves copies
//! of keys unwiped. Base64 itself is `base64ct`'s, in constant time.

use std::ops::Range;

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::secret::SecretBytes;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// One `-----BEGIN x-----` with what belongs to it.
pub(crate) struct Block {
    /// What stands after BEGIN.
    pub(crate) label: String,
    /// The RFC 1421 headers, such as `Proc-Type` and `DEK-Info`.
    pub(crate) headers: Vec<(String, String)>,
    /// The decoded body, or why it could not be decoded.
    pub(crate) body: Result<SecretBytes>,
    /// The line of its BEGIN, counted from 1.
    pub(crate) line: usize,
    /// Where it stands in the text, from BEGIN to the end of its END.
    pub(crate) range: Range<usize>,
}

impl Block {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The most blocks that one file may hold: all root CAs of an operating system are about 150, all intermediate CAs that
/// browsers know about 3,000.
pub(crate) const MAX_BLOCKS: usize = 10_000;

/// Checks that `text` does not hold more than [`MAX_BLOCKS`] blocks, before any of them is decoded.
pub(crate) fn check_count(text: &[u8]) -> Result<()> {
    let mut rest = text;
    let mut count = 0;
    while let Some(at) = find(rest, BEGIN) {
        count += 1;
        rest = &rest[at + BEGIN.len()..];
    }
    if count <= MAX_BLOCKS {
        return Ok(());
    }
    Err(Error::policy(format!("holds {count} PEM blocks, at most {MAX_BLOCKS} are read from one file"))
        .with_hint("split it into several files"))
}

/// Every block of `text`, in order; anything around them is passed over. The ranges of the blocks do not overlap.
pub(crate) fn blocks(text: &[u8]) -> Vec<Block> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut line = 1;
    while let Some(begin) = find(&text[at..], BEGIN) {
        let start = at + begin;
        line += count_lines(&text[at..start]);
        let (mut block, used) = block(&text[start + BEGIN.len()..], line);
        // Behind the whole END line: its dashes do not also begin the next block.
        at = start + BEGIN.len() + used;
        block.range = start..at;
        found.push(block);
        line += count_lines(&text[start..at]);
    }
    found
}

/// The block after a BEGIN, and how much of `rest` it takes up.
fn block(rest: &[u8], line: usize) -> (Block, usize) {
    let label_end = find(rest, DASHES).filter(|&end| !rest[..end].contains(&b'\n'));
    let Some(label_end) = label_end else {
        let error = Error::malformed(format!("the PEM line {line} is not complete: \"-----\" is missing at its end"));
        return (Block { label: String::new(), headers: Vec::new(), body: Err(error), line, range: 0..0 }, 0);
    };
    let label = String::from_utf8_lossy(&rest[..label_end]).into_owned();
    let content_start = label_end + DASHES.len();
    let content = &rest[content_start..];
    // Only up to the next BEGIN, so that a file of nothing but BEGINs takes no longer than it is long.
    let next_begin = find(content, BEGIN).unwrap_or(content.len());
    let Some(end) = find(&content[..next_begin], END) else {
        let error =
            Error::malformed(format!("the PEM block \"{label}\" in line {line} is cut short: its END line is missing"))
                .with_hint("get the file again from where it was made, whole");
        return (Block { label, headers: Vec::new(), body: Err(error), line, range: 0..0 }, content_start + next_begin);
    };
    let closing = &content[end + END.len()..];
    let used = content_start + end + END.len();
    if !closing.strip_prefix(&rest[..label_end]).is_some_and(|tail| tail.starts_with(DASHES)) {
        let error =
            Error::malformed(format!("the PEM block \"{label}\" in line {line} ends with the END line of another"));
        return (Block { label, headers: Vec::new(), body: Err(error), line, range: 0..0 }, used);
    }
    let used = used + label_end + DASHES.len();
    let (headers, base64) = split_headers(&content[..end]);
    let body = decode(base64).ok_or_else(|| {
        Error::malformed(format!("the PEM block \"{label}\" in line {line} is damaged: its text is not base64"))
            .with_hint("get the file again from where it was made, unedited")
    });
    (Block { label, headers, body, line, range: 0..0 }, used)
}

/// RFC 1421 headers stand before the first blank line; base64 has no colon.
fn split_headers(content: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut rest = content.strip_prefix(b"\r").unwrap_or(content);
    rest = rest.strip_prefix(b"\n").unwrap_or(rest);
    if !rest.split(|&byte| byte == b'\n').next().unwrap_or_default().contains(&b':') {
        return (headers, content);
    }
    while !rest.is_empty() {
        let end = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        let line = String::from_utf8_lossy(&rest[..end]).into_owned();
        if !line.contains(':') && !line.starts_with([' ', '\t']) {
            break;
        }
        match (line.split_once(':'), headers.last_mut()) {
            (_, Some((_, value))) if line.starts_with([' ', '\t']) => value.push_str(line.trim()),
            (Some((key, value)), _) => headers.push((key.trim().to_owned(), value.trim().to_owned())),
            (None, _) => {}
        }
        rest = &rest[(end + 1).min(rest.len())..];
    }
    (headers, rest)
}

fn decode(base64: &[u8]) -> Option<SecretBytes> {
    let mut text = Zeroizing::new(Vec::with_capacity(base64.len()));
    text.extend(base64.iter().copied().filter(|byte| !byte.is_ascii_whitespace()));
    let mut bytes = Zeroizing::new(vec![0; text.len() / 4 * 3]);
    let length = Base64::decode(text.as_slice(), &mut bytes).ok().map(<[u8]>::len)?;
    Some(SecretBytes::new(bytes[..length].to_vec()))
}

/// `der` in armour: lines of 64 characters that end in LF (RFC 7468, section 3).
pub(crate) fn encode(label: &str, der: &[u8]) -> SecretBytes {
    let mut base64 = Zeroizing::new(vec![0; der.len().div_ceil(3) * 4]);
    let length = Base64::encode(der, &mut base64).map_or(0, str::len);
    let mut text = Vec::with_capacity(length + length / 64 + 2 * (label.len() + 20));
    text.extend([BEGIN, label.as_bytes(), DASHES, b"\n"].concat());
    for line in base64[..length].chunks(64) {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text.extend([END, label.as_bytes(), DASHES, b"\n"].concat());
    SecretBytes::new(text)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn count_lines(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(text: &str) -> Vec<Option<Vec<u8>>> {
        blocks(text.as_bytes()).into_iter().map(|block| block.body.ok().map(|body| body.as_bytes().to_vec())).collect()
    }

    fn ranges(text: &str) -> Vec<Range<usize>> {
        blocks(text.as_bytes()).into_iter().map(|block| block.range).collect()
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for length in [0, 1, 47, 48, 49, 1000] {
            let der: Vec<u8> = (0..length).map(|byte| byte as u8).collect();
            let text = encode("X", &der);
            assert!(text.as_bytes().split(|&byte| byte == b'\n').all(|line| line.len() <= 64));
            let blocks = blocks(text.as_bytes());
            assert_eq!(blocks.len(), 1);
            assert_eq!(blocks[0].body.as_ref().unwrap().as_bytes(), der);
        }
    }

    #[test]
    fn text_around_blank_lines_and_indentation_do_not_matter() {
        let text = "subject=/CN=x\r\n-----BEGIN A-----\r\nAAAA\r\nAAA=\r\n-----END A-----\r\nand\n  -----BEGIN B-----\n\n  AAAA\n-----END B-----";
        assert_eq!(bodies(text), [Some(vec![0; 5]), Some(vec![0; 3])]);
        assert_eq!(blocks(text.as_bytes())[1].line, 7);
        assert_eq!(bodies("-----BEGIN A----- AAAA AAAA -----END A-----"), [Some(vec![0; 6])]);
    }

    #[test]
    fn one_bad_block_does_not_hide_the_next() {
        let text = "-----BEGIN A-----\nAAAA\n-----BEGIN B-----\nA*AA\n-----END B-----\n-----BEGIN C-----\nAAAA\n-----END D-----\n-----BEGIN E-----\nAAAA\n-----END E-----\n-----BEGIN F-----\nAA";
        assert_eq!(bodies(text), [None, None, None, Some(vec![0; 3]), None]);
    }

    #[test]
    fn a_block_knows_its_text() {
        let text = "before\n-----BEGIN A-----\r\nAAAA\r\n-----END A-----\r\nbetween\n-----BEGIN B----- AAAA -----END B----- after";
        let texts: Vec<&str> = blocks(text.as_bytes()).into_iter().map(|block| &text[block.range]).collect();
        assert_eq!(texts, ["-----BEGIN A-----\r\nAAAA\r\n-----END A-----", "-----BEGIN B----- AAAA -----END B-----"]);
    }

    /// Ranges that overlap made `renew` panic: a BEGIN without a label before a certificate, or dashes that close one block
    /// and begin the next.
    #[test]
    fn ranges_are_in_order_and_do_not_overlap() {
        const PARTS: [&str; 7] = ["-----BEGIN ", "-----END ", "-----", "A", "\n", "-", "BEGIN "];
        let mut texts = vec![String::new()];
        for _ in 0..6 {
            texts = texts.iter().flat_map(|text| PARTS.iter().map(move |part| format!("{text}{part}"))).collect();
            for text in &texts {
                let mut end = 0;
                for block in blocks(text.as_bytes()) {
                    assert!(end <= block.range.start && block.range.start < block.range.end, "{text:?}");
                    assert!(text[block.range.clone()].starts_with("-----BEGIN "), "{text:?}");
                    end = block.range.end;
                }
                assert!(end <= text.len(), "{text:?}");
            }
        }
    }

    /// The dashes belong to one line only: what follows the END line of A is not a BEGIN.
    #[test]
    fn dashes_close_one_block_and_do_not_begin_the_next() {
        let text = "-----BEGIN A-----\nAAAA\n-----END A-----BEGIN B-----\nAAAA\n-----END B-----";
        assert_eq!(format!("{:?}", ranges(text)), "[0..38]");
        assert_eq!(bodies(text), [Some(vec![0; 3])]);
        let text = text.replace("A-----BEGIN", "A----------BEGIN");
        assert_eq!(bodies(&text), [Some(vec![0; 3]), Some(vec![0; 3])]);
    }

    #[test]
    fn a_begin_without_a_label_ends_where_the_next_begins() {
        let text = "-----BEGIN -----\n-----BEGIN B-----\nAAAA\n-----END B-----";
        assert_eq!(ranges(text), [0..17, 17..55]);
        assert_eq!(bodies(text), [None, Some(vec![0; 3])]);
    }

    #[test]
    fn too_many_blocks_are_refused() {
        let text = |count: usize| "-----BEGIN A-----\n".repeat(count);
        assert!(check_count(text(MAX_BLOCKS).as_bytes()).is_ok());
        let error = check_count(text(MAX_BLOCKS + 1).as_bytes()).unwrap_err();
        assert!(error.to_string().contains("10001 PEM blocks, at most 10000"), "{error}");
    }

    #[test]
    fn headers_are_kept_apart() {
        let text = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,\n 0011\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
        let block = &blocks(text.as_bytes())[0];
        assert_eq!(block.header("proc-type"), Some("4,ENCRYPTED"));
        assert_eq!(block.header("DEK-Info"), Some("DES-EDE3-CBC,0011"));
        assert_eq!(block.body.as_ref().unwrap().as_bytes(), [0; 3]);
    }
}
