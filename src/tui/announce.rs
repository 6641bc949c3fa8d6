//! The bytes that reach the window around the screen: its title, its progress, a notification.
//!
//! Writes nothing where the terminal would show such bytes as text, and nothing that did not
//! change. Invariant: no text leaves here with a control character in it.

use crate::app::Announcement;

/// Keeps the window's title as it was …
const PUSH_TITLE: &str = "\x1b[22;0t";
/// … and brings it back.
const POP_TITLE: &str = "\x1b[23;0t";
/// Something is going on, nobody knows for how long.
const BUSY: &str = "\x1b]9;4;3\x1b\\";
/// Nothing is going on.
const IDLE: &str = "\x1b]9;4;0\x1b\\";

/// How a terminal tells its user something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// OSC 9, as iTerm2 began it.
    Osc9,
    /// OSC 777, as rxvt began it.
    Osc777,
}

/// What stands between the program and the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Nothing.
    Straight,
    /// tmux, which takes what is meant for the terminal around it in an envelope.
    ThroughTmux,
}

/// What may be announced, and what was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcer {
    /// Whether the terminal takes any of it.
    is_understood: bool,
    sets_title: bool,
    shows_progress: bool,
    dialect: Dialect,
    way: Way,
    last: Announcement,
}

impl Announcer {
    /// Announcements for the terminal that the environment describes; `lookup` returns a
    /// variable's value.
    pub fn new(
        lookup: impl Fn(&str) -> Option<String>,
        window_title: bool,
        progress: bool,
    ) -> Self {
        let term = lookup("TERM").unwrap_or_default();
        let program = lookup("TERM_PROGRAM").unwrap_or_default();
        let is_vte = lookup("VTE_VERSION").is_some();
        let is_understood = Self::is_understood(Some(&term));
        // Elsewhere these bytes would be taken for a notification that says “4;3”.
        let knows_progress = lookup("WT_SESSION").is_some()
            || lookup("ConEmuANSI").as_deref() == Some("ON")
            || ["ghostty", "WezTerm", "iTerm.app"].contains(&program.as_str())
            || term.contains("ghostty");
        let speaks_777 = is_vte || ["foot", "rxvt"].iter().any(|name| term.starts_with(name));
        Self {
            is_understood,
            sets_title: is_understood && window_title,
            shows_progress: is_understood && progress && knows_progress,
            dialect: if speaks_777 {
                Dialect::Osc777
            } else {
                Dialect::Osc9
            },
            way: match lookup("TMUX") {
                Some(_) => Way::ThroughTmux,
                None => Way::Straight,
            },
            last: Announcement::default(),
        }
    }

    /// Whether this kind of terminal takes announcements, rather than printing them.
    pub fn is_understood(term: Option<&str>) -> bool {
        term.is_some_and(|term| {
            let plain = [
                "", "dumb", "unknown", "linux", "vt52", "vt100", "vt220", "cons25",
            ];
            !plain.contains(&term) && !term.starts_with("eterm")
        })
    }

    /// What is written when the terminal is taken.
    pub fn begin(&mut self) -> String {
        // Whatever was announced before is gone.
        self.last = Announcement::default();
        if self.sets_title {
            PUSH_TITLE.to_owned()
        } else {
            String::new()
        }
    }

    /// What is written when the terminal is given back, whatever was announced.
    pub fn end(&self) -> String {
        let mut bytes = String::new();
        if self.shows_progress {
            bytes.push_str(&self.wrapped(IDLE));
        }
        if self.sets_title {
            bytes.push_str(POP_TITLE);
        }
        bytes
    }

    /// What is written for the window to show that.
    pub fn announce(&mut self, announcement: &Announcement) -> String {
        let mut bytes = String::new();
        if self.sets_title && announcement.title != self.last.title {
            bytes.push_str("\x1b]2;");
            bytes.push_str(&harmless(&announcement.title));
            bytes.push_str("\x1b\\");
        }
        if self.shows_progress && announcement.is_busy != self.last.is_busy {
            let progress = if announcement.is_busy { BUSY } else { IDLE };
            bytes.push_str(&self.wrapped(progress));
        }
        self.last.clone_from(announcement);
        bytes
    }

    /// What is written to notify the user; the bell marks the window where nothing else does.
    pub fn notify(&self, text: &str) -> String {
        if !self.is_understood {
            return String::new();
        }
        let text = harmless(text).replace(';', ",");
        let notification = match self.dialect {
            Dialect::Osc9 => format!("\x1b]9;mmchat: {text}\x1b\\"),
            Dialect::Osc777 => format!("\x1b]777;notify;mmchat;{text}\x1b\\"),
        };
        self.wrapped(&notification) + "\x07"
    }

    fn wrapped(&self, bytes: &str) -> String {
        match self.way {
            Way::ThroughTmux => {
                format!("\x1bPtmux;{}\x1b\\", bytes.replace('\x1b', "\x1b\x1b"))
            }
            Way::Straight => bytes.to_owned(),
        }
    }
}

/// The text without anything that could end the sequence it stands in, or begin another.
fn harmless(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_terminal(variables: &[(&str, &str)]) -> Announcer {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Announcer::new(lookup, true, true)
    }

    fn busy(title: &str) -> Announcement {
        Announcement {
            title: title.to_owned(),
            is_busy: true,
        }
    }

    #[test]
    fn a_terminal_that_would_print_it_gets_nothing() {
        for term in ["dumb", "linux", ""] {
            let mut announcer = in_terminal(&[("TERM", term), ("WT_SESSION", "x")]);
            let all = announcer.begin() + &announcer.announce(&busy("t")) + &announcer.notify("n");
            assert_eq!(all + &announcer.end(), "", "{term}");
        }
        assert_eq!(in_terminal(&[]).notify("n"), "");
    }

    #[test]
    fn the_title_is_set_when_it_changes_and_comes_back_at_the_end() {
        let mut announcer = in_terminal(&[("TERM", "xterm")]);
        assert_eq!(announcer.begin(), "\x1b[22;0t");
        assert_eq!(announcer.announce(&busy("a")), "\x1b]2;a\x1b\\");
        assert_eq!(announcer.announce(&busy("a")), "");
        assert_eq!(announcer.end(), "\x1b[23;0t");
        announcer.begin();
        assert_eq!(announcer.announce(&busy("a")), "\x1b]2;a\x1b\\");
    }

    #[test]
    fn progress_is_shown_only_where_it_is_known_and_always_cleared() {
        let mut announcer = in_terminal(&[("TERM", "xterm-ghostty")]);
        assert!(announcer.announce(&busy("a")).contains("\x1b]9;4;3\x1b\\"));
        assert!(announcer.end().starts_with("\x1b]9;4;0\x1b\\"));
        assert!(
            !in_terminal(&[("TERM", "xterm")])
                .announce(&busy("a"))
                .contains("9;4")
        );
    }

    #[test]
    fn notifications_speak_the_terminals_language_also_through_tmux() {
        let notified = |variables: &[(&str, &str)]| in_terminal(variables).notify("a;b");
        assert_eq!(
            notified(&[("TERM", "xterm")]),
            "\x1b]9;mmchat: a,b\x1b\\\x07"
        );
        assert_eq!(
            notified(&[("TERM", "foot")]),
            "\x1b]777;notify;mmchat;a,b\x1b\\\x07"
        );
        let in_tmux = notified(&[("TERM", "tmux-256color"), ("TMUX", "x")]);
        assert_eq!(
            in_tmux,
            "\x1bPtmux;\x1b\x1b]9;mmchat: a,b\x1b\x1b\\\x1b\\\x07"
        );
    }

    #[test]
    fn no_text_can_end_its_sequence() {
        let evil = "a\x1b\\b\x07c\u{9c}d\n";
        let mut announcer = in_terminal(&[("TERM", "xterm")]);
        assert_eq!(announcer.announce(&busy(evil)), "\x1b]2;a\\bcd\x1b\\");
        assert_eq!(announcer.notify(evil), "\x1b]9;mmchat: a\\bcd\x1b\\\x07");
    }
}
