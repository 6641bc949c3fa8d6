//! Requests that are no turns: a title from the model, a summary to start fresh with. One at a
//! time, never beside a reply; shown while they run, and stoppable.

use super::library::Change;
use super::{App, Effect, Live, Overlay, Reader, Tone};
use crate::chat::{
    Extent, Extras, Failure, Now, Params, Progress, Reply, Standing, Thinking, TurnId, title_from,
};
use crate::phrase::{self, tr};

/// How much of a conversation a model is shown to find a title for it, in characters a text.
const EXCERPT_CHARS: usize = 1_500;
/// Of how many turns.
const EXCERPT_TURNS: usize = 3;

const TITLE_PROMPT: &str = "Give the conversation below a title of at most seven words, in its own \
    language. Answer with the title alone: no quotation marks, no full stop.";

const SUMMARY_PROMPT: &str = "Summarize our conversation so far, so that it can be continued in a \
    new one that begins with nothing but your summary. Keep what is needed for that: the goal, facts, \
    names, numbers, decisions, code that is still in use, and open questions. Leave out greetings and \
    detours. Answer with the summary alone, in the language of the conversation.";

/// What a request that is no turn is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A title for the conversation.
    Title,
    /// A summary of it, to begin a new one with.
    Summary,
}

/// A request that is no turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Errand {
    /// What it is for.
    pub purpose: Purpose,
    /// How far it is.
    pub live: Live,
    /// What has come.
    pub reply: Reply,
    /// Whether all has come; a summary is then waiting to be used.
    pub done: bool,
    /// How many of the oldest turns the request had to do without, to fit into the window.
    pub left_out: usize,
}

impl App {
    /// Asks the model for a title.
    pub(super) fn ask_for_title(&mut self, now: Now) -> Vec<Effect> {
        if self.conversation.is_empty() {
            self.notify(Tone::Info, tr!("There is nothing to name yet"), now.instant);
            return Vec::new();
        }
        let mut prompt = TITLE_PROMPT.to_owned();
        for turn in self.conversation.path().take(EXCERPT_TURNS) {
            let excerpt = |text: &str| text.chars().take(EXCERPT_CHARS).collect::<String>();
            prompt.push_str("\n\n<user>\n");
            prompt.push_str(&excerpt(&turn.prompt));
            prompt.push_str("\n</user>\n<assistant>\n");
            prompt.push_str(&excerpt(turn.reply.answer.as_str()));
            prompt.push_str("\n</assistant>");
        }
        self.run_errand(Purpose::Title, None, &prompt, now)
    }

    /// Names the conversation.
    pub(super) fn set_title(&mut self, title: &str, now: Now) -> Vec<Effect> {
        let title = title_from(title);
        if title.is_empty() {
            self.notify(Tone::Warning, tr!("That is no title"), now.instant);
            return Vec::new();
        }
        let text = tr!("This conversation is called “{title}”", title);
        self.notify(Tone::Info, text, now.instant);
        self.keeping.head.title.clone_from(&title);
        if let Some(id) = self.keeping.conversation() {
            self.keep(Change::Rename(id, title));
        }
        Vec::new()
    }

    /// Asks the model for a summary, and shows it as it comes.
    pub(super) fn ask_for_summary(&mut self, now: Now) -> Vec<Effect> {
        let last = self.conversation.last().map(|turn| turn.id);
        if self.conversation.way(last).is_empty() {
            let text = tr!("There is nothing to summarize yet");
            self.notify(Tone::Info, text, now.instant);
            return Vec::new();
        }
        let effects = self.run_errand(Purpose::Summary, last, SUMMARY_PROMPT, now);
        if !effects.is_empty() {
            self.overlay = Some(Overlay::Summary(Reader::default()));
        }
        effects
    }

    fn run_errand(
        &mut self,
        purpose: Purpose,
        parent: Option<TurnId>,
        prompt: &str,
        now: Now,
    ) -> Vec<Effect> {
        if self.is_replying(now) {
            return Vec::new();
        }
        let mut effects = self.drop_errand();
        // Neither wants long thoughts, nor what was set for the conversation.
        let own = self.session.clone();
        self.session.thinking = Thinking::Off;
        self.session.params = Params::default();
        self.session.extras = Extras::default();
        let system = std::mem::take(&mut self.conversation.system_prompt);
        // Otherwise a window that is too full for a message would be too full for what makes room.
        let too_much = parent.map_or_else(Vec::new, |_| self.too_much_beside(prompt));
        let standings = self.swap_standings(&too_much, Standing::LeftOut);
        // What is left is sent: whether it fits is the provider's to say, not an estimate's.
        let allowed = std::mem::replace(&mut self.context.allowed, true);
        let prepared = self.prepare(parent, prompt, &[], Vec::new());
        self.context.allowed = allowed;
        for (turn, standing) in standings {
            self.swap_standings(&[turn], standing);
        }
        self.conversation.system_prompt = system;
        self.session = own;
        match prepared {
            Ok(prepared) => {
                let id = self.new_turn_id(now);
                self.errand = Some(Errand {
                    purpose,
                    live: Live::new(id, prepared.sent, now),
                    reply: Reply::default(),
                    done: false,
                    left_out: too_much.len(),
                });
                effects.push(Effect::Send(id, Box::new(prepared.request)));
            }
            Err(refusal) => self.notify(Tone::Error, refusal, now.instant),
        }
        effects
    }

    /// Whether messages of that id belong to a request that is no turn.
    pub(super) fn errand_is(&self, id: TurnId) -> bool {
        let errand = self.errand.as_ref();
        errand.is_some_and(|errand| errand.live.turn == id && !errand.done)
    }

    /// A request that is no turn moved on.
    pub(super) fn errand_progress(&mut self, progress: Progress, now: Now) -> Vec<Effect> {
        if let Some(errand) = &mut self.errand {
            errand.live.advance(&progress, now);
            if let Progress::Delta(delta) = progress {
                errand.reply.push(delta);
            }
        }
        Vec::new()
    }

    /// A request that is no turn failed.
    pub(super) fn errand_failed(&mut self, failure: &Failure, now: Now) -> Vec<Effect> {
        let purpose = self.errand.as_ref().map(|errand| errand.purpose);
        let _ = self.drop_errand();
        let what = match purpose {
            Some(Purpose::Summary) => tr!("No summary"),
            Some(Purpose::Title) | None => tr!("No title"),
        };
        let error = phrase::in_a_row([failure.what(), failure.next_step()]);
        let text = tr!("{what}: {error}", what, error);
        self.notify(Tone::Error, text, now.instant);
        Vec::new()
    }

    /// A request that is no turn is over.
    pub(super) fn errand_ended(&mut self, now: Now) -> Vec<Effect> {
        let Some(errand) = &mut self.errand else {
            return Vec::new();
        };
        errand.done = true;
        let answer = errand.reply.answer.as_str().trim();
        let said = !answer.is_empty();
        match errand.purpose {
            Purpose::Title => {
                let quotes = ['"', '“', '”', '「', '」', '《', '》', '.', '。'];
                let title = answer.trim_matches(quotes).to_owned();
                self.errand = None;
                if said {
                    return self.set_title(&title, now);
                }
                self.notify(Tone::Warning, tr!("The model gave no title"), now.instant);
            }
            Purpose::Summary if said => {}
            Purpose::Summary => {
                let _ = self.drop_errand();
                self.notify(Tone::Warning, tr!("The model gave no summary"), now.instant);
            }
        }
        Vec::new()
    }

    /// Stops a request that is no turn, and forgets what had come of it.
    pub(super) fn drop_errand(&mut self) -> Vec<Effect> {
        if matches!(self.overlay, Some(Overlay::Summary(_))) {
            self.overlay = None;
        }
        match self.errand.take() {
            Some(errand) if !errand.done => vec![Effect::Cancel(errand.live.turn)],
            _ => Vec::new(),
        }
    }

    /// Begins a new conversation with the summary that has come in the message box, before what
    /// was written there.
    pub(super) fn start_fresh(&mut self, now: Now) -> Vec<Effect> {
        let errand = self.errand.as_ref().filter(|errand| errand.done);
        let Some(summary) = errand.map(|errand| errand.reply.answer.as_str().trim().to_owned())
        else {
            return Vec::new();
        };
        let draft = self.composer.text();
        let system_prompt = self.conversation.system_prompt.clone();
        let title = continued(&self.keeping.head.title);
        let effects = self.new_conversation(now);
        // Its first message is a summary, which would make a poor title.
        self.keeping.head.title = title;
        self.conversation.system_prompt = system_prompt;
        self.composer.clear();
        let text = format!(
            "{}\n\n{summary}\n\n",
            tr!("Summary of our conversation so far:")
        );
        self.composer.paste(&text);
        self.composer.paste(&draft);
        let tokens = self
            .rates(&self.session.choice)
            .tokens(Extent::of(&summary));
        let text = tr!(
            "A new conversation; the summary (about {tokens} tokens) is in the message box",
            tokens = crate::chat::short_count(crate::chat::whole_tokens(tokens))
        );
        self.notify(Tone::Info, text, now.instant);
        effects
    }
}

/// The title of a conversation that goes on where another one of this title ends.
fn continued(title: &str) -> String {
    let continued = tr!(" (continued)");
    if title.is_empty() || title.ends_with(continued) {
        title.to_owned()
    } else {
        format!("{title}{continued}")
    }
}
