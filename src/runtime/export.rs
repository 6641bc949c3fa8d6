//! The conversation written to a file where the user wants it.

use std::io;

use crate::app::Msg;
use crate::app::export::{Export, Exported};
use crate::chat::Turn;
use crate::files::Files;
use crate::store::export::{self, Reasoning};

/// Writes an export, and tells what came of it.
pub(super) fn written(export: Export, files: &Files) -> Msg {
    let cost = |turn: &Turn| export.costs.get(&turn.id).copied();
    let text = export::text(&export.kept, export.form, Reasoning::With, &cost);
    let written = export::save(&files.place(&export.path), &text, export.replace);
    let exported = match written {
        Ok(()) => Exported::Done,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Exported::IsThere,
        Err(error) => Exported::Failed(error.to_string()),
    };
    Msg::Exported(export.path, exported)
}
