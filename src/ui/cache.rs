//! What drawing leaves behind for the next frame: wrapped rows of every text that was shown.
//!
//! Rows are kept of what the last frame showed, and a little around it; of the rest only how many
//! there are. Invariant: forgetting all of it changes nothing on the screen, only what the next frame costs.

use std::collections::HashMap;
use std::ops::Range;

use ratatui::layout::Rect;

use super::links::Links;
use super::path::Path;
use super::picture::{Drawing, Medium, PictureAnswer, PictureRequest, Pictures};
use super::theme::Theme;
use crate::app::{Anchor, Pane, Themes};
use crate::chat::TurnId;
use crate::markdown::{CodeColours, CodeRequest, Document, Kind};

/// Wrapped texts, and the theme that they are drawn in.
#[derive(Debug)]
pub struct Cache {
    /// The colours in force.
    pub theme: Theme,
    /// The links on the screen.
    pub links: Links,
    /// The revision of the theme that the colours are of.
    worn: u32,
    documents: HashMap<(TurnId, Topic), Document>,
    /// The rows of Markdown that the last frame showed.
    shown: Vec<(TurnId, Topic, Range<usize>)>,
    /// Whose code colours are asked for.
    asked: Option<(TurnId, Topic)>,
    /// Where the rows of the conversation are.
    pub(super) path: Path,
    /// Small pictures of images.
    pub(super) pictures: Pictures,
    /// What was on top of the thinking pane, as [`Path`] remembers it of the chat.
    pub(super) thinking_top: Option<(usize, Anchor)>,
    /// Texts with rows at hand, and which of them the frame being drawn has use for.
    at_hand: Shown,
    /// Bytes of text that the next frame may read only to count its rows.
    pub(super) spare: usize,
    /// Rows that the last frame counted on are estimates.
    pub(super) uncounted: bool,
    /// The rows of text that this frame shows, and where.
    lines: Vec<ShownLine>,
}

/// A row of a text on the screen.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShownLine {
    /// The pane that it is in.
    pub pane: Pane,
    /// The turn.
    pub turn: TurnId,
    /// Which of its texts.
    pub topic: Topic,
    /// Which of the text's rows.
    pub row: usize,
    /// Where it is.
    pub area: Rect,
}

/// Texts, and the rows of them that a frame has use for.
pub(super) type Shown = Vec<((TurnId, Topic), Range<usize>)>;

/// A text of a turn that is wrapped on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Topic {
    /// What the user said.
    Prompt,
    /// What went along with that.
    Attached,
    /// The chain of thought.
    Reasoning,
    /// The answer.
    Answer,
    /// Tools that it asked for at one place in the answer, and what became of them.
    Calls(usize),
    /// The pages that it draws on.
    Sources,
    /// Remarks under the answer.
    Remarks,
    /// Why there is no more of it.
    Failure,
    /// What the server or the system said itself.
    Words,
}

/// A text to be wrapped.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    /// The text.
    pub text: &'a str,
    /// Counts how often earlier text was taken back.
    pub epoch: u32,
    /// Whether no more will come.
    pub done: bool,
}

impl<'a> Source<'a> {
    /// A text that does not change.
    pub(super) fn fixed(text: &'a str) -> Self {
        Self {
            text,
            epoch: 0,
            done: true,
        }
    }
}

impl Cache {
    /// An empty cache. The theme is what is shown until another one is chosen; its depth stays.
    pub fn new(theme: Theme) -> Self {
        Self {
            theme,
            links: Links::default(),
            worn: 0,
            documents: HashMap::new(),
            shown: Vec::new(),
            asked: None,
            path: Path::default(),
            pictures: Pictures::default(),
            thinking_top: None,
            at_hand: Vec::new(),
            spare: 0,
            uncounted: false,
            lines: Vec::new(),
        }
    }

    /// Lets the next frame read up to `bytes` of text that is not on the screen, to count its rows.
    /// Without, they are estimates until somebody looks at them.
    pub fn spare(&mut self, bytes: usize) {
        self.spare = bytes;
    }

    /// Tells whether there are rows that were only estimated: another frame with time to spare
    /// brings the scroll bar closer to the truth.
    pub fn is_unfinished(&self) -> bool {
        self.uncounted
    }

    /// Puts on the theme in force. Rows know parts and no colours, so they stay as they are.
    pub(super) fn wear(&mut self, themes: &Themes) {
        if self.worn != themes.revision() {
            self.worn = themes.revision();
            self.theme = Theme::new(themes.worn(), self.theme.depth());
        }
    }

    /// Brings a text's rows up to date at a width and returns them.
    pub(super) fn document(
        &mut self,
        turn: TurnId,
        topic: Topic,
        source: Source<'_>,
        width: u16,
    ) -> &mut Document {
        let kind = match topic {
            Topic::Reasoning | Topic::Answer | Topic::Sources => Kind::Markdown,
            Topic::Prompt
            | Topic::Attached
            | Topic::Calls(_)
            | Topic::Remarks
            | Topic::Failure
            | Topic::Words => Kind::Plain,
        };
        let document = self
            .documents
            .entry((turn, topic))
            .or_insert_with(|| Document::sparse(kind));
        document.sync(source.text, source.epoch, width, source.done);
        document
    }

    /// Rows that an earlier call brought up to date.
    pub(super) fn kept(&self, turn: TurnId, topic: Topic) -> Option<&Document> {
        self.documents.get(&(turn, topic))
    }

    /// What code on the screen has no colours yet, a piece at a time. The next one may be asked
    /// for when the colours of this one are here.
    pub fn uncoloured(&mut self) -> Option<CodeRequest> {
        let found = self.shown.iter().find_map(|(turn, topic, rows)| {
            let document = self.documents.get(&(*turn, *topic))?;
            Some(((*turn, *topic), document.uncoloured(rows)?))
        });
        let (asked, request) = found?;
        self.asked = Some(asked);
        Some(request)
    }

    /// Takes the colours that were asked for last. Tells whether the screen looks different now.
    pub fn colour(&mut self, colours: CodeColours) -> bool {
        let asked = self.asked.take();
        asked
            .and_then(|asked| self.documents.get_mut(&asked))
            .is_some_and(|document| document.colour(colours))
    }

    /// Says how pictures are shown under the cards of images. Without, they are not: somebody has to
    /// answer what [`Cache::lacking_picture`] asks for.
    pub fn show_pictures(&mut self, medium: Medium) {
        self.pictures.medium = medium;
    }

    /// What a terminal that draws pictures is to be told before the last frame is shown.
    pub fn take_drawings(&mut self) -> Vec<Drawing> {
        self.pictures.take_drawings()
    }

    /// Forgets all pictures. Those that are still shown are asked for anew.
    pub fn forget_pictures(&mut self) {
        self.pictures.keep_only(|_| false);
    }

    /// A picture that the last frame had no pixels for yet.
    pub fn lacking_picture(&self) -> Option<PictureRequest> {
        self.pictures.wanted()
    }

    /// Takes what came of such a request. Tells whether the screen looks different now.
    pub fn take_picture(&mut self, answer: PictureAnswer) -> bool {
        self.pictures.take(answer)
    }

    /// Begins a frame: nothing is shown yet.
    pub(super) fn clear_shown(&mut self) {
        self.shown.clear();
        self.lines.clear();
        self.links.begin();
    }

    /// The rows of text that the frame shows, pane by pane from top to bottom.
    pub(super) fn lines(&self) -> &[ShownLine] {
        &self.lines
    }

    /// Takes note of a row that the frame is about to show, and where.
    pub(super) fn shows(&mut self, pane: Pane, text: (TurnId, Topic, usize), area: Rect) {
        let (turn, topic, row) = text;
        self.lines.push(ShownLine {
            pane,
            turn,
            topic,
            row,
            area,
        });
        match self.at_hand.last_mut() {
            Some((key, rows)) if *key == (turn, topic) && rows.end == row => rows.end += 1,
            _ => self.at_hand.push(((turn, topic), row..row + 1)),
        }
        let document = self.documents.get(&(turn, topic));
        if let Some(shown) = document.and_then(|document| document.row(row)) {
            self.links.show(shown);
        }
        if !matches!(topic, Topic::Answer | Topic::Reasoning) {
            return;
        }
        match self.shown.last_mut() {
            Some((t, k, rows)) if (*t, *k) == (turn, topic) && rows.end == row => rows.end += 1,
            _ => self.shown.push((turn, topic, row..row + 1)),
        }
    }

    /// Ends a frame: of the rows that were at hand before, those stay that are near what is shown.
    pub(super) fn put_away(&mut self, before: &Shown) {
        for (key, _) in before {
            let Some(document) = self.documents.get_mut(key) else {
                continue;
            };
            let shown = self.at_hand.iter().filter(|(shown, _)| shown == key);
            let shown = shown.map(|(_, rows)| rows.clone());
            let all = shown.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end));
            let near = all.map_or(0..0, |rows| {
                let around = rows.len();
                rows.start.saturating_sub(around)..rows.end + around
            });
            document.put_away(&near);
        }
    }

    /// Begins a frame. Returns what was at hand for the last one.
    pub(super) fn take_at_hand(&mut self) -> Shown {
        std::mem::take(&mut self.at_hand)
    }

    /// Forgets the texts of turns that are no longer on the screen.
    pub(super) fn keep_only(&mut self, is_there: impl Fn(TurnId) -> bool) {
        self.documents.retain(|(turn, _), _| is_there(*turn));
        self.pictures.keep_only(is_there);
    }
}
