//! The conversation written to a file where the user wants it, beside the loop: the disk may be
//! slow, and a long conversation takes its time. The end of the program waits for it.

use std::io;
use std::time::Duration;

use super::{Ending, Run, Runtime};
use crate::app::Msg;
use crate::app::export::{Export, Exported};
use crate::chat::Turn;
use crate::files::{Files, on_a_thread};
use crate::phrase::{self, tr};
use crate::store::export::{self, Reasoning};
use crate::tui::Surface;

/// How long the end waits for files: as long as for the store. A signal waits less.
const PATIENCE: Duration = Duration::from_secs(5);
const SIGNAL_PATIENCE: Duration = Duration::from_secs(1);

/// Writes an export, and tells what came of it once the disk has it.
pub(super) fn written(
    export: Export,
    files: &Files,
) -> impl Future<Output = Msg> + Send + 'static + use<> {
    let place = files.place(&export.path);
    let path = export.path.clone();
    let done = on_a_thread(move || {
        let cost = |turn: &Turn| export.costs.get(&turn.id).copied();
        let text = export::text(&export.kept, export.form, Reasoning::With, &cost);
        match export::save(&place, &text, export.replace) {
            Ok(()) => Exported::Done,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Exported::IsThere,
            Err(error) => Exported::Failed(phrase::system(&error)),
        }
    });
    async move { Msg::Exported(path, done.await.unwrap_or_else(Exported::Failed)) }
}

impl<S: Surface> Runtime<'_, S> {
    /// The loop is over: what is still being written is waited for. Nobody sees a notice any more,
    /// so what went wrong is told by whoever has the terminal then.
    pub(super) async fn over(&mut self, ending: Ending, frames: u64) -> Run {
        let patience = match ending {
            Ending::Quit => PATIENCE,
            Ending::Signal(_) | Ending::Panic => SIGNAL_PATIENCE,
        };
        self.jobs.keep_files();
        let mut unwritten = Vec::new();
        let all = async {
            while !self.jobs.is_empty() {
                if let Msg::Exported(path, exported) = self.jobs.next().await {
                    unwritten.extend(trouble(&path, &exported));
                }
            }
        };
        let in_time = tokio::time::timeout(patience, all).await.is_ok();
        if !in_time {
            let left = self.jobs.files();
            unwritten.extend(
                left.map(|path| tr!("{path} may not be whole: the disk is too slow", path)),
            );
        }
        Run {
            ending,
            frames,
            unwritten,
        }
    }
}

fn trouble(path: &str, exported: &Exported) -> Option<String> {
    match exported {
        Exported::Done => None,
        Exported::IsThere => Some(tr!("{path} is there already, and was left as it is", path)),
        Exported::Failed(why) => Some(tr!("{path} can't be written: {why}", path, why)),
    }
}
