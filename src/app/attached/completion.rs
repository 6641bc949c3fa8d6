//! The files and resources that an `@path` in the message may mean: listed while it is typed, taken
//! with a key. Resources of MCP servers are written `@SERVER:ADDRESS`.

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent};

use super::Wanted;
use crate::app::server::{Server, ServerState};
use crate::app::{App, Attached, Effect, Pane};
use crate::chat::short_bytes;
use crate::phrase::tr;

/// The most resources that are offered.
const MOST_RESOURCES: usize = 50;

/// A file or a directory that the path may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The path as it is typed, with a slash at the end of a directory's. Not yet safe to show.
    pub typed: String,
    /// Where it is.
    pub place: PathBuf,
    /// The bytes of a file; `None` for a directory.
    pub bytes: Option<u64>,
}

/// Something that the path being typed may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// What is typed for it after the `@`. Not yet safe to show.
    pub typed: String,
    /// A fact about it: its size, its name. Not yet safe to show.
    pub fact: String,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// It is looked into.
    Directory,
    /// It goes along.
    File(PathBuf),
    /// It goes along.
    Resource { server: String, uri: String },
    /// It is started, to tell what resources it has.
    Server(String),
}

impl From<Path> for Offered {
    fn from(path: Path) -> Self {
        let bytes = path
            .bytes
            .map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        Self {
            typed: path.typed,
            fact: bytes.map(short_bytes).unwrap_or_default(),
            what: match bytes {
                None => What::Directory,
                Some(_) => What::File(path.place),
            },
        }
    }
}

impl Offered {
    /// Whether it is of the file system.
    fn is_path(&self) -> bool {
        matches!(self.what, What::Directory | What::File(_))
    }

    /// What of a server a text may mean: its resources, or the server while it has not told any.
    fn of_server(server: &Server, typed: &str) -> Vec<Self> {
        let name = &server.config.name;
        let wanted = typed.to_lowercase();
        let Some(stock) = &server.stock else {
            let offered = Self {
                typed: format!("{name}:"),
                fact: match server.state {
                    ServerState::Idle => tr!("Tab starts the server").to_owned(),
                    ServerState::Down(_) => tr!("failed · Tab tries again").to_owned(),
                    ServerState::Starting | ServerState::StartingAnew | ServerState::Ready => {
                        tr!("starting").to_owned()
                    }
                },
                what: What::Server(name.clone()),
            };
            let fits = offered.typed.to_lowercase().starts_with(&wanted);
            return fits.then_some(offered).into_iter().collect();
        };
        let fitting = stock.resources.iter().filter_map(|resource| {
            // A word ends at a space. The address itself is kept beside what stands in the message.
            let word = resource.uri.replace(char::is_whitespace, "%20");
            let typed = format!("{name}:{word}");
            let fits = typed.to_lowercase().contains(&wanted)
                || resource.name.to_lowercase().contains(&wanted);
            let bytes = resource.bytes;
            let size = bytes.map(|bytes| short_bytes(usize::try_from(bytes).unwrap_or(usize::MAX)));
            let facts = [Some(resource.name.clone()), size];
            fits.then(|| Self {
                typed,
                fact: facts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
                what: What::Resource {
                    server: name.clone(),
                    uri: resource.uri.clone(),
                },
            })
        });
        fitting.take(MOST_RESOURCES).collect()
    }
}

/// The files and resources that the path being typed may mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// What is typed after the `@`.
    typed: String,
    ticket: u64,
    /// Whether the files are still being looked for.
    waits: bool,
    /// What is offered, files first; those are there only once they were listed.
    pub offers: Vec<Offered>,
    /// The selected one.
    pub selected: usize,
    /// Whether the user does not want to see it for as long as this word is typed.
    closed: bool,
}

impl Attached {
    /// What is to be shown, if anything.
    pub fn shown_completion(&self) -> Option<&Completion> {
        let shown = |it: &&Completion| !it.closed && !it.offers.is_empty();
        self.completion.as_ref().filter(shown)
    }

    /// Files were listed.
    pub(in crate::app) fn listed(&mut self, ticket: u64, paths: Vec<Path>) {
        let asked = |it: &&mut Completion| it.ticket == ticket;
        if let Some(completion) = self.completion.as_mut().filter(asked) {
            let mut offers: Vec<Offered> = paths.into_iter().map(Offered::from).collect();
            if !offers.is_empty() {
                completion.selected = 0;
            }
            let served = completion
                .offers
                .drain(..)
                .filter(|offered| !offered.is_path());
            offers.extend(served);
            completion.offers = offers;
            completion.waits = false;
        }
    }
}

impl App {
    /// Follows what is typed: a word that begins with `@` asks for the files that it may mean, and
    /// shows resources that it may.
    pub(in crate::app) fn complete_path(&mut self) -> Option<Effect> {
        let word = self.composer.word_before();
        let typed = word
            .strip_prefix('@')
            .filter(|_| self.focus == Pane::Message);
        let Some(typed) = typed else {
            self.attached.completion = None;
            return None;
        };
        let earlier = self.attached.completion.as_ref();
        if earlier.is_some_and(|it| it.typed == typed) {
            return None;
        }
        let typed = typed.to_owned();
        let ticket = self.keeping.ticket();
        let mut earlier = self.attached.completion.take().unwrap_or_default();
        // Until the answer comes, what no longer fits can't be taken.
        let begun = typed.to_lowercase();
        let fits = |offered: &Offered| {
            let path = offered.typed.to_lowercase();
            offered.is_path() && path.starts_with(&begun) && path.len() > begun.len()
        };
        earlier.offers.retain(fits);
        earlier.offers.extend(self.served_offers(&typed));
        self.attached.completion = Some(Completion {
            typed: typed.clone(),
            ticket,
            waits: true,
            selected: 0,
            ..earlier
        });
        Some(Effect::Paths(ticket, typed))
    }

    /// Shows what servers have by now.
    pub(in crate::app) fn renew_offers(&mut self) {
        let Some(mut completion) = self.attached.completion.take() else {
            return;
        };
        completion.offers.retain(Offered::is_path);
        completion
            .offers
            .extend(self.served_offers(&completion.typed));
        let last = completion.offers.len().saturating_sub(1);
        completion.selected = completion.selected.min(last);
        self.attached.completion = Some(completion);
    }

    /// What of all servers a text may mean.
    fn served_offers(&self, typed: &str) -> Vec<Offered> {
        let servers = self.toolbox.servers.iter();
        servers
            .flat_map(|server| Offered::of_server(server, typed))
            .collect()
    }

    /// The resource that a text names, as its server and its address there.
    pub(super) fn resource(&self, typed: &str) -> Option<(String, String)> {
        let (server, uri) = typed.split_once(':')?;
        let is_one = self.toolbox.server(server).is_some() && !uri.is_empty();
        is_one.then(|| (server.to_owned(), uri.to_owned()))
    }

    /// Gives a key to the list of files, if it is open and has a use for it.
    pub(in crate::app) fn completion_key(&mut self, key: KeyEvent) -> Option<Vec<Effect>> {
        let completion = self.attached.completion.as_mut()?;
        if completion.closed || !key.modifiers.is_empty() {
            return None;
        }
        if completion.offers.is_empty() {
            // A key too early moves the focus nowhere.
            let early = completion.waits && key.code == KeyCode::Tab;
            return early.then(Vec::new);
        }
        match key.code {
            KeyCode::Esc => completion.closed = true,
            KeyCode::Up => completion.selected = completion.selected.saturating_sub(1),
            KeyCode::Down => {
                let last = completion.offers.len().saturating_sub(1);
                completion.selected = (completion.selected + 1).min(last);
            }
            KeyCode::Tab | KeyCode::Enter => {
                let offered = completion.offers.get(completion.selected)?.clone();
                return Some(self.take_offered(offered));
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    /// Writes it out: a file or a resource goes along with the message, a directory is looked
    /// into, a server is started.
    fn take_offered(&mut self, offered: Offered) -> Vec<Effect> {
        let Offered { typed, what, .. } = offered;
        let wanted = match what {
            What::Directory => {
                self.composer.replace_word(&format!("@{typed}"));
                return Vec::new();
            }
            What::Server(name) => {
                self.composer.replace_word(&format!("@{typed}"));
                let effects = self.start_for_stock(&name);
                self.renew_offers();
                return effects;
            }
            What::File(place) => Wanted::Files(vec![place]),
            What::Resource { server, uri } => Wanted::Resource { server, uri },
        };
        self.composer.replace_word(&format!("@{typed} "));
        self.attached.completion = None;
        vec![self.fetch(wanted, &typed)]
    }
}
