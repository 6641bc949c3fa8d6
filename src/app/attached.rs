//! What goes along with the message in the box: fetched elsewhere, shown as chips, sent and kept
//! with it.

use std::path::PathBuf;

use super::{App, Effect, Overlay, Tone};
use crate::app::library::Change;
use crate::chat::{Attachment, Extent, MOST_ATTACHED_BYTES, Now, safe, short_bytes};
use crate::phrase::tr;

mod completion;
mod many;

pub use completion::{Completion, Offered, Path};
pub use many::Many;

/// What goes along with the message in the box, and with the one that waits.
#[derive(Debug, Default)]
pub struct Attached {
    /// Goes along with the message in the box.
    pub items: Vec<Attachment>,
    /// Goes along with the message that waits for a reply to be over.
    pub queued: Vec<Attachment>,
    /// What is being fetched, in the order in which it was asked for.
    pub fetching: Vec<Fetching>,
    /// The files that the path being typed may mean.
    pub completion: Option<Completion>,
    /// The message that is to be sent as soon as all is there, if it is still in the box then.
    send_when_fetched: Option<String>,
    /// How much the items add to what is sent. They may be megabytes, so they are counted once.
    extent: Extent,
}

/// Something that is being fetched.
#[derive(Debug)]
pub struct Fetching {
    /// What it is called, safe to show.
    pub name: String,
    ticket: u64,
    /// The command that asked for it, without its slash; an `@path` is in the message anyway.
    command: Option<String>,
    /// What was read of it before what was asked for earlier.
    read: Option<Found>,
}

impl Attached {
    /// What was read already of what is next.
    fn next_read(&mut self) -> Option<(Found, Fetching)> {
        let found = self.fetching.first_mut()?.read.take()?;
        Some((found, self.fetching.remove(0)))
    }

    /// Has these go along with the message in the box, and nothing else.
    pub(super) fn put(&mut self, items: Vec<Attachment>) {
        self.extent = Attachment::extent_of(&items);
        self.items = items;
    }

    /// How much goes along with the message in the box.
    pub(super) fn extent(&self) -> Extent {
        self.extent
    }
}

/// Something that is to go along with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A file, a directory or a pattern, as it was typed.
    Typed(String),
    /// These files, exactly.
    Files(Vec<PathBuf>),
    /// The image on the clipboard.
    Clipboard,
    /// A resource of an MCP server.
    Resource {
        /// The server's name in the configuration.
        server: String,
        /// The resource's address.
        uri: String,
    },
}

/// What was found of something that is to go along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// What was read, and a sentence about each that could not be.
    Read(Vec<Attachment>, Vec<String>),
    /// Several files, of which nobody has said that all are meant.
    Several(Many),
}

impl App {
    /// Has something go along with the message, as it was typed.
    pub(super) fn attach(&mut self, what: &str, now: Now) -> Vec<Effect> {
        let wanted = match what {
            "" => {
                self.composer.replace_word("@");
                let text = tr!("Type a path after the @; Tab or Enter takes it");
                self.notify(Tone::Info, text, now.instant);
                return Vec::new();
            }
            "clipboard" => Wanted::Clipboard,
            typed => match self.resource(typed) {
                Some((server, uri)) => Wanted::Resource { server, uri },
                None => Wanted::Typed(typed.to_owned()),
            },
        };
        let effect = self.fetch(wanted, what);
        if let Some(waiting) = self.attached.fetching.last_mut() {
            waiting.command = Some(format!("attach {what}"));
        }
        vec![effect]
    }

    /// Asks for something that is to go along with the message.
    pub(super) fn fetch(&mut self, wanted: Wanted, name: &str) -> Effect {
        // What was said of an earlier try does not hold for this one.
        self.notice = None;
        let ticket = self.keeping.ticket();
        self.attached.fetching.push(Fetching {
            name: safe::one_line(name),
            ticket,
            command: None,
            read: None,
        });
        Effect::Fetch(ticket, wanted)
    }

    /// What was asked for is there, or is not. Several stand in the order in which they were asked
    /// for.
    pub(super) fn fetched(
        &mut self,
        ticket: u64,
        found: Result<Found, String>,
        now: Now,
    ) -> Vec<Effect> {
        let place = |waiting: &Fetching| waiting.ticket == ticket;
        let Some(at) = self.attached.fetching.iter().position(place) else {
            return Vec::new();
        };
        if let (1.., Ok(Found::Read(..))) = (at, &found) {
            if let Some(waiting) = self.attached.fetching.get_mut(at) {
                waiting.read = found.ok();
            }
            return Vec::new();
        }
        let asked = self.attached.fetching.remove(at);
        let mut effects = self.take_fetched(found, asked, now);
        while let Some((found, asked)) = self.attached.next_read() {
            effects.extend(self.take_fetched(Ok(found), asked, now));
        }
        effects
    }

    /// Has it go along, or says why it does not.
    fn take_fetched(
        &mut self,
        found: Result<Found, String>,
        asked: Fetching,
        now: Now,
    ) -> Vec<Effect> {
        self.urgent = true;
        let mut is_of_use = false;
        let why_not = match found {
            Ok(Found::Several(many)) => {
                self.attached.send_when_fetched = None;
                self.overlay = Some(Overlay::Many(Box::new(many)));
                return Vec::new();
            }
            Ok(Found::Read(read, refused)) => {
                is_of_use = !read.is_empty();
                let too_much = self.take_along(read);
                is_of_use &= too_much.is_none();
                too_much.or_else(|| sentence(&refused))
            }
            Err(why_not) => Some(why_not),
        };
        if let Some(why_not) = why_not {
            // A message is not sent without what it speaks of.
            self.attached.send_when_fetched = None;
            if let Some(command) = asked.command.filter(|_| !is_of_use) {
                self.give_back(&command);
            }
            self.notify(Tone::Error, why_not, now.instant);
            return Vec::new();
        }
        if !self.attached.fetching.is_empty() {
            return Vec::new();
        }
        // Whoever has gone on writing since Enter does not want half of it to be sent.
        match self.attached.send_when_fetched.take() {
            Some(message) if message == self.composer.text() => self.send(now),
            _ => Vec::new(),
        }
    }

    /// Has these go along as well, each once. Returns why they can't, if they can't.
    pub(super) fn take_along(&mut self, more: Vec<Attachment>) -> Option<String> {
        let mut items = self.attached.items.clone();
        let here = &self.attached.items;
        items.extend(more.into_iter().filter(|it| !here.contains(it)));
        let bytes: usize = items.iter().map(|it| it.bytes().len()).sum();
        if bytes > MOST_ATTACHED_BYTES {
            let size = short_bytes(bytes);
            return Some(tr!(
                "Together that would be {size}, and 40 MiB is the most for one message",
                size
            ));
        }
        self.set_attachments(items);
        None
    }

    /// Waits with sending for what is to go along. Returns whether it does.
    pub(super) fn waits_for_attachments(&mut self, now: Now) -> bool {
        let Some(Fetching { name, .. }) = self.attached.fetching.first() else {
            return false;
        };
        let text = tr!("Sent as soon as {name} is read", name);
        self.attached.send_when_fetched = Some(self.composer.text());
        self.notify(Tone::Info, text, now.instant);
        true
    }

    /// Forgets what is still being fetched: the message that it was for has left the box.
    pub(super) fn fetch_none(&mut self) {
        self.attached.fetching.clear();
        self.toolbox.asked = None;
        self.attached.send_when_fetched = None;
    }

    /// Has these go along with the message in the box, and nothing else.
    pub(super) fn set_attachments(&mut self, items: Vec<Attachment>) {
        if self.attached.items == items {
            return;
        }
        self.attached.put(items);
        let kept = Change::DraftFiles(self.keeping.conversation(), self.attached.items.clone());
        self.keep(kept);
    }

    /// Takes one off the message: the last one, if none is named by its place. Returns whether
    /// there was one.
    pub(super) fn remove_attachment(&mut self, at: Option<usize>) -> bool {
        let mut items = self.attached.items.clone();
        let at = at.or_else(|| items.len().checked_sub(1));
        let Some(at) = at.filter(|at| *at < items.len()) else {
            return false;
        };
        items.remove(at);
        self.set_attachments(items);
        true
    }

    /// Takes one off the message by its name; without a name, the last one.
    pub(super) fn detach(&mut self, name: &str, now: Now) {
        let named = |it: &Attachment| it.name == name || it.shown_name() == name;
        let at = self.attached.items.iter().rposition(named);
        if at.is_none() && !name.is_empty() {
            let name = safe::one_line(name);
            let text = tr!("Nothing called {name} goes along with the message", name);
            self.notify(Tone::Error, text, now.instant);
            return;
        }
        if !self.remove_attachment(at) {
            let text = tr!("Nothing goes along with the message yet; /attach FILE adds a file");
            self.notify(Tone::Info, text, now.instant);
        }
    }

    /// What goes along with the message in the box waits with it.
    pub(super) fn queue_attachments(&mut self) {
        let items = std::mem::take(&mut self.attached.items);
        self.attached.queued.extend(items.iter().cloned());
        // Only the list in the box is kept as a draft; that one is empty now.
        self.attached.items = items;
        self.set_attachments(Vec::new());
    }

    /// What waited goes along with the message in the box again.
    pub(super) fn unqueue_attachments(&mut self) {
        let mut items = std::mem::take(&mut self.attached.queued);
        items.extend(self.attached.items.iter().cloned());
        self.set_attachments(items);
    }
}

/// What could not be read, as one sentence.
fn sentence(refused: &[String]) -> Option<String> {
    match refused {
        [] => None,
        [one] => Some(one.clone()),
        [first, rest @ ..] => Some(tr!(
            "{first}; {count} more can't be attached",
            first,
            count = rest.len()
        )),
    }
}
