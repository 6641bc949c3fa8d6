//! The image on the clipboard, through the system's own programs: no terminal hands one over.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use crate::chat::{Attachment, MOST_IMAGE_BYTES};
use crate::phrase::{self, tr};
use crate::search_path::SearchPath;

/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Programs that write the clipboard's image out, and the variable that says there is one.
const PROGRAMS: [(&str, &str, &[&str]); 3] = [
    ("WAYLAND_DISPLAY", "wl-paste", &["--type", "image/png"]),
    (
        "DISPLAY",
        "xclip",
        &["-selection", "clipboard", "-target", "image/png", "-out"],
    ),
    ("", "pngpaste", &["-"]),
];

/// The ways to the clipboard's image that may be there.
#[derive(Debug, Clone, Default)]
pub(super) struct Clipboard {
    programs: Vec<(&'static str, &'static [&'static str])>,
    search_path: SearchPath,
}

impl Clipboard {
    /// Tells which programs may be there. `variables` are those of the environment.
    pub(super) fn of(variables: &HashMap<String, String>) -> Self {
        let is_set = |name: &str| variables.get(name).is_some_and(|value| !value.is_empty());
        Self {
            programs: PROGRAMS
                .iter()
                .filter(|(variable, ..)| variable.is_empty() || is_set(variable))
                .map(|(_, name, arguments)| (*name, *arguments))
                .collect(),
            search_path: SearchPath::new(variables.get("PATH").map(OsStr::new)),
        }
    }

    /// The first of them that is there. The disk is asked only when somebody wants an image.
    fn program(&self) -> Option<(PathBuf, &'static [&'static str])> {
        self.programs.iter().find_map(|(name, arguments)| {
            let program = self.search_path.find(name)?;
            Some((program, *arguments))
        })
    }

    /// The image on the clipboard.
    ///
    /// # Errors
    ///
    /// Fails with a sentence when there is none, or no way to it.
    pub(super) async fn image(self) -> Result<Attachment, String> {
        let found = super::on_a_thread(move || self.program()).await?;
        let Some((program, arguments)) = found else {
            return Err(tr!(
                "No program that reads the clipboard was found (wl-paste, xclip or pngpaste)"
            )
            .to_owned());
        };
        let name = program
            .file_name()
            .unwrap_or_default()
            .display()
            .to_string();
        let mut child = Command::new(&program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                tr!(
                    "{name} could not be started: {error}",
                    name,
                    error = phrase::system(&error)
                )
            })?;
        let mut bytes = Vec::new();
        let stdout = child.stdout.take();
        let read = async {
            if let Some(stdout) = stdout {
                let most = MOST_IMAGE_BYTES as u64 + 1;
                stdout.take(most).read_to_end(&mut bytes).await?;
            }
            if bytes.len() > MOST_IMAGE_BYTES {
                // It still writes; what it came to is known.
                child.start_kill()?;
            }
            child.wait().await
        };
        match timeout(PATIENCE, read).await {
            Ok(Ok(_)) if bytes.is_empty() => Err(no_image()),
            Ok(Ok(_)) => {
                let read = Attachment::read("clipboard.png", bytes);
                let image = read.map_err(|why| tr!("What is on the clipboard {why}", why))?;
                if image.image().is_none() {
                    return Err(no_image());
                }
                Ok(image)
            }
            Ok(Err(error)) => {
                let error = phrase::system(&error);
                Err(tr!("{name} failed: {error}", name, error))
            }
            Err(_) => Err(tr!("{name} did not answer", name)),
        }
    }
}

fn no_image() -> String {
    tr!("There is no image on the clipboard").to_owned()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    async fn image_of(script: &str) -> Result<Attachment, String> {
        let home = tempfile::tempdir().unwrap();
        let program = home.path().join("wl-paste");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let variables = [
            ("WAYLAND_DISPLAY", "wayland-0"),
            ("PATH", home.path().to_str().unwrap()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Clipboard::of(&HashMap::from(variables)).image().await
    }

    #[tokio::test]
    async fn the_image_on_the_clipboard_comes_from_the_systems_program() {
        let gif = r"printf 'GIF89a\012\000\024\000'";
        let image = image_of(gif).await.unwrap();
        assert_eq!(image.image().unwrap().size, (10, 20));
        let none = Err(tr!("There is no image on the clipboard").to_owned());
        assert_eq!(image_of("exit 1").await, none);
        assert_eq!(image_of("printf text").await, none);
    }

    #[tokio::test]
    async fn without_such_a_program_a_sentence_says_so() {
        let missing = Clipboard::of(&HashMap::new()).image().await.unwrap_err();
        assert!(missing.contains("wl-paste, xclip or pngpaste"));
    }
}
