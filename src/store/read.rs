//! What is asked of a store: the list of conversations, and each of them.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use serde_json::Value;

use super::write::{put_together, row_id};
use super::{attached, draft, facts};
use crate::app::Choice;
use crate::app::library::{Head, Listed, Listing, Query, StoredConversation, Which};
use crate::chat::{
    Asked, Conversation, ConversationId, Estimate, Moment, Params, Rates, Reply, Text, Thinking,
    Timing, Turn, TurnId, Usage,
};

/// What a list's row is made of, in the order of [`listed`].
pub(super) const LISTED: &str =
    "id, title, provider, model, created, updated, offset_minutes, turns, bytes, pinned";

fn id(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(at)
        .map(|id| u64::try_from(id).unwrap_or(0))
}

fn count(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<u64>> {
    let count: Option<i64> = row.get(at)?;
    Ok(count.and_then(|count| u64::try_from(count).ok()))
}

/// A list's row.
pub(super) fn listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
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

/// The conversations that a query without words finds, `limit` at most: the pinned and then the
/// newest ones.
pub(super) fn list(store: &Connection, query: &Query, limit: usize) -> rusqlite::Result<Listing> {
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

/// How many turns are on a conversation's path: one of each place, whatever versions it has.
pub(super) fn turns_on_path(store: &Connection, id: ConversationId) -> rusqlite::Result<u64> {
    let mut places = store.prepare_cached(
        "SELECT parent, id FROM turns WHERE conversation = ?1 ORDER BY parent, chosen, id",
    )?;
    let places = places.query_map([row_id(id.0)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    // The one that was chosen last comes last, and so stays.
    let next: HashMap<Option<i64>, i64> = places.collect::<rusqlite::Result<_>>()?;
    let path = std::iter::successors(next.get(&None), |turn| next.get(&Some(**turn)));
    Ok(path.count() as u64)
}

/// A conversation with all its turns; `None` when there is none like that.
pub(super) fn load(
    store: &Connection,
    which: Which,
) -> rusqlite::Result<Option<StoredConversation>> {
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
                thinking, max_tokens, temperature, top_p, presence_penalty, extras, persona
             FROM conversations WHERE id = ?1 AND deleted IS NULL",
        )?
        .query_row([conversation], head)
        .optional()?;
    let Some(head) = head else {
        return Ok(None);
    };
    let mut kept = StoredConversation {
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
        persona: row.get(15)?,
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
