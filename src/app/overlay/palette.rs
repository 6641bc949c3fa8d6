//! The palette: all commands, and what the configuration and the MCP servers add to them.
//!
//! What is typed is a filter until it is a line that can be run, which then counts whatever row is
//! selected.

use crossterm::event::KeyEvent;

use super::{Entry, Outcome, Overlay, PickerKey, picker_key};
use crate::app::picker::{Item, Picker};
use crate::app::server::{Server, ServerState};
use crate::app::{App, slash, template};
use crate::chat::safe;
use crate::phrase::tr;

impl App {
    /// Opens the palette, with this typed into it.
    pub(in crate::app) fn open_palette(&mut self, filter: &str) {
        let templates = self.config.templates.iter().map(|template| {
            let is_open = !template::places(&template.prompt).is_empty();
            own(
                titled(&template.description, &template.prompt),
                template.name.clone(),
                if is_open { " …" } else { "" },
                &template.prompt,
            )
        });
        let chat = &self.config.chat;
        let personas = self.config.personas.iter().map(|persona| {
            own(
                // The command itself is the better match for its own name.
                safe::one_line(&persona.name),
                format!("persona {}", persona.name),
                "",
                persona.prompt(&chat.system_prompt),
            )
        });
        let prompts = self.toolbox.servers.iter().flat_map(of_server);
        let own = templates.chain(personas).chain(prompts).collect();
        let mut palette = Overlay::palette(&self.keymap, own);
        palette.paste(filter);
        self.overlay = Some(palette);
    }
}

/// The prompts of a server; of one that has not told them, what starts it.
fn of_server(server: &Server) -> Vec<Item<Entry>> {
    let name = &server.config.name;
    let Some(stock) = &server.stock else {
        let about = match &server.state {
            ServerState::Idle => tr!("Enter starts the server and lists its prompts").to_owned(),
            ServerState::Starting | ServerState::StartingAnew | ServerState::Ready => {
                tr!("The server is starting …").to_owned()
            }
            ServerState::Down(why) => tr!("It failed: {why}. Enter tries again", why),
        };
        let line = format!("{name}:");
        let title = tr!("Prompts of the MCP server {name}", name);
        return vec![own(title, line, "", &about)];
    };
    let prompts = stock.prompts.iter().map(|prompt| {
        let line = format!("{name}:{}", prompt.name);
        let title = titled(&prompt.description, &prompt.name);
        let usage = prompt.usage();
        let (argument, about) = match usage.as_str() {
            "" => ("", String::new()),
            usage => (" …", format!("/{line} {usage}")),
        };
        own(title, line, argument, &about)
    });
    prompts.collect()
}

/// A row's title: what is said of it, else what there is.
fn titled(description: &str, otherwise: &str) -> String {
    safe::one_line(match description {
        "" => otherwise,
        description => description,
    })
}

/// A row that runs a line which is not in the table of commands.
fn own(title: String, line: String, argument: &str, about: &str) -> Item<Entry> {
    let shown = safe::one_line(&line);
    Item {
        title,
        words: format!("/{shown}"),
        right: format!("/{shown}{argument}"),
        about: safe::one_line(about),
        dim: false,
        value: Entry::Own(line),
    }
}

/// What nothing matches is a command all the same; says what Enter makes of it.
pub(super) fn without_match(picker: &Picker<Entry>) -> Option<String> {
    let line = command_line(picker);
    Some(match slash::parse(line) {
        Some(Ok(_)) => tr!("Enter runs /{line}", line),
        Some(Err(usage)) => usage,
        None if line.is_empty() => return None,
        None if is_own(picker, line) || server_of(picker, line).is_some() => {
            tr!("Enter runs /{line}", line)
        }
        None => tr!("There is no such command. Enter puts it into the message.").to_owned(),
    })
}

/// What is typed into the palette, without the slash.
fn command_line(picker: &Picker<Entry>) -> &str {
    picker.query.text().trim_start_matches('/').trim()
}

/// Takes a key.
pub(super) fn key(picker: &mut Picker<Entry>, key: KeyEvent) -> Outcome {
    let meant = picker_key(picker, key);
    match meant {
        PickerKey::Picked => {
            let line = command_line(picker).to_owned();
            let waits = slash::WITH_ARGUMENT.iter().any(|with| with.word == line);
            if !waits && slash::parse(&line).is_some() {
                return Outcome::Slash(line);
            }
            match picker.selected().map(|item| &item.value) {
                _ if waits => complete(picker, &line),
                Some(Entry::Command(command)) => return Outcome::Run(*command),
                Some(&Entry::Slash(word)) => complete(picker, word),
                Some(Entry::Own(own)) => return Outcome::Slash(own.clone()),
                // The server knows best what it does not have.
                None if server_of(picker, &line).is_some() => return Outcome::Slash(line),
                None => return Outcome::NoCommand(line),
            }
        }
        PickerKey::Completed => {
            let word = picker.selected().and_then(|item| match &item.value {
                Entry::Slash(word) => Some((*word).to_owned()),
                Entry::Own(line) => Some(line.clone()),
                Entry::Command(command) => command.spec()?.slash.map(str::to_owned),
            });
            match word {
                // It has no prompts to go on with until it is started.
                Some(server) if server.ends_with(':') => return Outcome::Slash(server),
                Some(word) => complete(picker, &word),
                None => {}
            }
        }
        PickerKey::Other => argue(picker),
    }
    Outcome::Stay
}

/// Takes pasted text.
pub(super) fn paste(picker: &mut Picker<Entry>, text: &str) {
    picker.query.insert(text);
    picker.refilter();
    argue(picker);
}

/// Writes a slash command out; one that takes an argument waits for it.
fn complete(picker: &mut Picker<Entry>, word: &str) {
    let waits = slash::WITH_ARGUMENT.iter().any(|with| with.word == word);
    picker
        .query
        .set(&format!("{word}{}", if waits { " " } else { "" }));
    picker.refilter();
    argue(picker);
}

/// An argument is no filter: while one is typed, the list is empty.
fn argue(picker: &mut Picker<Entry>) {
    let line = picker.query.text().trim_start_matches('/');
    let word = line.split_once(' ').map(|(word, _)| word);
    let mut with_argument = slash::WITH_ARGUMENT.iter();
    if with_argument.any(|with| Some(with.word) == word) || is_own(picker, line) {
        picker.show_nothing();
    } else if let Some(server) = server_of(picker, line) {
        // Whoever names a server means no other command that happens to have these letters.
        let server = server.to_owned();
        picker.narrow(|entry| is_of(entry, &server));
    }
}

/// The server, with its colon, that a line begins with.
fn server_of<'a>(picker: &Picker<Entry>, line: &'a str) -> Option<&'a str> {
    let (server, _) = line.split_at_checked(line.find(':')? + 1)?;
    let mut items = picker.all().iter();
    items
        .any(|item| is_of(&item.value, server))
        .then_some(server)
}

fn is_of(entry: &Entry, server: &str) -> bool {
    matches!(entry, Entry::Own(line) if line.starts_with(server))
}

/// Whether a line is one of the configuration's or a server's, with something behind it.
fn is_own(picker: &Picker<Entry>, line: &str) -> bool {
    let mut items = picker.all().iter();
    items.any(|item| {
        let behind = match &item.value {
            Entry::Own(own) => line.strip_prefix(own.as_str()),
            Entry::Command(_) | Entry::Slash(_) => None,
        };
        behind.is_some_and(|behind| behind.starts_with(' '))
    })
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;

    use super::*;
    use crate::app::{Command, Keymap};

    fn typed(overlay: &mut Overlay, text: &str) -> Outcome {
        for c in text.chars() {
            let _ = overlay.key(KeyEvent::from(KeyCode::Char(c)));
        }
        overlay.key(KeyEvent::from(KeyCode::Enter))
    }

    #[test]
    fn the_palette_runs_what_is_written_out() {
        let palette = || Overlay::palette(&Keymap::new(&[]).unwrap(), Vec::new());
        assert_eq!(
            typed(&mut palette(), "new"),
            Outcome::Slash("new".to_owned())
        );
        let think = Outcome::Slash("think off".to_owned());
        assert_eq!(typed(&mut palette(), "think off"), think);
        assert_eq!(
            typed(&mut palette(), "redraw"),
            Outcome::Run(Command::Redraw)
        );
        // Whoever runs it says how it is written.
        let wrong = Outcome::Slash("think wildly".to_owned());
        assert_eq!(typed(&mut palette(), "think wildly"), wrong);
    }

    #[test]
    fn a_word_without_its_argument_waits_for_it() {
        let mut palette = Overlay::palette(&Keymap::new(&[]).unwrap(), Vec::new());
        assert_eq!(typed(&mut palette, "think"), Outcome::Stay);
        let Overlay::Palette(picker) = &palette else {
            panic!()
        };
        assert_eq!(picker.query.text(), "think ");
    }

    #[test]
    fn a_line_that_names_a_server_is_for_that_server() {
        let of = |line: &str| own(String::new(), line.to_owned(), "", "");
        let palette = |lines: &[&str]| {
            let own = lines.iter().map(|line| of(line)).collect();
            Overlay::palette(&Keymap::new(&[]).unwrap(), own)
        };
        let before = || palette(&["t:"]);
        let slash = |line: &str| Outcome::Slash(line.to_owned());
        assert_eq!(typed(&mut before(), "t:"), slash("t:"));
        assert_eq!(typed(&mut before(), "t:img"), slash("t:img"));
        let after = || palette(&["t:review", "t:hello"]);
        assert_eq!(typed(&mut after(), "t:hel"), slash("t:hello"));
        assert_eq!(typed(&mut after(), "t:tools"), slash("t:tools"));
        let mut chosen = after();
        for c in "t:".chars() {
            let _ = chosen.key(KeyEvent::from(KeyCode::Char(c)));
        }
        let _ = chosen.key(KeyEvent::from(KeyCode::Down));
        assert_eq!(chosen.key(KeyEvent::from(KeyCode::Enter)), slash("t:hello"));
    }
}
