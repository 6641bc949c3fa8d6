//! What the system says of a failure, in the user's language.
//!
//! The system's own words are English, or those of a locale that nobody has set up; the kinds that
//! users meet have lines of their own. The number stays: it is what one searches for.

use std::io::{Error, ErrorKind};

use super::{Language, language, line, mark};

/// The kinds that users meet, in the words that the system has for them.
const KINDS: [(ErrorKind, &str); 12] = [
    (ErrorKind::NotFound, mark("No such file or directory")),
    (ErrorKind::PermissionDenied, mark("Permission denied")),
    (ErrorKind::AlreadyExists, mark("File exists")),
    (ErrorKind::IsADirectory, mark("Is a directory")),
    (ErrorKind::NotADirectory, mark("Not a directory")),
    (ErrorKind::StorageFull, mark("No space left on device")),
    (ErrorKind::ReadOnlyFilesystem, mark("Read-only file system")),
    (ErrorKind::AddrInUse, mark("Address already in use")),
    (ErrorKind::ConnectionRefused, mark("Connection refused")),
    (ErrorKind::ConnectionReset, mark("Connection reset by peer")),
    (ErrorKind::TimedOut, mark("Connection timed out")),
    (ErrorKind::FileTooLarge, mark("File too large")),
];

/// What a failure of the system is called. What is no failure of the system keeps its words.
pub fn system(error: &Error) -> String {
    let number = error.raw_os_error();
    let kind = KINDS.iter().find(|(kind, _)| *kind == error.kind());
    match (language(), number, kind) {
        (Language::ZhCn, Some(number), Some((_, text))) => {
            let text = line(text).unwrap_or(text);
            format!("{text}（os error {number}）")
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phrase::speaking;

    #[test]
    fn what_the_system_says_is_said_in_the_language_spoken() {
        let gone = Error::from_raw_os_error(2);
        assert_eq!(system(&gone), gone.to_string());
        let own = Error::other("it is a pipe");
        speaking(Language::ZhCn, || {
            assert!(system(&gone).starts_with("没有这个文件或目录"));
            assert_eq!(system(&own), "it is a pipe");
        });
    }
}
