//! An export as a file: its text by its form, written so that nothing is lost on the way.

use std::io;
use std::path::Path;

use super::{Reasoning, html, markdown, to_json};
use crate::app::export::Form;
use crate::app::library::StoredConversation;
use crate::chat::{Turn, safe};
use crate::private;

/// The conversation in a form. `cost` tells what a turn cost in US dollars where its provider did
/// not say.
pub fn text(
    kept: &StoredConversation,
    form: Form,
    reasoning: Reasoning,
    cost: &dyn Fn(&Turn) -> Option<f64>,
) -> String {
    match form {
        Form::Markdown => markdown(kept, reasoning, cost),
        Form::Html => html(kept, reasoning, cost),
        Form::Json => safe::json(&to_json(kept, reasoning)) + "\n",
    }
}

/// Writes an export, for this user alone. A file that is there is left as it is, unless it is to be
/// replaced: then it is whole at any moment, the old one or the new one. What can't be written to
/// its end is taken away again.
///
/// # Errors
///
/// Fails when the file can't be written, or is there and not to be replaced.
pub fn save(path: &Path, text: &str, replace: bool) -> io::Result<()> {
    if replace {
        private::replace(path, text)
    } else {
        private::write(path, text)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_is_there_stays_unless_it_is_to_be_replaced() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("talk.md");
        save(&path, "first", false).unwrap();
        let refused = save(&path, "second", false).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        save(&path, "second", true).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        // What can't be replaced leaves nothing beside it.
        fs::create_dir(home.path().join("talk.html")).unwrap();
        save(&home.path().join("talk.html"), "third", true).unwrap_err();
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2);
    }
}
