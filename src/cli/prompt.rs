//! What `ask` asks: the words on the command line and what is piped in.

use std::io::{self, IsTerminal, Read};
use std::path::Path;

use serde_json::Value;

use super::args::AskArgs;
use super::{Exit, Trouble, complain};
use crate::config::schema;
use crate::phrase::{self, tr};

/// The most that is read from standard input or a schema, in bytes.
const MOST_INPUT_BYTES: u64 = 64 * 1024 * 1024;

/// The prompt as given, what is piped in after it, then the schema. It may be empty where files go
/// along with it.
pub(super) fn prompt(
    ask: &AskArgs,
    schema: Option<&Value>,
    has_files: bool,
) -> Result<String, Trouble> {
    let mut parts = vec![ask.prompt.join(" ")];
    if !io::stdin().is_terminal() {
        let piped = text(io::stdin().lock(), tr!("standard input"))?;
        parts.push(piped.trim_end_matches('\n').to_owned());
    }
    parts.retain(|part| !part.trim().is_empty());
    if parts.is_empty() && !has_files {
        return Err(Trouble::usage(tr!(
            "there is no prompt: give one as an argument or pipe it in"
        )));
    }
    // The word has to be in the prompt: providers insist.
    parts.extend(schema.map(|schema| {
        format!(
            "Answer with one JSON value that fits this JSON schema, and nothing else:\n{schema}"
        )
    }));
    Ok(parts.join("\n\n"))
}

/// The schema in a file, which an answer can be checked by. Says what of it is not checked.
pub(super) fn schema(path: &Path) -> Result<Value, Trouble> {
    let shown = path.display();
    let schema = serde_json::from_str(&file(path)?).map_err(|error| {
        Trouble::usage(tr!(
            "the schema {path} is no JSON: {error}",
            path = shown,
            error
        ))
    })?;
    if let Some(fault) = schema::unsound(&schema) {
        return Err(Trouble::usage(tr!(
            "the schema {path} can't be used: {fault}",
            path = shown,
            fault
        )));
    }
    for keyword in schema::unchecked(&schema) {
        complain(&tr!("`{keyword}` in the schema is not checked", keyword));
    }
    Ok(schema)
}

fn file(path: &Path) -> Result<String, Trouble> {
    let shown = path.display();
    let failed = |error: io::Error| Trouble::usage(unreadable(&shown.to_string(), &error));
    // Opening a pipe would wait for its other end.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Trouble::usage(tr!("{shown} is no plain file", shown)));
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
        .map_err(|error| Trouble::new(Exit::Failed, unreadable(name, &error)))?;
    if bytes.len() as u64 > MOST_INPUT_BYTES {
        return Err(Trouble::usage(tr!("{name} is larger than 64 MiB", name)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Trouble::usage(tr!(
            "{name} is not UTF-8 text (byte {at}); convert it first",
            name,
            at
        ))
    })
}

fn unreadable(name: &str, error: &io::Error) -> String {
    let error = phrase::system(error);
    tr!("{name} can't be read: {error}", name, error)
}
