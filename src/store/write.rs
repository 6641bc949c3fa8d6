//! Changes as rows. Each change says how things are from now on, so carrying one out again does no
//! harm, and one whose conversation is gone meanwhile does nothing.

use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::words::beginning;
use super::{attached, facts, index};
use crate::app::library::{Change, Grown, Head};
use crate::chat::{ConversationId, Turn, TurnId, TurnState};

/// The most messages that Up can bring back from earlier programs.
const MOST_TYPED: u32 = 500;
/// Longer messages are not kept a second time for Up.
const MOST_TYPED_BYTES: usize = 64 * 1024;

/// An id as SQLite counts: ids have 60 bits.
pub(super) fn row_id(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

/// A count as SQLite has them.
fn whole(count: Option<u64>) -> Option<i64> {
    count.map(|count| i64::try_from(count).unwrap_or(i64::MAX))
}

/// Carries a change out. `writer` tells whose live turns are whose. Returns the conversation that
/// was not there before, if it is now.
pub(super) fn apply(
    store: &Connection,
    change: &Change,
    writer: &str,
) -> rusqlite::Result<Option<ConversationId>> {
    let done = match change {
        Change::Head(head) => return Ok(put_head(store, head)?.then_some(head.id)),
        Change::Turn(conversation, turn) => put_turn(store, *conversation, turn, writer),
        Change::Grow {
            turn,
            reasoning,
            answer,
        } => {
            grow(store, *turn, "reasoning", reasoning.as_ref())?;
            grow(store, *turn, "answer", answer.as_ref())
        }
        Change::Choose(turn) => choose(store, *turn),
        Change::DropTurns(turns) => {
            for turn in turns {
                drop_turn(store, *turn)?;
            }
            Ok(())
        }
        Change::Rename(conversation, title) => rename(store, *conversation, title),
        Change::Pin(conversation, pinned) => store
            .prepare_cached("UPDATE conversations SET pinned = ?2 WHERE id = ?1")?
            .execute(params![row_id(conversation.0), pinned])
            .map(drop),
        Change::Delete(conversation) => store
            .prepare_cached("UPDATE conversations SET deleted = unixepoch() WHERE id = ?1")?
            .execute([row_id(conversation.0)])
            .map(drop),
        Change::Undelete(conversation) => store
            .prepare_cached("UPDATE conversations SET deleted = NULL WHERE id = ?1")?
            .execute([row_id(conversation.0)])
            .map(drop),
        Change::Draft(conversation, text) => draft(store, *conversation, text),
        Change::DraftFiles(conversation, files) => attached::put_draft(store, *conversation, files),
        Change::Typed(conversation, text) => typed(store, *conversation, text),
    };
    done.map(|()| None)
}

/// Tells whether the conversation was not there before.
fn put_head(store: &Connection, head: &Head) -> rusqlite::Result<bool> {
    let id = row_id(head.id.0);
    let mut statement = store.prepare_cached("SELECT 1 FROM conversations WHERE id = ?1")?;
    let is_new = !statement.exists([id])?;
    if is_new {
        index::add_title(store, id, &head.title)?;
    }
    store
        .prepare_cached(
            "INSERT INTO conversations (id, title, pinned, system_prompt, created, updated,
                offset_minutes, provider, model, thinking, max_tokens, temperature, top_p, presence_penalty, extras, persona)
             VALUES (:id, :title, :pinned, :system, :created, :updated, :offset, :provider, :model,
                :thinking, :max_tokens, :temperature, :top_p, :presence_penalty, :extras, :persona)
             ON CONFLICT (id) DO UPDATE SET system_prompt = :system, updated = max(updated, :updated),
                offset_minutes = :offset, provider = :provider, model = :model, thinking = :thinking,
                max_tokens = :max_tokens, temperature = :temperature, top_p = :top_p,
                presence_penalty = :presence_penalty, extras = :extras, persona = :persona,
                deleted = NULL",
        )?
        .execute(named_params! {
            ":id": id,
            ":title": head.title,
            ":pinned": head.pinned,
            ":system": head.system_prompt,
            ":created": head.created.unix_seconds,
            ":updated": head.updated.unix_seconds,
            ":offset": head.updated.offset_minutes,
            ":provider": head.choice.provider,
            ":model": head.choice.model,
            ":thinking": head.thinking.word(),
            ":max_tokens": whole(head.params.max_tokens),
            ":temperature": head.params.temperature,
            ":top_p": head.params.top_p,
            ":presence_penalty": head.params.presence_penalty,
            ":extras": head.extras.to_string(),
            ":persona": head.persona,
        })
        .map(|_| is_new)
}

fn put_turn(
    store: &Connection,
    conversation: ConversationId,
    turn: &Turn,
    writer: &str,
) -> rusqlite::Result<()> {
    let id = row_id(turn.id.0);
    let there: Option<bool> = store
        .prepare_cached("SELECT indexed FROM turns WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    if there == Some(true) {
        index::remove_turn(store, id)?;
    }
    let is_live = turn.is_live();
    let reply = &turn.reply;
    let (asked, usage, timing) = (&turn.asked, reply.total_usage(), &turn.timing);
    let micros = |time: Option<std::time::Duration>| {
        time.map(|time| i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
    };
    let json = |value: serde_json::Value| value.to_string();
    let failure = match &turn.state {
        TurnState::Failed(failure) => Some(json(facts::failure_json(failure))),
        TurnState::Live | TurnState::Done | TurnState::Stopped | TurnState::Interrupted => None,
    };
    let bytes = turn.prompt.len() + reply.reasoning.len() + reply.answer.len();
    let changed = store
        .prepare_cached(
            "INSERT INTO turns (id, conversation, parent, chosen, state, writer, indexed, standing, bytes, sent,
                offset_minutes, provider, model, served_model, thinking, max_tokens, temperature, top_p,
                presence_penalty, finish, connected_us, first_reasoning_us, first_answer_us, end_us,
                input_tokens, output_tokens, reasoning_tokens, cached_tokens, cache_write_tokens,
                total_tokens, searches, cost_usd, failure, remarks, calls, sources, extras,
                thinking_us, answering_us)
             SELECT :id, :conversation, (SELECT id FROM turns WHERE id = :parent),
                (SELECT 1 + coalesce(max(chosen), 0) FROM turns
                 WHERE conversation = :conversation AND parent IS :parent),
                :state, :writer, 0, :standing, :bytes, :sent,
                :offset, :provider, :model, :served, :thinking, :max_tokens, :temperature, :top_p,
                :presence_penalty, :finish, :connected, :first_reasoning, :first_answer, :end,
                :input_tokens, :output_tokens, :reasoning_tokens, :cached_tokens, :cache_write_tokens,
                :total_tokens, :searches, :cost_usd, :failure, :remarks, :calls, :sources, :extras,
                :thinking_time, :answering_time
             WHERE EXISTS (SELECT 1 FROM conversations WHERE id = :conversation)
             ON CONFLICT (id) DO UPDATE SET state = :state, writer = :writer, indexed = 0,
                standing = :standing, bytes = :bytes, served_model = :served, finish = :finish, connected_us = :connected,
                first_reasoning_us = :first_reasoning, first_answer_us = :first_answer, end_us = :end,
                thinking_us = :thinking_time, answering_us = :answering_time,
                input_tokens = :input_tokens, output_tokens = :output_tokens,
                reasoning_tokens = :reasoning_tokens, cached_tokens = :cached_tokens,
                cache_write_tokens = :cache_write_tokens, total_tokens = :total_tokens,
                searches = :searches, cost_usd = :cost_usd, failure = :failure, remarks = :remarks,
                calls = :calls, sources = :sources",
        )?
        .execute(named_params! {
            ":id": id,
            ":conversation": row_id(conversation.0),
            ":parent": turn.parent.map(|parent| row_id(parent.0)),
            ":state": facts::state_word(&turn.state),
            ":writer": is_live.then_some(writer),
            ":standing": facts::standing_word(turn.standing),
            ":bytes": i64::try_from(bytes).unwrap_or(i64::MAX),
            ":sent": turn.sent.unix_seconds,
            ":offset": turn.sent.offset_minutes,
            ":provider": asked.provider,
            ":model": asked.model,
            ":served": reply.served_model,
            ":thinking": asked.thinking.word(),
            ":max_tokens": whole(asked.params.max_tokens),
            ":temperature": asked.params.temperature,
            ":top_p": asked.params.top_p,
            ":presence_penalty": asked.params.presence_penalty,
            ":extras": asked.extras.to_string(),
            ":finish": reply.finish.as_ref().map(facts::finish_word),
            ":connected": micros(timing.connected),
            ":first_reasoning": micros(timing.first_reasoning),
            ":first_answer": micros(timing.first_answer),
            ":end": micros(timing.end),
            ":thinking_time": micros(timing.thinking),
            ":answering_time": micros(timing.answering),
            ":input_tokens": whole(usage.input_tokens),
            ":output_tokens": whole(usage.output_tokens),
            ":reasoning_tokens": whole(usage.reasoning_tokens),
            ":cached_tokens": whole(usage.cached_tokens),
            ":cache_write_tokens": whole(usage.cache_write_tokens),
            ":total_tokens": whole(usage.total_tokens),
            ":searches": whole(usage.searches),
            ":cost_usd": usage.cost_usd,
            ":failure": failure,
            ":remarks": (!reply.remarks.is_empty()).then(|| json(facts::remarks_json(&reply.remarks))),
            ":calls": (!reply.calls.is_empty()).then(|| json(facts::calls_json(&reply.calls))),
            ":sources": (!reply.sources.is_empty()).then(|| json(facts::sources_json(&reply.sources))),
        })?;
    if changed == 0 {
        // The conversation was deleted meanwhile, perhaps by another program.
        return Ok(());
    }
    if there.is_none() {
        attached::put(store, id, &turn.attachments)?;
    }
    put_texts(store, turn)?;
    if !is_live {
        index::add_turn(store, id)?;
    }
    Ok(())
}

/// Writes a turn's texts, whole: there is no piece of them that is newer.
fn put_texts(store: &Connection, turn: &Turn) -> rusqlite::Result<()> {
    let id = row_id(turn.id.0);
    let reply = &turn.reply;
    store
        .prepare_cached("DELETE FROM pieces WHERE turn = ?1")?
        .execute([id])?;
    store
        .prepare_cached(
            "INSERT INTO texts (turn, prompt, reasoning, answer) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (turn) DO UPDATE SET prompt = ?2, reasoning = ?3, answer = ?4",
        )?
        .execute(params![
            id,
            turn.prompt,
            reply.reasoning.as_str(),
            reply.answer.as_str()
        ])
        .map(drop)
}

/// A turn's prompt, reasoning and answer.
pub(super) fn texts(
    store: &Connection,
    id: i64,
) -> rusqlite::Result<Option<(String, String, String)>> {
    store
        .prepare_cached("SELECT prompt, reasoning, answer FROM texts WHERE turn = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()
}

fn grow(
    store: &Connection,
    turn: TurnId,
    part: &str,
    grown: Option<&Grown>,
) -> rusqlite::Result<()> {
    let Some(grown) = grown else {
        return Ok(());
    };
    store
        .prepare_cached(
            "INSERT INTO pieces (turn, part, keep_bytes, text)
             SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (SELECT 1 FROM turns WHERE id = ?1 AND state = 'live')",
        )?
        .execute(params![
            row_id(turn.0),
            part,
            i64::try_from(grown.keep_bytes).unwrap_or(i64::MAX),
            grown.text
        ])
        .map(drop)
}

fn choose(store: &Connection, turn: TurnId) -> rusqlite::Result<()> {
    store
        .prepare_cached(
            "UPDATE turns SET chosen = (SELECT 1 + max(sibling.chosen) FROM turns sibling
                WHERE sibling.conversation = turns.conversation AND sibling.parent IS turns.parent)
             WHERE id = ?1",
        )?
        .execute([row_id(turn.0)])
        .map(drop)
}

/// Removes a turn and what follows it.
fn drop_turn(store: &Connection, turn: TurnId) -> rusqlite::Result<()> {
    let all: Vec<i64> = store
        .prepare_cached(
            "WITH RECURSIVE branch (id) AS (
                SELECT id FROM turns WHERE id = ?1
                UNION SELECT turns.id FROM turns JOIN branch ON parent = branch.id
             ) SELECT id FROM turns JOIN branch USING (id) WHERE indexed",
        )?
        .query_map([row_id(turn.0)], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in all {
        index::remove_turn(store, id)?;
    }
    store
        .prepare_cached("DELETE FROM turns WHERE id = ?1")?
        .execute([row_id(turn.0)])
        .map(drop)
}

fn rename(store: &Connection, conversation: ConversationId, title: &str) -> rusqlite::Result<()> {
    let id = row_id(conversation.0);
    if !index::remove_title(store, id)? {
        return Ok(());
    }
    store
        .prepare_cached("UPDATE conversations SET title = ?2 WHERE id = ?1")?
        .execute(params![id, title])?;
    index::add_title(store, id, title)
}

/// Removes a conversation for good, with its words in the index. What is left of it in free pages
/// is overwritten with zeros (`secure_delete`); the log goes with the next [`super::file::flush_log`].
pub(super) fn purge(store: &Connection, id: i64) -> rusqlite::Result<()> {
    let turns: Vec<i64> = store
        .prepare_cached("SELECT id FROM turns WHERE conversation = ?1 AND indexed")?
        .query_map([id], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for turn in turns {
        index::remove_turn(store, turn)?;
    }
    if index::remove_title(store, id)? {
        store
            .prepare_cached("DELETE FROM conversations WHERE id = ?1")?
            .execute([id])?;
    }
    Ok(())
}

/// Those of these conversations that are still deleted: another program may have gone on with one.
pub(super) fn still_deleted(
    store: &Connection,
    ids: &[ConversationId],
) -> rusqlite::Result<Vec<i64>> {
    let mut deleted = store
        .prepare_cached("SELECT 1 FROM conversations WHERE id = ?1 AND deleted IS NOT NULL")?;
    let mut still = Vec::new();
    for id in ids {
        if deleted.exists([row_id(id.0)])? {
            still.push(row_id(id.0));
        }
    }
    Ok(still)
}

/// The conversations that were deleted at least so many seconds ago.
pub(super) fn deleted(store: &Connection, seconds: i64) -> rusqlite::Result<Vec<i64>> {
    store
        .prepare_cached("SELECT id FROM conversations WHERE deleted <= unixepoch() - ?1")?
        .query_map([seconds], |row| row.get(0))?
        .collect()
}

/// Puts a turn's pieces together and marks it as interrupted: nobody writes it any more.
pub(super) fn interrupt(store: &Connection, id: i64) -> rusqlite::Result<()> {
    if let Some((prompt, mut reasoning, mut answer)) = texts(store, id)? {
        put_together(store, id, &mut reasoning, &mut answer)?;
        let bytes = prompt.len() + reasoning.len() + answer.len();
        store
            .prepare_cached("UPDATE texts SET reasoning = ?2, answer = ?3 WHERE turn = ?1")?
            .execute(params![id, reasoning, answer])?;
        store
            .prepare_cached("UPDATE turns SET bytes = ?2 WHERE id = ?1")?
            .execute(params![id, i64::try_from(bytes).unwrap_or(i64::MAX)])?;
    }
    store
        .prepare_cached("DELETE FROM pieces WHERE turn = ?1")?
        .execute([id])?;
    store
        .prepare_cached("UPDATE turns SET state = 'interrupted', writer = NULL WHERE id = ?1")?
        .execute([id])?;
    index::add_turn(store, id)
}

/// Appends a live turn's pieces to its texts.
pub(super) fn put_together(
    store: &Connection,
    id: i64,
    reasoning: &mut String,
    answer: &mut String,
) -> rusqlite::Result<()> {
    let mut statement = store
        .prepare_cached("SELECT part, keep_bytes, text FROM pieces WHERE turn = ?1 ORDER BY id")?;
    let mut rows = statement.query([id])?;
    while let Some(row) = rows.next()? {
        let text = match row.get_ref(0)?.as_str()? {
            "reasoning" => &mut *reasoning,
            _ => &mut *answer,
        };
        let keep: i64 = row.get(1)?;
        let keep = usize::try_from(keep).unwrap_or(0).min(text.len());
        text.truncate(beginning(text, keep).len());
        text.push_str(row.get_ref(2)?.as_str()?);
    }
    Ok(())
}

fn draft(
    store: &Connection,
    conversation: Option<ConversationId>,
    text: &str,
) -> rusqlite::Result<()> {
    let slot = conversation.map_or(0, |id| row_id(id.0));
    if text.is_empty() {
        let mut statement = store.prepare_cached("DELETE FROM drafts WHERE conversation = ?1")?;
        return statement.execute([slot]).map(drop);
    }
    store
        .prepare_cached(
            "INSERT INTO drafts (conversation, text)
             SELECT ?1, ?2 WHERE ?1 = 0 OR EXISTS (SELECT 1 FROM conversations WHERE id = ?1)
             ON CONFLICT (conversation) DO UPDATE SET text = ?2",
        )?
        .execute(params![slot, text])
        .map(drop)
}

fn typed(
    store: &Connection,
    conversation: Option<ConversationId>,
    text: &str,
) -> rusqlite::Result<()> {
    if text.len() > MOST_TYPED_BYTES || text.trim().is_empty() {
        return Ok(());
    }
    let conversation = conversation.map(|id| row_id(id.0));
    store
        .prepare_cached(
            "INSERT INTO typed (conversation, text)
             SELECT ?1, ?2 WHERE ?1 IS NULL OR EXISTS (SELECT 1 FROM conversations WHERE id = ?1)",
        )?
        .execute(params![conversation, text])?;
    store
        .prepare_cached("DELETE FROM typed WHERE id <= (SELECT max(id) FROM typed) - ?1")?
        .execute([MOST_TYPED])
        .map(drop)
}
