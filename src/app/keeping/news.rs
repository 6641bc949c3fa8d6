//! What the store says: answers to questions, and how it is.

use crate::app::library::StoreNews;
use crate::app::{App, Effect, Msg, Tone};
use crate::chat::Now;
use crate::phrase::tr;

impl App {
    /// The store says how it is.
    pub(in crate::app) fn store_news(&mut self, news: StoreNews, now: Now) {
        match news {
            StoreNews::Saved => {
                if self.keeping.trouble.take().is_some() {
                    self.notify(
                        Tone::Info,
                        tr!("Saving works again; nothing was lost"),
                        now.instant,
                    );
                }
            }
            StoreNews::Failing(why) | StoreNews::Gone(why) => {
                if self.keeping.trouble.as_ref() != Some(&why) {
                    self.notify(Tone::Error, why.clone(), now.instant);
                }
                self.keeping.trouble = Some(why);
            }
            StoreNews::Began(conversation) => {
                let is_new = self
                    .keeping
                    .begun
                    .take_if(|begun| *begun == conversation)
                    .is_some();
                if !is_new && self.keeping.conversation() == Some(conversation) {
                    self.keep_again(now.instant);
                }
            }
            StoreNews::Said(sentence) => self.notify(Tone::Warning, sentence, now.instant),
        }
    }

    /// Applies what the store says.
    pub(in crate::app) fn store_msg(&mut self, msg: Msg, now: Now) -> Vec<Effect> {
        match msg {
            Msg::Loaded(ticket, kept) => return self.loaded(ticket, kept, now),
            Msg::Peeked(ticket, turns) => self.take_preview(ticket, turns),
            Msg::Listed(ticket, listing) => return self.listed(ticket, listing, now),
            Msg::Recalled {
                draft,
                attached,
                typed,
            } => self.recalled(&draft, attached, typed),
            Msg::Store(news) => self.store_news(news, now),
            _ => {}
        }
        Vec::new()
    }
}
