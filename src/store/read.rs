//! What is asked of a store: lists, searches, conversations, drafts.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde_json::Value;

use super::words;
use super::write::{put_together, row_id};
use super::{asked, attached, draft, facts};
use crate::app::Choice;
use crate::app::library::{Head, Hit, Kept, Listed, Listing, Query, Where, Which, Word};
use crate::chat::{
    Asked, Conversation, ConversationId, Estimate, Moment, Params, Rates, Reply, Text, Thinking,
    Timing, Turn, TurnId, Usage, earliest_of,
};

/// The most matches that are looked through for a page of conversations: a word that is everywhere
/// fills the page long before.
const MOST_MATCHES: usize = 20_000;

/// What a list's row is made of, in the order of [`listed`].
const LISTED: &str =
    "id, title, provider, model, created, updated, offset_minutes, turns, bytes, pinned";

fn id(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(at)
        .map(|id| u64::try_from(id).unwrap_or(0))
}

fn count(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<u64>> {
    let count: Option<i64> = row.get(at)?;
    Ok(count.and_then(|count| u64::try_from(count).ok()))
}

fn listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    let offset_minutes = row.get(6)?;
    let moment = |unix_seconds| Moment {
        unix_seconds,
        offset_minutes,
    };
    Ok(Listed {
        id: ConversationId(id(row, 0)?),
        title: row.get(1)?,
        provider: row.get(2)?,
        model: row.get(3)?,
        created: moment(row.get(4)?),
        updated: moment(row.get(5)?),
        turns: count(row, 7)?.unwrap_or(0),
        bytes: count(row, 8)?.unwrap_or(0),
        pinned: row.get(9)?,
        hit: None,
    })
}

/// The conversations that a query finds, `limit` at most: without words the pinned and then the
/// newest ones, with words those whose title has them and then those in which they were said last.
pub(super) fn list(store: &Connection, query: &Query, limit: usize) -> rusqlite::Result<Listing> {
    if query.words.is_empty() {
        return list_all(store, query, limit);
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

/// Whether all that is indexed has its pairs in the index.
pub(super) fn is_paired(store: &Connection) -> rusqlite::Result<bool> {
    let unpaired = "SELECT 1 FROM turns WHERE indexed = 1 LIMIT 1";
    Ok(!store.prepare_cached(unpaired)?.exists([])?)
}

fn list_all(store: &Connection, query: &Query, limit: usize) -> rusqlite::Result<Listing> {
    let mut sql = format!("SELECT {LISTED} FROM conversations WHERE deleted IS NULL");
    let mut values: Vec<Sql> = Vec::new();
    if let Some(model) = &query.model {
        sql.push_str(" AND instr(lower(provider || '/' || model), ?)");
        values.push(Sql::Text(model.clone()));
    }
    if let Some(before) = query.before {
        sql.push_str(" AND created < ?");
        values.push(Sql::Integer(before));
    }
    if let Some(after) = query.after {
        sql.push_str(" AND updated >= ?");
        values.push(Sql::Integer(after));
    }
    sql.push_str(" ORDER BY pinned DESC, updated DESC LIMIT ?");
    let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    values.push(Sql::Integer(most));
    let mut statement = store.prepare_cached(&sql)?;
    let mut rows: Vec<Listed> = statement
        .query_map(params_from_iter(values), listed)?
        .collect::<rusqlite::Result<_>>()?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(Listing { rows, more })
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
        let paired = is_paired(self.store)?;
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

/// The conversations whose ids lie in this range, the newest first; ten at most.
pub(super) fn named(
    store: &Connection,
    ids: &RangeInclusive<ConversationId>,
) -> rusqlite::Result<Vec<Listed>> {
    store
        .prepare_cached(&format!(
            "SELECT {LISTED} FROM conversations WHERE id BETWEEN ?1 AND ?2 AND deleted IS NULL
             ORDER BY id DESC LIMIT 10"
        ))?
        .query_map([row_id(ids.start().0), row_id(ids.end().0)], listed)?
        .collect()
}

/// A conversation with all its turns; `None` when there is none like that.
pub(super) fn load(store: &Connection, which: Which) -> rusqlite::Result<Option<Kept>> {
    let newest =
        "SELECT id FROM conversations WHERE deleted IS NULL ORDER BY updated DESC, id DESC LIMIT 1";
    let conversation = match which {
        Which::Id(id) => row_id(id.0),
        Which::Last => match store
            .prepare_cached(newest)?
            .query_row([], |row| row.get(0))
            .optional()?
        {
            Some(id) => id,
            None => return Ok(None),
        },
    };
    // One state of the store for all of it, whatever others write meanwhile.
    let reading = store.unchecked_transaction()?;
    let head = reading
        .prepare_cached(
            "SELECT id, title, pinned, system_prompt, created, updated, offset_minutes, provider, model,
                thinking, max_tokens, temperature, top_p, presence_penalty, extras
             FROM conversations WHERE id = ?1 AND deleted IS NULL",
        )?
        .query_row([conversation], head)
        .optional()?;
    let Some(head) = head else {
        return Ok(None);
    };
    let mut kept = Kept {
        conversation: Conversation::new(head.system_prompt.clone()),
        head,
        draft: draft::text(&reading, conversation)?,
        attached: attached::draft(&reading, conversation)?,
    };
    turns(&reading, conversation, &mut kept.conversation)?;
    attached::load(&reading, conversation, &mut kept.conversation)?;
    Ok(Some(kept))
}

fn head(row: &Row<'_>) -> rusqlite::Result<Head> {
    let offset_minutes = row.get(6)?;
    let moment = |unix_seconds| Moment {
        unix_seconds,
        offset_minutes,
    };
    Ok(Head {
        id: ConversationId(id(row, 0)?),
        title: row.get(1)?,
        pinned: row.get(2)?,
        system_prompt: row.get(3)?,
        created: moment(row.get(4)?),
        updated: moment(row.get(5)?),
        choice: Choice {
            provider: row.get(7)?,
            model: row.get(8)?,
        },
        thinking: thinking(row, 9)?,
        params: sampling(row, 10)?,
        extras: row.get_ref(14)?.as_str()?.into(),
    })
}

fn thinking(row: &Row<'_>, at: usize) -> rusqlite::Result<Thinking> {
    Ok(row.get_ref(at)?.as_str()?.parse().unwrap_or_default())
}

fn sampling(row: &Row<'_>, at: usize) -> rusqlite::Result<Params> {
    Ok(Params {
        max_tokens: count(row, at)?,
        temperature: row.get(at + 1)?,
        top_p: row.get(at + 2)?,
        presence_penalty: row.get(at + 3)?,
    })
}

/// Puts a conversation's turns in their places.
fn turns(store: &Connection, conversation: i64, into: &mut Conversation) -> rusqlite::Result<()> {
    let mut statement = store.prepare_cached(
        "SELECT turns.id, parent, chosen, state, sent, offset_minutes, provider, model, served_model,
            thinking, max_tokens, temperature, top_p, presence_penalty, finish, connected_us,
            first_reasoning_us, first_answer_us, end_us, input_tokens, output_tokens, reasoning_tokens,
            cached_tokens, cache_write_tokens, total_tokens, searches, cost_usd, failure, remarks, calls,
            sources, coalesce(prompt, ''), coalesce(reasoning, ''), coalesce(answer, ''), standing, extras,
            thinking_us, answering_us
         FROM turns LEFT JOIN texts ON turn = turns.id WHERE conversation = ?1 ORDER BY turns.id",
    )?;
    let mut rows = statement.query([conversation])?;
    let mut chosen: Vec<(i64, TurnId)> = Vec::new();
    while let Some(row) = rows.next()? {
        let mut texts = [row.get::<_, String>(32)?, row.get(33)?];
        if row.get_ref(3)?.as_str()? == "live" {
            let [reasoning, answer] = &mut texts;
            put_together(store, row.get(0)?, reasoning, answer)?;
        }
        let turn = turn(row, texts)?;
        chosen.push((row.get(2)?, turn.id));
        into.put(turn);
    }
    chosen.sort_unstable();
    for (_, turn) in chosen {
        into.choose(turn);
    }
    Ok(())
}

fn turn(row: &Row<'_>, [reasoning, answer]: [String; 2]) -> rusqlite::Result<Turn> {
    let own = id(row, 0)?;
    let micros = |at| Ok::<_, rusqlite::Error>(count(row, at)?.map(Duration::from_micros));
    let json = |at| {
        let text: Option<String> = row.get(at)?;
        Ok::<_, rusqlite::Error>(text.and_then(|text| serde_json::from_str::<Value>(&text).ok()))
    };
    let failure = json(27)?.as_ref().and_then(facts::failure);
    let prompt: String = row.get(31)?;
    let finish: Option<String> = row.get(14)?;
    // A parent is older than its child: anything else would go round in a circle.
    let parent = count(row, 1)?.filter(|parent| *parent < own).map(TurnId);
    let mut turn = Turn {
        id: TurnId(own),
        parent,
        sent: Moment {
            unix_seconds: row.get(4)?,
            offset_minutes: row.get(5)?,
        },
        asked: Asked {
            provider: row.get(6)?,
            model: row.get(7)?,
            thinking: thinking(row, 9)?,
            params: sampling(row, 10)?,
            extras: row.get_ref(35)?.as_str()?.into(),
        },
        state: facts::state(row.get_ref(3)?.as_str()?, failure),
        timing: Timing::kept(
            [micros(15)?, micros(16)?, micros(17)?, micros(18)?],
            [micros(36)?, micros(37)?],
        ),
        attachments: Vec::new(),
        estimate: Estimate::of(&prompt, &reasoning, &answer),
        rates: Rates::default(),
        json: None,
        standing: facts::standing(row.get_ref(34)?.as_str()?),
        reply: Reply {
            reasoning: Text::from(reasoning),
            answer: Text::from(answer),
            calls: json(29)?.as_ref().map(facts::calls).unwrap_or_default(),
            sources: json(30)?.as_ref().map(facts::sources).unwrap_or_default(),
            served_model: row.get(8)?,
            remarks: json(28)?.as_ref().map(facts::remarks).unwrap_or_default(),
            finish: finish.as_deref().map(facts::finish),
            ..Reply::default()
        },
        prompt,
    };
    turn.reply.set_total_usage(Usage {
        input_tokens: count(row, 19)?,
        output_tokens: count(row, 20)?,
        reasoning_tokens: count(row, 21)?,
        cached_tokens: count(row, 22)?,
        cache_write_tokens: count(row, 23)?,
        total_tokens: count(row, 24)?,
        searches: count(row, 25)?,
        cost_usd: row.get(26)?,
    });
    Ok(turn)
}
