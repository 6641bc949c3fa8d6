//! The list of conversations: what is typed is searched for, and what is selected can be read,
//! opened, renamed, pinned, deleted and brought back.
//!
//! Questions carry a ticket; an answer whose ticket is not the last one's is dropped, so a slow
//! search never overwrites a newer one. What is changed here is changed on the screen at once and
//! handed to the store in order.

use crossterm::event::{KeyCode, KeyEvent};

use super::keymap::{ALT, CTRL, PLAIN, held};
use super::library::{Change, Listed, Listing, Peek, Peeked, Query, Which};
use super::line_edit::LineEdit;
use super::overlay::edit_line;
use super::{App, Effect, Overlay, Tone};
use crate::chat::{ConversationId, Moment, Now, safe, title_from};
use crate::phrase::tr;

mod deleted;

use deleted::Deleted;

/// The most rows that are asked for.
const MOST_ROWS: usize = 200;
/// From this width of the window on, the selected conversation is read beside the list.
pub const PREVIEW_COLS: u16 = 100;

/// The list of conversations.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// What is searched for.
    pub query: LineEdit,
    /// The conversations that were found.
    pub rows: Vec<Listed>,
    /// Whether there are more.
    pub more: bool,
    /// Which row is selected.
    pub selected: usize,
    /// How the last question went.
    pub state: State,
    /// The new title of the selected one, while it is typed.
    pub renaming: Option<LineEdit>,
    /// The beginning of the selected one, or of the turn that was found in it.
    pub preview: Option<Preview>,
    /// What time it was when the rows came.
    pub as_of: Moment,
    /// The conversation that is on the screen.
    pub open: Option<ConversationId>,
    /// The question whose answer is waited for.
    ticket: u64,
    /// The same for the preview.
    preview_ticket: u64,
    /// What was deleted last.
    deleted: Option<Deleted>,
}

/// How a question to the store went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// No answer yet.
    Waiting,
    /// The rows are the answer.
    Answered,
    /// There is none, and why.
    Failed(String),
}

/// What is read of a conversation beside the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Whose it is.
    pub id: ConversationId,
    /// Who speaks, and what they say. Safe to show.
    pub parts: Vec<Excerpt>,
}

/// A part of a preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Excerpt {
    /// The user speaks.
    You,
    /// This model speaks.
    Model(String),
    /// What the user says, as it was typed.
    Prompt(String),
    /// What the model says, as Markdown.
    Answer(String),
    /// The model said nothing.
    Silence,
}

/// What a key meant to the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryAction {
    /// Search anew.
    Search,
    /// Read the selected one.
    Preview,
    /// Open it.
    Open,
    /// Give it the title that was typed.
    Rename,
    /// Pin it, or let it go.
    Pin,
    /// Delete it.
    Delete,
    /// Bring back the one that was deleted last.
    Undelete,
}

impl History {
    fn new(now: Now, open: Option<ConversationId>) -> Self {
        Self {
            query: LineEdit::default(),
            rows: Vec::new(),
            more: false,
            selected: 0,
            state: State::Waiting,
            renaming: None,
            preview: None,
            as_of: now.wall,
            open,
            ticket: 0,
            preview_ticket: 0,
            deleted: None,
        }
    }

    /// The selected row.
    pub fn row(&self) -> Option<&Listed> {
        self.rows.get(self.selected)
    }

    /// How many rows of the screen a conversation takes: what was found needs one of its own.
    pub fn rows_each(&self) -> usize {
        if self.query.text().trim().is_empty() {
            1
        } else {
            2
        }
    }

    /// Whether one that was deleted can be brought back.
    pub fn can_undelete(&self) -> bool {
        self.deleted.is_some()
    }

    /// Stops what is typed into a row. Returns whether something was.
    pub(super) fn leave_row(&mut self) -> bool {
        self.renaming.take().is_some()
    }

    /// Moves the selection; it stops at the ends.
    pub(super) fn step(&mut self, by: isize) {
        let last = self.rows.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
        self.renaming = None;
    }

    /// Selects the conversation at a row of the list. Returns whether there is one.
    pub(super) fn select(&mut self, row: usize) -> bool {
        let at = row / self.rows_each();
        let there = at < self.rows.len();
        if there {
            self.selected = at;
        }
        there
    }

    /// Takes pasted text.
    pub(super) fn paste(&mut self, text: &str) {
        self.renaming
            .as_mut()
            .unwrap_or(&mut self.query)
            .insert(text);
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: KeyEvent) -> Option<HistoryAction> {
        if let Some(title) = &mut self.renaming {
            match (held(key), key.code) {
                (PLAIN, KeyCode::Enter) => return Some(HistoryAction::Rename),
                (PLAIN, KeyCode::Up | KeyCode::Down) => self.renaming = None,
                _ => drop(edit_line(title, key)),
            }
            return None;
        }
        let by = match (held(key), key.code) {
            (PLAIN, KeyCode::Enter) => return Some(HistoryAction::Open),
            (PLAIN, KeyCode::F(2)) | (CTRL, KeyCode::Char('e')) => return self.begin_renaming(),
            (ALT, KeyCode::Char('p')) => return Some(HistoryAction::Pin),
            (PLAIN, KeyCode::Delete) | (CTRL, KeyCode::Char('d')) => {
                return Some(HistoryAction::Delete);
            }
            (ALT, KeyCode::Char('u')) => return Some(HistoryAction::Undelete),
            (PLAIN, KeyCode::Up) | (CTRL, KeyCode::Char('p')) => -1,
            (PLAIN, KeyCode::Down) | (CTRL, KeyCode::Char('n')) => 1,
            (PLAIN, KeyCode::PageUp) => -10,
            (PLAIN, KeyCode::PageDown) => 10,
            _ => return edit_line(&mut self.query, key).then_some(HistoryAction::Search),
        };
        let before = self.selected;
        self.step(by);
        (self.selected != before).then_some(HistoryAction::Preview)
    }

    fn begin_renaming(&mut self) -> Option<HistoryAction> {
        let title = self.row()?.title.clone();
        let mut line = LineEdit::default();
        line.set(&title);
        self.renaming = Some(line);
        None
    }

    /// Puts pinned rows on top, the newest first, and keeps the selection where it was.
    fn sort(&mut self) {
        let selected = self.row().map(|row| row.id);
        self.rows
            .sort_by_key(|row| (!row.pinned, std::cmp::Reverse(row.updated.unix_seconds)));
        let at = self.rows.iter().position(|row| Some(row.id) == selected);
        self.selected = at.unwrap_or(0);
    }
}

impl App {
    /// Opens the list of conversations.
    pub(super) fn open_history(&mut self, now: Now) -> Vec<Effect> {
        let open = self.keeping.conversation();
        self.overlay = Some(Overlay::History(Box::new(History::new(now, open))));
        self.search_history(now.wall)
    }

    /// The list that is open.
    fn history(&mut self) -> Option<&mut History> {
        match &mut self.overlay {
            Some(Overlay::History(history)) => Some(history),
            _ => None,
        }
    }

    /// Asks for the conversations that hold what is typed.
    pub(super) fn search_history(&mut self, now: Moment) -> Vec<Effect> {
        let ticket = self.keeping.ticket();
        let Some(history) = self.history() else {
            return Vec::new();
        };
        history.ticket = ticket;
        history.selected = 0;
        match Query::parse(history.query.text(), now) {
            Ok(query) => {
                // What was found stays until the answer comes: a list that blinks can't be read.
                history.state = State::Waiting;
                vec![Effect::List {
                    ticket,
                    query: Box::new(query),
                    limit: MOST_ROWS,
                }]
            }
            Err(problem) => {
                history.rows.clear();
                history.preview = None;
                history.state = State::Failed(problem.to_string());
                Vec::new()
            }
        }
    }

    /// The store answered a question.
    pub(super) fn listed(
        &mut self,
        ticket: u64,
        listing: Result<Listing, String>,
        now: Now,
    ) -> Vec<Effect> {
        let Some(history) = self.history().filter(|history| history.ticket == ticket) else {
            return Vec::new();
        };
        history.as_of = now.wall;
        match listing {
            Ok(listing) => {
                let renamed = history.row().map(|row| row.id);
                history.rows = listing.rows;
                history.more = listing.more;
                history.state = State::Answered;
                history.selected = history.selected.min(history.rows.len().saturating_sub(1));
                // A title that is being typed belongs to its own conversation, wherever that is now.
                if history.renaming.is_some() {
                    let at = history.rows.iter().position(|row| Some(row.id) == renamed);
                    history.selected = at.unwrap_or(history.selected);
                    history.renaming.take_if(|_| at.is_none());
                }
            }
            Err(reason) => {
                history.renaming = None;
                history.rows.clear();
                history.state = State::Failed(reason);
            }
        }
        self.urgent = true;
        self.preview_history()
    }

    /// Asks for what is read beside the list, where there is room for it.
    fn preview_history(&mut self) -> Vec<Effect> {
        let has_room = self.size.0 >= PREVIEW_COLS;
        let ticket = self.keeping.ticket();
        let Some(history) = self.history() else {
            return Vec::new();
        };
        let Some(row) = history.row() else {
            history.preview = None;
            return Vec::new();
        };
        let peek = Peek {
            id: row.id,
            from: row.hit.as_ref().and_then(|hit| hit.turn),
        };
        if !has_room {
            return Vec::new();
        }
        history.preview_ticket = ticket;
        vec![Effect::Peek { ticket, peek }]
    }

    /// The window was resized: there may be room now for what is read beside the list.
    pub(super) fn history_resized(&mut self, earlier_cols: u16) -> Vec<Effect> {
        if earlier_cols >= PREVIEW_COLS {
            return Vec::new();
        }
        self.preview_history()
    }

    /// The beginnings of turns came that may be those to be read beside the list.
    pub(super) fn take_preview(&mut self, ticket: u64, turns: Result<Vec<Peeked>, String>) {
        let Some(history) = self.history() else {
            return;
        };
        if history.preview_ticket == ticket {
            let id = history.row().map(|row| row.id);
            let turns = turns.unwrap_or_default();
            history.preview = id.map(|id| excerpts(id, turns));
        }
    }

    /// Does what a key meant to the list.
    pub(super) fn history_action(&mut self, action: &HistoryAction, now: Now) -> Vec<Effect> {
        match action {
            HistoryAction::Search => return self.search_history(now.wall),
            HistoryAction::Preview => return self.preview_history(),
            HistoryAction::Open => return self.open_selected(),
            HistoryAction::Rename => self.rename_selected(now),
            HistoryAction::Pin => self.pin_selected(),
            HistoryAction::Delete => return self.delete_selected(now),
            HistoryAction::Undelete => return self.undelete(now),
        }
        Vec::new()
    }

    fn open_selected(&mut self) -> Vec<Effect> {
        let Some(row) = self.history().and_then(|history| history.row()) else {
            return Vec::new();
        };
        let (id, hit) = (row.id, row.hit.clone());
        self.overlay = None;
        if self.keeping.conversation() == Some(id) {
            self.show_found(hit.as_ref());
            return Vec::new();
        }
        let effect = self.open_conversation(Which::Id(id));
        self.keeping.found = hit;
        vec![effect]
    }

    fn rename_selected(&mut self, now: Now) {
        let Some(history) = self.history() else {
            return;
        };
        let typed = history.renaming.take();
        let title = typed
            .map(|line| title_from(line.text()))
            .unwrap_or_default();
        let at = history.selected;
        let Some(row) = history.rows.get_mut(at).filter(|_| !title.is_empty()) else {
            self.notify(Tone::Info, tr!("The title stays as it was"), now.instant);
            return;
        };
        row.title.clone_from(&title);
        let id = row.id;
        if self.keeping.conversation() == Some(id) {
            self.keeping.head.title.clone_from(&title);
        }
        self.change_kept(Change::Rename(id, title));
    }

    fn pin_selected(&mut self) {
        let Some(history) = self.history() else {
            return;
        };
        let at = history.selected;
        let Some(row) = history.rows.get_mut(at) else {
            return;
        };
        row.pinned = !row.pinned;
        let (id, pinned) = (row.id, row.pinned);
        history.sort();
        if self.keeping.conversation() == Some(id) {
            self.keeping.head.pinned = pinned;
        }
        self.change_kept(Change::Pin(id, pinned));
    }
}

/// Turns as they are shown beside the list.
fn excerpts(id: ConversationId, turns: Vec<Peeked>) -> Preview {
    let parts = turns.into_iter().flat_map(|turn| {
        [
            Excerpt::You,
            Excerpt::Prompt(excerpt(&turn.prompt)),
            Excerpt::Model(safe::one_line(&turn.model)),
            match turn.answer.trim() {
                "" => Excerpt::Silence,
                _ => Excerpt::Answer(excerpt(&turn.answer)),
            },
        ]
    });
    Preview {
        id,
        parts: parts.collect(),
    }
}

/// The beginning of a text.
fn excerpt(text: &str) -> String {
    let most = Peek::CHARS as usize;
    let head: String = text.chars().take(most).collect();
    let is_cut = head.len() < text.len();
    let mut shown = safe::visible(&head).replace('\t', "    ");
    if is_cut {
        shown.push('…');
    }
    shown
}
