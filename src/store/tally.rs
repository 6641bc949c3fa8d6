//! What all turns together come to: tokens, costs as reported, and times.
//!
//! Sums are made by the database, for each model on each day; spreads for whatever is asked about,
//! since they can't be added up. A speed counts only turns whose tokens and times are both known.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{Connection, Row};

use crate::chat::Usage;

/// What every question is asked of. The day is the one where the user was. Whoever reports no
/// reasoning and sent none did not think. Of what earlier versions kept, only the beginnings of the
/// phases are known, and a reply with tool calls has times that are not its own. A file may have been
/// imported, so that no count is taken to be sane.
const KEPT: &str = "
WITH given AS (
    SELECT coalesce(date(sent + turns.offset_minutes * 60, 'unixepoch'), '') AS day,
        turns.provider AS provider, turns.model AS model,
        coalesce(input_tokens, 0) + coalesce(output_tokens, 0) > 0 AS counted,
        min(input_tokens, 1000000000000) AS input, min(output_tokens, 1000000000000) AS output,
        min(reasoning_tokens, 1000000000000) AS reasoning,
        min(cached_tokens, 1000000000000) AS cached, cost_usd,
        coalesce(calls, '[]') = '[]' AS plain, thinking_us AS thinking_time, answering_us AS answering_time,
        connected_us AS connected, first_reasoning_us AS first_reasoning, first_answer_us AS first_answer,
        end_us AS ended
    FROM turns JOIN conversations ON conversations.id = conversation
    WHERE deleted IS NULL AND state <> 'live'
), kept AS (
    SELECT *, CASE WHEN reasoning > 0 THEN min(reasoning, output)
                   WHEN first_reasoning IS NULL THEN 0 END AS thought,
        CASE WHEN measured THEN thinking_time
             WHEN plain THEN coalesce(first_answer, ended) - first_reasoning END AS thinking_us,
        CASE WHEN measured THEN answering_time WHEN plain THEN ended - first_answer END AS answering_us
    FROM (SELECT *, coalesce(thinking_time, answering_time) IS NOT NULL AS measured FROM given)
)";

/// Shorter times are those of a reply that came whole: they tell nothing about its speed.
const LEAST_MICROS: u32 = 50_000;

/// What some turns come to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// How many there are.
    pub turns: u64,
    /// How many of them have token counts.
    pub counted: u64,
    /// Their counts, and the costs that were reported.
    pub usage: Usage,
    /// How many have counts and no reported cost.
    pub without_cost: u64,
    /// The counts of those.
    pub without_cost_usage: Usage,
    /// Output of the turns of which it is known how much was thinking.
    pub told_apart: u64,
    /// How much of that was thinking.
    pub thought: u64,
    /// Tokens of thinking whose time is known, and that time.
    pub thinking: Pace,
    /// Tokens of answers whose time is known, and that time.
    pub answering: Pace,
}

/// Tokens and the time that they took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    /// Tokens.
    pub tokens: u64,
    /// Their time.
    pub time: Duration,
}

/// The turns with one model on one day.
#[derive(Debug, Clone, PartialEq)]
pub struct Tallied {
    /// The day where the user was: `2026-11-25`.
    pub day: String,
    /// The provider's id.
    pub provider: String,
    /// The model that was asked.
    pub model: String,
    /// What they come to.
    pub tally: Tally,
}

/// The times until something came, by what was asked about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waits {
    /// Until the server answered.
    pub connected: Spread,
    /// Until the first reasoning.
    pub first_reasoning: Spread,
    /// Until the first answer.
    pub first_answer: Spread,
    /// Until the reply was over.
    pub end: Spread,
}

/// How a time is spread over the turns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spread {
    /// Half of them took no longer; of an even number, the mean of the two in the middle.
    pub median: Option<Duration>,
    /// Nine of ten took no longer.
    pub ninth: Option<Duration>,
}

/// Which turns belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// All of them; the name is empty.
    All,
    /// By model: `provider/model`.
    Model,
    /// By day.
    Day,
    /// By both, with a space between: `2026-11-25 provider/model`.
    DayAndModel,
}

impl Group {
    fn sql(self) -> &'static str {
        match self {
            Self::All => "''",
            Self::Model => "provider || '/' || model",
            Self::Day => "day",
            Self::DayAndModel => "day || ' ' || provider || '/' || model",
        }
    }
}

impl Pace {
    /// Tokens a second.
    pub fn per_second(self) -> Option<f64> {
        let seconds = self.time.as_secs_f64();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a speed is shown with few digits"
        )]
        let tokens = self.tokens as f64;
        (self.tokens > 0 && seconds > 0.0).then(|| tokens / seconds)
    }

    fn add(&mut self, other: Self) {
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.time = self.time.saturating_add(other.time);
    }
}

impl Tally {
    /// Adds other turns.
    pub fn add(&mut self, other: &Self) {
        self.turns = self.turns.saturating_add(other.turns);
        self.counted = self.counted.saturating_add(other.counted);
        self.usage = self.usage.plus(&other.usage);
        self.without_cost = self.without_cost.saturating_add(other.without_cost);
        self.without_cost_usage = self.without_cost_usage.plus(&other.without_cost_usage);
        self.told_apart = self.told_apart.saturating_add(other.told_apart);
        self.thought = self.thought.saturating_add(other.thought);
        self.thinking.add(other.thinking);
        self.answering.add(other.answering);
    }

    /// The share of thinking in the output, 0 to 1.
    pub fn thinking_share(&self) -> Option<f64> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a share is shown with two digits"
        )]
        let share = self.thought as f64 / self.told_apart as f64;
        (self.told_apart > 0).then_some(share)
    }
}

/// The sums for each model on each day, oldest first.
pub(super) fn sums(store: &Connection) -> rusqlite::Result<Vec<Tallied>> {
    let sql = format!(
        "{KEPT}
        SELECT day, provider, model, count(*), sum(counted),
            sum(input), sum(output), sum(reasoning), sum(cached), sum(cost_usd),
            sum(counted AND cost_usd IS NULL),
            sum(input) FILTER (WHERE cost_usd IS NULL), sum(output) FILTER (WHERE cost_usd IS NULL),
            sum(min(cached, input)) FILTER (WHERE cost_usd IS NULL),
            sum(output) FILTER (WHERE thought IS NOT NULL), sum(thought),
            sum(thought) FILTER (WHERE thought > 0 AND thinking_us >= ?1),
            sum(thinking_us) FILTER (WHERE thought > 0 AND thinking_us >= ?1),
            sum(output - thought) FILTER (WHERE output > thought AND answering_us >= ?1),
            sum(answering_us) FILTER (WHERE output > thought AND answering_us >= ?1)
        FROM kept GROUP BY day, provider, model ORDER BY day, provider, model"
    );
    store
        .prepare(&sql)?
        .query_map([LEAST_MICROS], |row| {
            Ok(Tallied {
                day: row.get(0)?,
                provider: row.get(1)?,
                model: row.get(2)?,
                tally: tally(row)?,
            })
        })?
        .collect()
}

fn known(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<u64>> {
    let sum: Option<i64> = row.get(at)?;
    Ok(sum.and_then(|sum| u64::try_from(sum).ok()))
}

fn tally(row: &Row<'_>) -> rusqlite::Result<Tally> {
    let count = |at| known(row, at).map(Option::unwrap_or_default);
    let pace = |at| {
        Ok::<_, rusqlite::Error>(Pace {
            tokens: count(at)?,
            time: Duration::from_micros(count(at + 1)?),
        })
    };
    Ok(Tally {
        turns: count(3)?,
        counted: count(4)?,
        usage: Usage {
            input_tokens: known(row, 5)?,
            output_tokens: known(row, 6)?,
            reasoning_tokens: known(row, 7)?,
            cached_tokens: known(row, 8)?,
            cost_usd: row.get(9)?,
            ..Usage::default()
        },
        without_cost: count(10)?,
        without_cost_usage: Usage {
            input_tokens: known(row, 11)?,
            output_tokens: known(row, 12)?,
            cached_tokens: known(row, 13)?,
            ..Usage::default()
        },
        told_apart: count(14)?,
        thought: count(15)?,
        thinking: pace(16)?,
        answering: pace(18)?,
    })
}

/// The waits of each group, by its name.
pub(super) fn waits(store: &Connection, group: Group) -> rusqlite::Result<BTreeMap<String, Waits>> {
    let mut waits: BTreeMap<String, Waits> = BTreeMap::new();
    let mut read = |column, of: fn(&mut Waits) -> &mut Spread| {
        for (name, spread) in spreads(store, group, column)? {
            *of(waits.entry(name).or_default()) = spread;
        }
        Ok::<_, rusqlite::Error>(())
    };
    read("connected", |waits| &mut waits.connected)?;
    read("first_reasoning", |waits| &mut waits.first_reasoning)?;
    read("first_answer", |waits| &mut waits.first_answer)?;
    read("ended", |waits| &mut waits.end)?;
    Ok(waits)
}

/// How a column is spread, for each group.
fn spreads(
    store: &Connection,
    group: Group,
    column: &str,
) -> rusqlite::Result<Vec<(String, Spread)>> {
    let name = group.sql();
    let sql = format!(
        "{KEPT}, ranked AS (
            SELECT {name} AS name, {column} AS value,
                row_number() OVER (PARTITION BY {name} ORDER BY {column}) AS rank,
                count(*) OVER (PARTITION BY {name}) AS many
            FROM kept WHERE {column} IS NOT NULL
        )
        SELECT name,
            CAST(avg(value) FILTER (WHERE rank IN ((many + 1) / 2, (many + 2) / 2)) AS INTEGER),
            max(value) FILTER (WHERE rank = (many * 9 + 9) / 10)
        FROM ranked GROUP BY name"
    );
    store
        .prepare(&sql)?
        .query_map([], |row| {
            let time = |at| Ok::<_, rusqlite::Error>(known(row, at)?.map(Duration::from_micros));
            let spread = Spread {
                median: time(1)?,
                ninth: time(2)?,
            };
            Ok((row.get(0)?, spread))
        })?
        .collect()
}
