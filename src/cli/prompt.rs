//! What `ask` asks: the words on the command line and what is piped in.

use std::io::{self, IsTerminal, Read};
use std::path::Path;

use super::args::AskArgs;
use super::{Exit, Trouble};

/// The most that is read from standard input or a schema, in bytes.
const MOST_INPUT_BYTES: u64 = 64 * 1024 * 1024;

/// The prompt as given, what is piped in after it, then the schema. It may be empty where files go
/// along with it.
pub(super) fn prompt(ask: &AskArgs, has_files: bool) -> Result<String, Trouble> {
    let mut parts = vec![ask.prompt.join(" ")];
    if !io::stdin().is_terminal() {
        let piped = text(io::stdin().lock(), "standard input")?;
        parts.push(piped.trim_end_matches('\n').to_owned());
    }
    parts.retain(|part| !part.trim().is_empty());
    if parts.is_empty() && !has_files {
        return Err(Trouble::usage(
            "there is no prompt: give one as an argument or pipe it in",
        ));
    }
    if let Some(path) = &ask.schema {
        parts.push(schema(path)?);
    }
    Ok(parts.join("\n\n"))
}

/// What asks for JSON of that form. The word has to be in the prompt: providers insist.
fn schema(path: &Path) -> Result<String, Trouble> {
    let text = file(path)?;
    let schema: serde_json::Value = serde_json::from_str(&text).map_err(|error| {
        Trouble::usage(format!("the schema {} is no JSON: {error}", path.display()))
    })?;
    Ok(format!(
        "Answer with one JSON value that fits this JSON schema, and nothing else:\n{schema}"
    ))
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
