//! Where a line of text may be broken.
//!
//! Owns the classes of characters and the rules between two of them: those of Unicode's line
//! breaking algorithm (UAX #14) that matter in prose, strict about Chinese and Japanese
//! punctuation, and with Korean broken at its spaces, as Koreans write it. What a dictionary would
//! be needed for (Thai, Lao, Khmer) is broken at spaces, and between clusters when it does not fit.

use unicode_segmentation::UnicodeSegmentation as _;

use super::width::cluster_width;

/// What a cluster is to the one before it and the one behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Space,
    /// A line feed.
    Break,
    Letter,
    Digit,
    Hyphen,
    /// Shown only where the line is broken at it.
    SoftHyphen,
    Slash,
    /// A long dash in prose without spaces.
    Dash,
    /// Not at the end of a row.
    Opener,
    /// Not at the beginning of a row.
    Closer,
    /// A quotation mark that may open as well as close.
    Quote,
    /// It holds what is on either side together.
    Glue,
    /// A break is welcome on either side.
    Free,
    Other,
}

/// A cluster of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    pub(super) at: usize,
    pub(super) len: usize,
    pub(super) width: usize,
    pub(super) kind: Kind,
}

impl Cell {
    pub(super) fn end(&self) -> usize {
        self.at + self.len
    }

    /// A mark of Chinese or Japanese, a whole cell wide: behind it a break is welcome as well.
    fn is_wide_mark(self) -> bool {
        self.width > 1 && matches!(self.kind, Kind::Opener | Kind::Closer)
    }
}

/// Takes a text apart.
pub(super) fn cells(text: &str) -> Vec<Cell> {
    if text.is_ascii() {
        return text
            .bytes()
            .enumerate()
            .map(|(at, byte)| Cell {
                at,
                len: 1,
                width: usize::from(byte != b'\n'),
                kind: ascii(byte),
            })
            .collect();
    }
    text.grapheme_indices(true)
        .map(|(at, cluster)| {
            let width = cluster_width(cluster);
            Cell {
                at,
                len: cluster.len(),
                width,
                kind: kind(cluster, width),
            }
        })
        .collect()
}

/// Tells whether a row may end before the last of `cells`, all of which stand in it but that one.
/// Only this row counts, so that a row can be broken again without those before it.
pub(super) fn in_prose(cells: &[Cell]) -> bool {
    let [earlier @ .., before, after] = cells else {
        return false;
    };
    let word = |kind: Kind| matches!(kind, Kind::Letter | Kind::Digit);
    match (before.kind, after.kind) {
        (_, Kind::Space | Kind::Break) => false,
        (Kind::Space, _) => true,
        (Kind::Glue, _) | (_, Kind::Glue | Kind::SoftHyphen) => false,
        (Kind::SoftHyphen, _) => true,
        (Kind::Hyphen, kind) if word(kind) => earlier.last().is_some_and(|cell| word(cell.kind)),
        // `and/or`, and addresses; but neither `1/2` nor `//`.
        (Kind::Slash, Kind::Letter) => earlier.last().is_some_and(|cell| word(cell.kind)),
        (Kind::Dash, kind) if word(kind) => true,
        (Kind::Opener | Kind::Quote, _) | (_, Kind::Closer | Kind::Dash | Kind::Quote) => false,
        _ => {
            before.kind == Kind::Free
                || after.kind == Kind::Free
                || before.is_wide_mark()
                || after.is_wide_mark()
        }
    }
}

/// Tells whether the last of `cells` goes on with an address (`https://…`) begun in this row.
pub(super) fn is_within_address(cells: &[Cell]) -> bool {
    let [earlier @ .., before, _] = cells else {
        return false;
    };
    if !matches!(before.kind, Kind::Slash | Kind::Hyphen) {
        return false;
    }
    let ends = |cell: &&Cell| !matches!(cell.kind, Kind::Space | Kind::Free);
    let mut word = earlier.iter().rev().take_while(ends);
    // Read backwards: the two slashes, then the colon.
    let mut slashes = usize::from(before.kind == Kind::Slash);
    word.any(|cell| {
        let found = slashes >= 2 && cell.kind == Kind::Closer;
        slashes = if cell.kind == Kind::Slash {
            slashes + 1
        } else {
            0
        };
        found
    })
}

/// As [`in_prose`], for code: behind spaces and behind what separates.
pub(super) fn in_code(cells: &[Cell]) -> bool {
    let [.., before, after] = cells else {
        return false;
    };
    let separates = matches!(before.kind, Kind::Space | Kind::Closer | Kind::Free);
    separates && !matches!(after.kind, Kind::Space | Kind::Closer | Kind::Break)
}

/// Tells whether text may be broken on either side of `c`.
pub(super) fn is_free(c: char) -> bool {
    let mut bytes = [0; 4];
    let cluster: &str = c.encode_utf8(&mut bytes);
    let width = cluster_width(cluster);
    width > 1 && !matches!(kind(cluster, width), Kind::Letter | Kind::Other)
}

fn ascii(byte: u8) -> Kind {
    match byte {
        b' ' => Kind::Space,
        b'\n' => Kind::Break,
        b'-' => Kind::Hyphen,
        b'/' => Kind::Slash,
        b'(' | b'[' | b'{' => Kind::Opener,
        b')' | b']' | b'}' | b',' | b'.' | b';' | b':' | b'?' | b'!' | b'%' => Kind::Closer,
        b'"' | b'\'' => Kind::Quote,
        b'0'..=b'9' => Kind::Digit,
        byte if byte.is_ascii_alphabetic() => Kind::Letter,
        _ => Kind::Other,
    }
}

fn kind(cluster: &str, width: usize) -> Kind {
    let Some(c) = cluster.chars().next() else {
        return Kind::Other;
    };
    match c {
        c if c.is_ascii() => ascii(cluster.bytes().next().unwrap_or(b' ')),
        '\u{2000}'..='\u{2006}' | '\u{2008}'..='\u{200b}' | '\u{1680}' | '\u{205f}' | '\u{3000}' => {
            Kind::Space
        }
        '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{2060}' | '\u{2011}' => Kind::Glue,
        '\u{ad}' => Kind::SoftHyphen,
        '\u{2010}' => Kind::Hyphen,
        '—' | '―' | '⸺' => Kind::Dash,
        '（' | '《' | '「' | '『' | '“' | '‘' | '〈' | '【' | '〔' | '［' | '｛' | '￥' | '＄' | '〖'
        | '〘' | '〚' | '｢' | '«' | '‹' | '¿' | '¡' | '„' | '‚' | '£' | '€' | '¥' | '№' => {
            Kind::Opener
        }
        '，' | '。' | '、' | '；' | '：' | '？' | '！' | '）' | '》' | '」' | '』' | '”' | '’' | '…'
        | '〉' | '】' | '〕' | '］' | '｝' | '％' | '·' | 'ー' | '～' | '〗' | '々' | '〙' | '〛'
        | '｣' | '｡' | '､' | '･' | '・' | '〜' | '»' | '›' | '‼' | '⁇' | '⁈' | '⁉' | '℃' | '‰'
        | '°' | '′' | '″' | '¢' | '〻' | 'ゝ' | 'ゞ' | 'ヽ' | 'ヾ' | 'ｰ'
        // Small kana.
        | 'ぁ' | 'ぃ' | 'ぅ' | 'ぇ' | 'ぉ' | 'っ' | 'ゃ' | 'ゅ' | 'ょ' | 'ゎ' | 'ゕ' | 'ゖ'
        | 'ァ' | 'ィ' | 'ゥ' | 'ェ' | 'ォ' | 'ッ' | 'ャ' | 'ュ' | 'ョ' | 'ヮ' | 'ヵ' | 'ヶ'
        | '\u{ff67}'..='\u{ff6f}' => Kind::Closer,
        // Hangul: letters in syllables, words between spaces.
        '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}' => Kind::Letter,
        // Half-width katakana are as free as the wide ones.
        '\u{ff66}'..='\u{ff9d}' => Kind::Free,
        _ if width > 1 => Kind::Free,
        c if c.is_numeric() => Kind::Digit,
        c if c.is_alphanumeric() => Kind::Letter,
        _ => Kind::Other,
    }
}
