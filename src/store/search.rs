//! Searches: a query's words to the conversations in which they were said.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::read::{self, LISTED, listed};
use super::write::row_id;
use super::{asked, index, words};
use crate::app::library::{Hit, Listed, Listing, Query, Where, Word};
use crate::chat::{TurnId, earliest_of};

/// The most matches that are looked through for a page of conversations: a word that is everywhere
/// fills the page long before.
const MOST_MATCHES: usize = 20_000;

/// The conversations that a query finds, `limit` at most: without words the pinned and then the
/// newest ones, with words those whose title has them and then those in which they were said last.
pub(super) fn list(store: &Connection, query: &Query, limit: usize) -> rusqlite::Result<Listing> {
    if query.words.is_empty() {
        return read::list(store, query, limit);
    }
    let mut page = Page {
        store,
        query,
        limit,
        seen: HashSet::new(),
        listing: Listing::default(),
    };
    if matches!(query.place, None | Some(Where::Title)) {
        page.titles()?;
    }
    if query.place != Some(Where::Title) {
        page.turns()?;
    }
    Ok(page.listing)
}

/// A page of search results as it fills.
struct Page<'a> {
    store: &'a Connection,
    query: &'a Query,
    limit: usize,
    seen: HashSet<i64>,
    listing: Listing,
}

impl Page<'_> {
    /// Conversations whose title has the words.
    fn titles(&mut self) -> rusqlite::Result<()> {
        let Some(wanted) = words::query(&self.query.words, None, false) else {
            return Ok(());
        };
        let mut statement = self.store.prepare_cached(
            "SELECT rowid FROM search_titles WHERE search_titles MATCH ?1 ORDER BY rowid DESC",
        )?;
        let mut rows = statement.query([wanted])?;
        while let Some(row) = rows.next()? {
            let conversation = row.get(0)?;
            let Some(mut found) = self.conversation(conversation)? else {
                continue;
            };
            if !self.suits(&found) {
                continue;
            }
            if self.is_full() {
                return Ok(());
            }
            let shown = words::snippet(&found.title, &self.query.words);
            let (snippet, marks) = shown.unwrap_or_default();
            found.hit = Some(Hit {
                turn: None,
                place: Where::Title,
                snippet,
                marks,
            });
            self.seen.insert(conversation);
            self.listing.rows.push(found);
        }
        Ok(())
    }

    /// Conversations with a turn that has the words, those with the newest such turn first.
    fn turns(&mut self) -> rusqlite::Result<()> {
        let words = words::in_texts(&self.query.words);
        let paired = index::is_paired(self.store)?;
        let Some(wanted) = words::query(&words, self.query.place, paired) else {
            return Ok(());
        };
        let asked = match &self.query.model {
            Some(model) => Some(asked::turns(self.store, model)?),
            None => None,
        };
        if asked.as_ref().is_some_and(HashSet::is_empty) {
            return Ok(());
        }
        // A turn's id begins with the second when it was sent.
        let from = self
            .query
            .after
            .map_or(0, |after| row_id(earliest_of(after)));
        let until = self
            .query
            .before
            .map_or(i64::MAX, |before| row_id(earliest_of(before)));
        let mut statement = self.store.prepare_cached(
            "SELECT rowid FROM search WHERE search MATCH ?1 AND rowid >= ?2 AND rowid < ?3
             ORDER BY rowid DESC",
        )?;
        let mut rows = statement.query(params![wanted, from, until])?;
        let mut matches = 0;
        while let Some(row) = rows.next()? {
            let turn: i64 = row.get(0)?;
            if asked.as_ref().is_some_and(|asked| !asked.contains(&turn)) {
                continue;
            }
            matches += 1;
            if matches > MOST_MATCHES {
                self.listing.more = true;
                break;
            }
            let place: Option<i64> = self
                .store
                .prepare_cached("SELECT conversation FROM turns WHERE id = ?1")?
                .query_row([turn], |row| row.get(0))
                .optional()?;
            let Some(conversation) = place else {
                continue;
            };
            if !self.seen.insert(conversation) {
                self.tell_more_than_the_title(conversation, turn, &words)?;
                continue;
            }
            let Some(mut found) = self.conversation(conversation)? else {
                continue;
            };
            if self.is_full() {
                break;
            }
            found.hit = self.hit(turn, &words)?;
            self.listing.rows.push(found);
        }
        Ok(())
    }

    /// A title is on the row anyway: what was said is the better reason why it is there.
    fn tell_more_than_the_title(
        &mut self,
        conversation: i64,
        turn: i64,
        words: &[Word],
    ) -> rusqlite::Result<()> {
        let is_title = |row: &Listed| {
            let place = row.hit.as_ref().map(|hit| hit.place);
            row_id(row.id.0) == conversation && place == Some(Where::Title)
        };
        if let Some(at) = self.listing.rows.iter().position(is_title) {
            let hit = self.hit(turn, words)?;
            if let Some(row) = self.listing.rows.get_mut(at) {
                row.hit = hit.or_else(|| row.hit.take());
            }
        }
        Ok(())
    }

    /// Tells whether the page has no room for another one, which is noted.
    fn is_full(&mut self) -> bool {
        self.listing.more |= self.listing.rows.len() >= self.limit;
        self.listing.rows.len() >= self.limit
    }

    fn suits(&self, found: &Listed) -> bool {
        let query = self.query;
        let model = format!("{}/{}", found.provider, found.model).to_lowercase();
        query
            .model
            .as_ref()
            .is_none_or(|wanted| model.contains(wanted))
            && query
                .before
                .is_none_or(|before| found.created.unix_seconds < before)
            && query
                .after
                .is_none_or(|after| found.updated.unix_seconds >= after)
    }

    fn conversation(&self, conversation: i64) -> rusqlite::Result<Option<Listed>> {
        self.store
            .prepare_cached(&format!(
                "SELECT {LISTED} FROM conversations WHERE id = ?1 AND deleted IS NULL"
            ))?
            .query_row([conversation], listed)
            .optional()
    }

    /// Where in a turn the words are: in the text that has the most of them.
    fn hit(&self, turn: i64, words: &[Word]) -> rusqlite::Result<Option<Hit>> {
        let texts: Option<[String; 3]> = self
            .store
            .prepare_cached("SELECT prompt, answer, reasoning FROM texts WHERE turn = ?1")?
            .query_row([turn], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))
            .optional()?;
        let Some([prompt, answer, reasoning]) = texts else {
            return Ok(None);
        };
        let places = [
            (Where::Prompt, prompt),
            (Where::Answer, answer),
            (Where::Thinking, reasoning),
        ];
        Ok(best_hit(turn, places, self.query.place, words))
    }
}

fn best_hit(
    turn: i64,
    places: [(Where, String); 3],
    wanted: Option<Where>,
    words: &[Word],
) -> Option<Hit> {
    let mut best: Option<(usize, Where, String)> = None;
    for (place, text) in places {
        if wanted.is_some_and(|wanted| wanted != place) {
            continue;
        }
        let found = words::count(&text, words);
        if best.as_ref().is_none_or(|(most, ..)| found > *most) {
            best = Some((found, place, text));
        }
    }
    let (_, place, text) = best?;
    let (snippet, marks) = words::snippet(&text, words).unwrap_or_default();
    Some(Hit {
        turn: u64::try_from(turn).ok().map(TurnId),
        place,
        snippet,
        marks,
    })
}
