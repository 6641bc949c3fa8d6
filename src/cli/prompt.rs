//! What `ask` asks: the words on the command line, what is piped in, and files.

use std::io::{self, IsTerminal, Read};
use std::path::Path;

use serde_json::Value;

use super::args::AskArgs;
use super::{Exit, Trouble, complain};
use crate::chat::safe;
use crate::config::schema;

/// The most that is read from standard input or a file, in bytes.
const MOST_INPUT_BYTES: u64 = 64 * 1024 * 1024;

/// The prompt as given, what is piped in after it, then the files and the schema.
pub(super) fn prompt(ask: &AskArgs, schema: Option<&Value>) -> Result<String, Trouble> {
    let mut parts = vec![ask.prompt.join(" ")];
    if !io::stdin().is_terminal() {
        let piped = text(io::stdin().lock(), "standard input")?;
        parts.push(piped.trim_end_matches('\n').to_owned());
    }
    parts.retain(|part| !part.trim().is_empty());
    if parts.is_empty() && ask.attach.is_empty() {
        return Err(Trouble::usage(
            "there is no prompt: give one as an argument or pipe it in",
        ));
    }
    for path in &ask.attach {
        parts.push(attached(path)?);
    }
    // The word has to be in the prompt: providers insist.
    parts.extend(schema.map(|schema| {
        format!(
            "Answer with one JSON value that fits this JSON schema, and nothing else:\n{schema}"
        )
    }));
    Ok(parts.join("\n\n"))
}

/// A text file under its name, in a fence that nothing in it can close.
fn attached(path: &Path) -> Result<String, Trouble> {
    let text = file(path)?;
    let longest = text
        .lines()
        .map(|line| line.trim_start().chars().take_while(|c| *c == '`').count())
        .max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    let name = path.file_name().map(|name| name.to_string_lossy());
    let name = safe::one_line(&name.unwrap_or_default());
    let text = text.trim_end_matches('\n');
    Ok(format!("{name}:\n{fence}\n{text}\n{fence}"))
}

/// The schema in a file, which an answer can be checked by. Says what of it is not checked.
pub(super) fn schema(path: &Path) -> Result<Value, Trouble> {
    let wrong = |why: String| Trouble::usage(format!("the schema {} {why}", path.display()));
    let schema = serde_json::from_str(&file(path)?);
    let schema = schema.map_err(|error| wrong(format!("is no JSON: {error}")))?;
    if let Some(fault) = schema::unsound(&schema) {
        return Err(wrong(format!("can't be used: {fault}")));
    }
    for keyword in schema::unchecked(&schema) {
        complain(&format!("`{keyword}` in the schema is not checked"));
    }
    Ok(schema)
}

fn file(path: &Path) -> Result<String, Trouble> {
    let shown = path.display();
    let failed = |error: io::Error| Trouble::usage(format!("{shown} can't be read: {error}"));
    // Opening a pipe would wait for its other end.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Trouble::usage(format!("{shown} is no plain file")));
    }
    text(
        std::fs::File::open(path).map_err(failed)?,
        &shown.to_string(),
    )
}

fn text(source: impl Read, name: &str) -> Result<String, Trouble> {
    let mut bytes = Vec::new();
    source
        .take(MOST_INPUT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Trouble::new(Exit::Failed, format!("{name} can't be read: {error}")))?;
    if bytes.len() as u64 > MOST_INPUT_BYTES {
        return Err(Trouble::usage(format!("{name} is larger than 64 MiB")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Trouble::usage(format!(
            "{name} is not UTF-8 text (byte {at}); convert it first"
        ))
    })
}
