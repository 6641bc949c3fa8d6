//! The clipboard: through the terminal (OSC 52), and through the system's own programs.
//!
//! Both ways are taken at once, since nobody can know which one works: a terminal does not say
//! whether it takes OSC 52, and a program may reach the clipboard of another machine. Owns the
//! bytes of the one and the child processes of the other. What is copied is the text as it was
//! written, but for control characters other than line feeds and tabs: those are dropped, since
//! pasted into a shell they would act. The terminal itself sees Base64 only.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use crossterm::Command as _;
use crossterm::clipboard::CopyToClipboard;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use crate::chat::safe;
use crate::phrase::{self, tr};
use crate::search_path::SearchPath;

/// The longest text that OSC 52 takes everywhere: xterm ends a sequence at 100,000 bytes, 8 of
/// which are not Base64.
const MOST_OSC52_BYTES: usize = 74_994;
/// GNU screen ends a string at 768 bytes.
const SCREEN_CHUNK_BYTES: usize = 512;
/// How long a program may take. It only hands the text over.
const PATIENCE: Duration = Duration::from_secs(3);

/// What stands between the program and the terminal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Between {
    #[default]
    Nothing,
    Tmux,
    Screen,
}

/// A way to the clipboard of the system.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Program {
    path: PathBuf,
    arguments: &'static [&'static str],
    /// Windows' program takes UTF-16.
    wide: bool,
}

/// The ways to the clipboard from here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clipboard {
    between: Between,
    program: Option<Program>,
}

/// Programs that take a text for the clipboard, and the variable that says there is one.
const PROGRAMS: [(&str, &str, &[&str]); 6] = [
    (
        "WAYLAND_DISPLAY",
        "wl-copy",
        &["--type", "text/plain;charset=utf-8"],
    ),
    ("DISPLAY", "xclip", &["-selection", "clipboard", "-in"]),
    ("DISPLAY", "xsel", &["--clipboard", "--input"]),
    ("WSL_DISTRO_NAME", "clip.exe", &[]),
    ("WSL_INTEROP", "clip.exe", &[]),
    ("", "pbcopy", &[]),
];

impl Clipboard {
    /// Finds the ways to the clipboard. `variables` are those of the environment.
    pub fn find(variables: &HashMap<String, String>) -> Self {
        let get = |name: &str| {
            let value = variables.get(name).map(String::as_str);
            value.filter(|value| !value.is_empty())
        };
        let between = if get("TMUX").is_some() {
            Between::Tmux
        } else if get("STY").is_some() {
            Between::Screen
        } else {
            Between::Nothing
        };
        let search_path = SearchPath::new(get("PATH").map(OsStr::new));
        let program = PROGRAMS
            .iter()
            .filter(|(variable, _, _)| match *variable {
                "" => cfg!(target_os = "macos"),
                name => get(name).is_some(),
            })
            .find_map(|(_, name, arguments)| {
                Some(Program {
                    path: search_path.find(name)?,
                    arguments,
                    wide: *name == "clip.exe",
                })
            });
        Self { between, program }
    }

    /// The bytes that put a text on the clipboard through the terminal; `None` when it is too long.
    fn sequence(&self, text: &str) -> Option<String> {
        if text.len() > MOST_OSC52_BYTES {
            return None;
        }
        let mut plain = String::new();
        CopyToClipboard::to_clipboard_from(text)
            .write_ansi(&mut plain)
            .ok()?;
        Some(match self.between {
            Between::Nothing => plain,
            // Passed through where tmux allows it, and else understood by tmux itself.
            Between::Tmux => {
                let inner = plain.replace('\x1b', "\x1b\x1b");
                format!("\x1bPtmux;{inner}\x1b\\{plain}")
            }
            Between::Screen => through_screen(&plain),
        })
    }

    /// Copies a text: what is to be written to the terminal, and what then goes on beside it. The
    /// deed comes to a sentence when something failed.
    pub(super) fn copy(
        &self,
        text: &str,
    ) -> (
        Option<String>,
        impl Future<Output = Option<String>> + Send + 'static,
    ) {
        let text = safe::without_controls(text).into_owned();
        let sequence = self.sequence(&text);
        let told_terminal = sequence.is_some();
        let program = self.program.clone();
        let deed = async move {
            let kilobytes = text.len().div_ceil(1_000);
            match program {
                Some(program) => {
                    let failed = program.take(&text).await.err()?;
                    Some(if told_terminal {
                        tr!("Only the terminal was given the text: {failed}", failed)
                    } else {
                        tr!(
                            "Not copied: {kilobytes} kB is too much for the terminal, and {failed}",
                            kilobytes,
                            failed
                        )
                    })
                }
                None if told_terminal => None,
                None => Some(tr!(
                    "Not copied: {kilobytes} kB is too much for the terminal's clipboard, which takes 75 kB, and no clipboard program (wl-copy, xclip, xsel) was found",
                    kilobytes
                )),
            }
        };
        (sequence, deed)
    }
}

impl Program {
    /// Hands a text over.
    async fn take(&self, text: &str) -> Result<(), String> {
        let name = self.path.file_name().unwrap_or_default().display();
        let mut child = Command::new(&self.path)
            .args(self.arguments)
            // Without it, macOS's program takes the text for another encoding.
            .env("LC_CTYPE", "UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                let error = phrase::system(&error);
                tr!("{name} could not be started: {error}", name, error)
            })?;
        let bytes = if self.wide {
            text.encode_utf16().flat_map(u16::to_le_bytes).collect()
        } else {
            text.as_bytes().to_vec()
        };
        let handed_over = async {
            if let Some(mut stdin) = child.stdin.take() {
                stdin.write_all(&bytes).await?;
                stdin.shutdown().await?;
            }
            child.wait().await
        };
        let ended = match timeout(PATIENCE, handed_over).await {
            Ok(ended) => ended.map(Some),
            // It may have ended long ago: nobody looks while an editor has the terminal.
            Err(_) => child.try_wait(),
        };
        match ended {
            Ok(Some(status)) if status.success() => Ok(()),
            Ok(Some(status)) => Err(tr!("{name} failed ({status})", name, status)),
            Err(error) => Err(tr!("{name} failed: {error}", name, error)),
            Ok(None) => {
                // Waited for, so that no dead process is left behind.
                drop(child.start_kill());
                drop(child.wait().await);
                Err(tr!("{name} did not answer", name))
            }
        }
    }
}

/// GNU screen hands a device control string on to the terminal, in short pieces.
fn through_screen(sequence: &str) -> String {
    // A string's end within a string would end it.
    let body = sequence.strip_suffix("\x1b\\").unwrap_or(sequence);
    let body = format!("{body}\x07");
    // It is ASCII throughout.
    let chunks = body.as_bytes().chunks(SCREEN_CHUNK_BYTES);
    chunks
        .flat_map(|chunk| {
            [
                "\x1bP".into(),
                String::from_utf8_lossy(chunk),
                "\x1b\\".into(),
            ]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clipboard(variables: &[(&str, &str)]) -> Clipboard {
        let variables = variables.iter();
        let owned = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Clipboard::find(&owned.collect())
    }

    #[test]
    fn the_terminal_is_given_the_text_in_base64() {
        let plain = clipboard(&[]).sequence("foo\n你").unwrap();
        assert_eq!(plain, "\x1b]52;c;Zm9vCuS9oA==\x1b\\");
    }

    #[test]
    fn tmux_is_asked_both_to_pass_it_on_and_to_take_it() {
        let bytes = clipboard(&[("TMUX", "/tmp/tmux,1,0"), ("STY", "1.x")]).sequence("foo");
        assert_eq!(
            bytes.unwrap(),
            "\x1bPtmux;\x1b\x1b]52;c;Zm9v\x1b\x1b\\\x1b\\\x1b]52;c;Zm9v\x1b\\"
        );
    }

    #[test]
    fn screen_gets_it_in_short_strings() {
        let screen = clipboard(&[("STY", "1.pts")]);
        assert_eq!(
            screen.sequence("foo").unwrap(),
            "\x1bP\x1b]52;c;Zm9v\x07\x1b\\"
        );
        let long = screen.sequence(&"x".repeat(9_000)).unwrap();
        let pieces: Vec<&str> = long.split("\x1b\\").collect();
        assert!(pieces.len() > 20);
        assert!(
            pieces
                .iter()
                .all(|piece| piece.len() <= SCREEN_CHUNK_BYTES + 2)
        );
        let joined: String = pieces
            .iter()
            .filter_map(|it| it.strip_prefix("\x1bP"))
            .collect();
        let encoded = "eHh4".repeat(3_000);
        assert_eq!(joined, format!("\x1b]52;c;{encoded}\x07"));
    }

    #[test]
    fn the_longest_text_fits_into_what_xterm_takes() {
        let clipboard = clipboard(&[]);
        let longest = clipboard.sequence(&"x".repeat(MOST_OSC52_BYTES)).unwrap();
        assert!(longest.len() <= 100_000 + 1, "{}", longest.len());
        assert_eq!(clipboard.sequence(&"x".repeat(MOST_OSC52_BYTES + 1)), None);
    }

    #[test]
    fn a_program_is_used_only_where_there_is_a_display_for_it() {
        let path = std::env::temp_dir().join(format!("mmchat-clip-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let program = path.join("xclip");
        std::fs::write(&program, "#!/bin/sh\n").unwrap();
        let directory = path.to_str().unwrap();
        let found = |variables: &[(&str, &str)]| clipboard(variables).program.map(|it| it.path);
        assert_eq!(found(&[("PATH", directory), ("DISPLAY", ":0")]), None);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(&program, mode).unwrap();
            assert_eq!(
                found(&[("PATH", directory), ("DISPLAY", ":0")]),
                Some(program)
            );
            assert_eq!(found(&[("PATH", directory)]), None);
            assert_eq!(
                found(&[("PATH", directory), ("WAYLAND_DISPLAY", "w")]),
                None
            );
        }
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[cfg(unix)]
    fn scripted(script: &str) -> (tempfile::TempDir, Clipboard) {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("xsel");
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = directory.path().to_str().unwrap().to_owned();
        let clipboard = clipboard(&[("PATH", &path), ("DISPLAY", ":0")]);
        (directory, clipboard)
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_program_is_given_the_text_and_says_nothing_when_all_is_well() {
        let (directory, clipboard) = scripted("#!/bin/sh\n/bin/cat > \"${0%/*}/taken\"\n");
        let (sequence, deed) = clipboard.copy("two\tlines\n\x1b[31m你");
        assert!(sequence.is_some());
        assert_eq!(deed.await, None);
        let taken = std::fs::read_to_string(directory.path().join("taken")).unwrap();
        assert_eq!(taken, "two\tlines\n[31m你");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_program_that_fails_is_told_of() {
        let (_directory, clipboard) = scripted("#!/bin/sh\nexit 3\n");
        let (_, deed) = clipboard.copy("text");
        let said = deed.await.unwrap();
        assert!(
            said.starts_with("Only the terminal was given the text: xsel failed"),
            "{said}"
        );
        let (sequence, deed) = clipboard.copy(&"x".repeat(80_000));
        assert_eq!(sequence, None);
        let said = deed.await.unwrap();
        assert!(said.starts_with("Not copied: 80 kB is too much"), "{said}");
    }

    #[tokio::test]
    async fn a_text_that_nothing_takes_is_told_of() {
        let (sequence, deed) = clipboard(&[]).copy(&"x".repeat(80_000));
        assert_eq!(sequence, None);
        assert!(deed.await.unwrap().contains("no clipboard program"));
    }
}
