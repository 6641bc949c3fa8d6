//! The sessions of aichat: YAML, of which they use a small part. Top-level facts, and a list of
//! messages with a role and a text each; texts are plain, quoted, or blocks (`|`, `>`).

use super::messages::{self, Said};
use crate::app::library::StoredConversation;
use crate::chat::{Ids, Moment};
use crate::phrase::tr;

/// Lines, with their numbers for complaints.
type Lines<'a> = std::iter::Peekable<std::iter::Enumerate<std::str::Lines<'a>>>;

/// The conversation of a session.
pub(super) fn read(text: &str, ids: &mut Ids, now: Moment) -> Result<StoredConversation, String> {
    let mut lines = text.lines().enumerate().peekable();
    let mut model = String::new();
    let mut temperature = None;
    let mut top_p = None;
    let mut said: Option<Vec<Said>> = None;
    while let Some((at, line)) = lines.next() {
        if is_nothing(line) {
            continue;
        }
        let (name, value) = fact(line, at)?;
        match name {
            "messages" => said = Some(list(&mut lines)?),
            "model" => model = scalar(value, 0, &mut lines, at)?,
            "temperature" => temperature = value.trim().parse().ok(),
            "top_p" => top_p = value.trim().parse().ok(),
            _ => {
                // Something of aichat's own, and whatever belongs to it.
                while lines
                    .next_if(|(_, line)| is_nothing(line) || line.starts_with([' ', '-']))
                    .is_some()
                {}
            }
        }
    }
    let said = said.ok_or(tr!(
        "it is neither JSON nor a session of aichat: it has no “messages:”"
    ))?;
    let mut kept = messages::conversation(said, messages::choice(&model, ':'), ids, now)?;
    kept.head.params.temperature = temperature;
    kept.head.params.top_p = top_p;
    Ok(kept)
}

fn is_nothing(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#') || line == "---"
}

/// A name and what follows its colon.
fn fact(line: &str, at: usize) -> Result<(&str, &str), String> {
    let (name, value) = line.split_once(':').ok_or_else(|| {
        tr!(
            "it is neither JSON nor a session of aichat: line {line} has no “name: value”",
            line = at + 1
        )
    })?;
    Ok((name.trim(), value))
}

/// The messages: each begins with a dash, and its facts stand under the first of them.
fn list(lines: &mut Lines<'_>) -> Result<Vec<Said>, String> {
    let mut all: Vec<Said> = Vec::new();
    loop {
        while lines.next_if(|(_, line)| is_nothing(line)).is_some() {}
        let Some(&(at, line)) = lines.peek() else {
            return Ok(all);
        };
        let indent = line.len() - line.trim_start().len();
        let rest = line.trim_start();
        let (name, value) = if let Some(first) = rest.strip_prefix("- ") {
            all.push(Said {
                role: String::new(),
                text: String::new(),
                reasoning: String::new(),
            });
            fact(first, at)?
        } else if indent > 0 {
            fact(rest, at)?
        } else {
            return Ok(all);
        };
        lines.next();
        let own_indent = if rest.starts_with("- ") {
            indent + 2
        } else {
            indent
        };
        let Some(message) = all.last_mut() else {
            return Err(tr!(
                "line {line}: a message begins with “- ”",
                line = at + 1
            ));
        };
        match name {
            "role" => message.role = scalar(value, own_indent, lines, at)?,
            "content" => message.text = scalar(value, own_indent, lines, at)?,
            _ => {
                let belongs = |line: &str| {
                    line.len() - line.trim_start().len() > own_indent || line.trim().is_empty()
                };
                while lines.next_if(|(_, line)| belongs(line)).is_some() {}
            }
        }
    }
}

/// A text, in any of its forms; `indent` is that of its name.
fn scalar(value: &str, indent: usize, lines: &mut Lines<'_>, at: usize) -> Result<String, String> {
    let value = value.trim();
    match value.chars().next() {
        Some(style @ ('|' | '>')) => Ok(block(style, value, indent, lines)),
        Some(quote @ ('"' | '\'')) => quoted(value, quote, lines, at),
        _ => {
            let mut text = value.to_owned();
            // A plain text goes on in lines that stand deeper.
            let deeper = |line: &str| {
                !line.trim().is_empty() && line.len() - line.trim_start().len() > indent
            };
            while let Some((_, line)) = lines.next_if(|(_, line)| deeper(line)) {
                text.push(' ');
                text.push_str(line.trim());
            }
            Ok(if text == "null" || text == "~" {
                String::new()
            } else {
                text
            })
        }
    }
}

/// A block: the lines that stand deeper than its name.
fn block(style: char, header: &str, indent: usize, lines: &mut Lines<'_>) -> String {
    let given = header
        .chars()
        .find_map(|c| c.to_digit(10))
        .and_then(|digit| usize::try_from(digit).ok());
    let mut depth = given.map(|given| indent + given);
    let mut kept: Vec<&str> = Vec::new();
    loop {
        let next = lines.next_if(|(_, line)| {
            line.trim().is_empty() || line.len() - line.trim_start_matches(' ').len() > indent
        });
        let Some((_, line)) = next else {
            break;
        };
        let own = line.len() - line.trim_start_matches(' ').len();
        if !line.trim().is_empty() {
            depth.get_or_insert(own);
        }
        kept.push(
            line.get(depth.unwrap_or(own).min(own)..)
                .unwrap_or_default(),
        );
    }
    let ending = kept
        .iter()
        .rev()
        .take_while(|line| line.trim().is_empty())
        .count();
    kept.truncate(kept.len() - ending);
    let mut text = if style == '|' {
        kept.join("\n")
    } else {
        folded(&kept)
    };
    match header.chars().find(|c| matches!(c, '-' | '+')) {
        Some('-') => {}
        Some(_) => text.push_str(&"\n".repeat(ending + 1)),
        None if text.is_empty() => {}
        None => text.push('\n'),
    }
    text
}

/// Lines joined by spaces; empty ones are line feeds, and deeper ones stay as they are.
fn folded(lines: &[&str]) -> String {
    let mut out = String::new();
    let mut after_plain = false;
    for line in lines {
        let plain = !line.is_empty() && !line.starts_with(' ');
        if plain && after_plain {
            out.push(' ');
        } else if !(out.is_empty() || plain && out.ends_with('\n')) {
            out.push('\n');
        }
        out.push_str(line);
        after_plain = plain;
    }
    out
}

/// A quoted text, which may go on over several lines.
fn quoted(value: &str, quote: char, lines: &mut Lines<'_>, at: usize) -> Result<String, String> {
    let open = || {
        tr!(
            "line {line}: the text that begins here has no closing quotation mark",
            line = at + 1
        )
    };
    let mut raw = value.get(1..).unwrap_or_default().to_owned();
    // Up to here it does not end: each line is looked through once, however many there are.
    let mut known = 0;
    loop {
        if let Some(end) = closing(raw.get(known..).unwrap_or_default(), quote) {
            let inside = raw.get(..known + end).unwrap_or_default();
            return Ok(if quote == '"' {
                unescaped(inside)
            } else {
                inside.replace("''", "'")
            });
        }
        let (_, line) = lines.next().ok_or_else(open)?;
        let line = line.trim();
        match (raw.strip_suffix('\\').map(str::len), line.is_empty()) {
            (Some(length), _) if quote == '"' => raw.truncate(length),
            (_, true) => raw.push('\n'),
            _ if raw.ends_with('\n') => {}
            _ => raw.push(' '),
        }
        known = raw.len();
        raw.push_str(line);
    }
}

/// Where a quoted text ends.
fn closing(raw: &str, quote: char) -> Option<usize> {
    let mut chars = raw.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && quote == '"' {
            chars.next();
        } else if c == quote {
            if quote == '\'' && chars.next_if(|(_, next)| *next == quote).is_some() {
                continue;
            }
            return Some(at);
        }
    }
    None
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let code = |chars: &mut std::str::Chars<'_>, digits: usize| {
            let digits: String = chars.by_ref().take(digits).collect();
            u32::from_str_radix(&digits, 16)
                .ok()
                .and_then(char::from_u32)
        };
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('0') => out.push('\0'),
            Some('e') => out.push('\x1b'),
            Some('x') => out.extend(code(&mut chars, 2)),
            Some('u') => out.extend(code(&mut chars, 4)),
            Some('U') => out.extend(code(&mut chars, 8)),
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}
