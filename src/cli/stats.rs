//! `mmchat stats`: what all kept turns come to, by model and by day.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use serde_json::{Value, json};

use super::args::Options;
use super::history::{failed, shelf_to_read};
use super::json::to_text;
use super::setup::Environment;
use super::table::{self, Fit, Table};
use super::{Exit, Trouble, complain, screen, settings};
use crate::catalog::{Catalog, Currency, price};
use crate::chat::{safe, short_count};
use crate::phrase::tr;
use crate::store::Shelf;
use crate::store::tally::{Group, Pace, Spread, Tallied, Tally, Waits};
use split::{Cost, Split};

mod split;

/// Columns of the longest bar, in a window of eighty columns or more.
const BAR_COLS: usize = 12;
/// The same in a narrower window.
const SHORT_BAR_COLS: usize = 6;

/// Prints the figures: tables on a terminal, else a line for each model on each day.
pub(super) fn run(
    options: &Options,
    as_json: bool,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let (config, _) = settings::load(options)?;
    let figures = match shelf_to_read(options)? {
        Some(shelf) => Figures::read(&shelf, &config.catalog())?,
        None => Figures::default(),
    };
    if figures.rows.is_empty() {
        complain(tr!("there is nothing to count yet: no turns are kept"));
    }
    let mut out = io::stdout().lock();
    if as_json {
        writeln!(out, "{}", to_text(&figures.object()))?;
    } else if !io::stdout().is_terminal() {
        for row in &figures.rows {
            writeln!(out, "{}", row.fields())?;
        }
    } else if !figures.rows.is_empty() {
        let cols = table::terminal_cols().unwrap_or(80);
        let bars = Bars {
            ascii: screen::is_ascii(environment),
            cols: if cols < 80 { SHORT_BAR_COLS } else { BAR_COLS },
        };
        figures.tables(bars, &mut out)?;
    }
    out.flush()?;
    Ok(Exit::Success)
}

/// What some turns come to, and what the catalogue's prices add to it.
#[derive(Debug, Clone, Default)]
struct Sum {
    /// The day, the model, or both; what is not the same for all is empty.
    day: String,
    model: String,
    tally: Tally,
    waits: Waits,
    /// What turns without a reported cost cost by the list, in dollars and yuan.
    listed: Cost,
    /// What of the output was thinking, and what was the answer.
    split: Split,
    /// Turns with counts and neither a reported cost nor a price.
    without_price: u64,
}

/// All of it.
#[derive(Debug, Default)]
struct Figures {
    rows: Vec<Sum>,
    models: Vec<Sum>,
    days: Vec<Sum>,
    all: Sum,
}

impl Figures {
    fn read(shelf: &Shelf, catalog: &Catalog) -> Result<Self, Trouble> {
        let tallied = shelf.tallies().map_err(|error| failed(&error))?;
        let waits = |group| shelf.waits(group).map_err(|error| failed(&error));
        let mut rows: Vec<Sum> = tallied
            .into_iter()
            .map(|row| Sum::priced(row, catalog))
            .collect();
        let both = waits(Group::DayAndModel)?;
        for row in &mut rows {
            row.waits = wait(&both, &format!("{} {}", row.day, row.model));
        }
        let mut models = added(&rows, |row| (String::new(), row.model.clone()));
        let by_model = waits(Group::Model)?;
        for sum in &mut models {
            sum.waits = wait(&by_model, &sum.model);
        }
        // The one that is used most comes first.
        models.sort_by_key(|sum| std::cmp::Reverse(sum.tally.usage.output_tokens));
        let mut days = added(&rows, |row| (row.day.clone(), String::new()));
        let by_day = waits(Group::Day)?;
        for sum in &mut days {
            sum.waits = wait(&by_day, &sum.day);
        }
        let mut all = added(&rows, |_| (String::new(), String::new()))
            .pop()
            .unwrap_or_default();
        all.waits = wait(&waits(Group::All)?, "");
        Ok(Self {
            rows,
            models,
            days,
            all,
        })
    }

    fn object(&self) -> Value {
        let all = |sums: &[Sum]| sums.iter().map(Sum::object).collect::<Vec<_>>();
        json!({
            "total": self.all.object(),
            "models": all(&self.models),
            "days": all(&self.days),
        })
    }

    fn tables(&self, bars: Bars, out: &mut impl Write) -> io::Result<()> {
        let most = |sums: &[Sum]| sums.iter().map(Sum::output).max().unwrap_or(0);
        let row = |sum: &Sum, name: &str, most| {
            let [turns, input, output, cost, cached] = sum.amounts(bars);
            let bar = bars.draw(sum.output(), most);
            [name.to_owned(), turns, input, output, cost, cached, bar]
        };
        let columns = |name| {
            [
                (name, Fit::Name),
                (tr!("TURNS"), Fit::Figure),
                (tr!("INPUT"), Fit::Figure),
                (tr!("OUTPUT"), Fit::Figure),
                (tr!("COST"), Fit::Fact),
                (tr!("CACHED"), Fit::Spare),
                ("", Fit::Spare),
            ]
        };
        let models = self
            .models
            .iter()
            .map(|sum| row(sum, &sum.model, most(&self.models)));
        let all = std::iter::once(row(&self.all, tr!("all"), 0));
        let table = Table::new(columns(tr!("MODEL"))).rows(models.chain(all));
        table.write(out)?;
        writeln!(out)?;
        self.write_delays(bars, out)?;
        self.write_paces(bars, out)?;
        self.write_split(bars, out)?;
        let days = self
            .days
            .iter()
            .map(|sum| row(sum, &sum.day, most(&self.days)));
        Table::new(columns(tr!("DAY"))).rows(days).write(out)?;
        let (turns, counted) = (self.all.tally.turns, self.all.tally.counted);
        if counted < turns {
            let without = turns - counted;
            let note = tr!("Turns without reported token counts: {without}.", without);
            writeln!(out)?;
            table::write_note(out, &note)?;
        }
        if self.all.listed != Cost::default() {
            let note = tr!("~ by the catalogue's prices, where the provider reports no cost.");
            writeln!(out)?;
            table::write_note(out, note)?;
        }
        Ok(())
    }

    /// How long replies were waited for.
    fn write_delays(&self, bars: Bars, out: &mut impl Write) -> io::Result<()> {
        let columns = [
            (tr!("MODEL"), Fit::Name),
            (tr!("UNTIL"), Fit::Fact),
            (tr!("MEDIAN"), Fit::Figure),
            (tr!("9 IN 10"), Fit::Figure),
            ("", Fit::Spare),
        ];
        let longest = self.models.iter().flat_map(Sum::medians).max();
        let longest = longest.unwrap_or_default();
        let rows = self.models.iter().flat_map(|sum| sum.delays(bars, longest));
        Table::new(columns).rows(rows).write(out)?;
        writeln!(out)
    }

    /// How fast tokens came, and how many of them were thinking.
    fn write_paces(&self, bars: Bars, out: &mut impl Write) -> io::Result<()> {
        let columns = [
            (tr!("MODEL"), Fit::Name),
            (tr!("THINKING TOK/S"), Fit::Figure),
            (tr!("ANSWER TOK/S"), Fit::Figure),
            (tr!("THINKING"), Fit::Figure),
            ("", Fit::Spare),
        ];
        let rows = self.models.iter().map(|sum| sum.paces(bars));
        Table::new(columns).rows(rows).write(out)?;
        writeln!(out)
    }

    /// What thinking and answers cost apart, where that is known of any model.
    fn write_split(&self, bars: Bars, out: &mut impl Write) -> io::Result<()> {
        let rows = self.models.iter().filter_map(|sum| {
            let [thinking, answer] = sum.split.cells(bars)?;
            Some([sum.model.clone(), thinking, answer])
        });
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() {
            return Ok(());
        }
        let columns = [
            (tr!("MODEL"), Fit::Name),
            (tr!("COST OF THINKING"), Fit::Fact),
            (tr!("OF ANSWERS"), Fit::Fact),
        ];
        Table::new(columns).rows(rows).write(out)?;
        writeln!(out)
    }
}

fn wait(waits: &BTreeMap<String, Waits>, name: &str) -> Waits {
    waits.get(name).copied().unwrap_or_default()
}

/// The rows added up that have the same day and model, in that order.
fn added(rows: &[Sum], name: impl Fn(&Sum) -> (String, String)) -> Vec<Sum> {
    let mut sums: BTreeMap<(String, String), Sum> = BTreeMap::new();
    for row in rows {
        let (day, model) = name(row);
        let sum = sums.entry((day.clone(), model.clone())).or_default();
        (sum.day, sum.model) = (day, model);
        sum.tally.add(&row.tally);
        sum.listed = sum.listed.plus(row.listed);
        sum.split = sum.split.plus(row.split);
        sum.without_price += row.without_price;
    }
    sums.into_values().collect()
}

fn plus(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (either, or) => either.or(or),
    }
}

impl Sum {
    fn priced(row: Tallied, catalog: &Catalog) -> Self {
        let prices = catalog
            .provider(&row.provider)
            .and_then(|provider| provider.model(&row.model).prices);
        let priced = prices.and_then(|prices| {
            let amount = prices.cost(&row.tally.without_cost_usage)?;
            Some(Cost::of(amount, prices.currency))
        });
        Self {
            split: Split::of(&row.tally, prices),
            listed: priced.unwrap_or_default(),
            without_price: if priced.is_none() {
                row.tally.without_cost
            } else {
                0
            },
            model: format!("{}/{}", row.provider, row.model),
            day: row.day,
            tally: row.tally,
            waits: Waits::default(),
        }
    }

    fn output(&self) -> u64 {
        self.tally.usage.output_tokens.unwrap_or(0)
    }

    /// Turns, input, output, cost, cached, for people.
    fn amounts(&self, bars: Bars) -> [String; 5] {
        let usage = &self.tally.usage;
        let tokens = |count: Option<u64>| count.map_or_else(|| bars.dash().to_owned(), short_count);
        [
            self.tally.turns.to_string(),
            tokens(usage.input_tokens),
            tokens(usage.output_tokens),
            self.cost(bars),
            tokens(usage.cached_tokens),
        ]
    }

    /// What was reported, and what the list adds.
    fn cost(&self, bars: Bars) -> String {
        let reported = self.tally.usage.cost_usd.map(|usd| price("$", usd));
        let listed = self.listed.parts(bars);
        let parts: Vec<String> = reported.into_iter().chain(listed).collect();
        if parts.is_empty() {
            bars.dash().to_owned()
        } else {
            parts.join("+")
        }
    }

    /// The moments that a reply is waited for, and how long.
    fn moments(&self) -> [(&'static str, Spread); 4] {
        [
            (tr!("connected"), self.waits.connected),
            (tr!("1st thought"), self.waits.first_reasoning),
            (tr!("1st answer"), self.waits.first_answer),
            (tr!("end"), self.waits.end),
        ]
    }

    fn medians(&self) -> impl Iterator<Item = Duration> {
        let moments = self.moments().into_iter();
        moments.filter_map(|(_, spread)| spread.median)
    }

    /// A row for each moment that is known; their bars have one scale, to `longest`.
    fn delays(&self, bars: Bars, longest: Duration) -> Vec<[String; 5]> {
        let dash = || bars.dash().to_owned();
        let cell = |time: Option<Duration>| {
            time.map_or_else(dash, |time| format!("{:.1} s", time.as_secs_f64()))
        };
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let known = self.moments().into_iter();
        let known = known.filter_map(|(name, spread)| Some((name, spread, spread.median?)));
        known
            .enumerate()
            .map(|(at, (name, spread, median))| {
                let model = if at == 0 { self.model.as_str() } else { "" };
                let bar = bars.draw(micros(median), micros(longest));
                let (median, ninth) = (cell(Some(median)), cell(spread.ninth));
                [model.to_owned(), name.to_owned(), median, ninth, bar]
            })
            .collect()
    }

    fn paces(&self, bars: Bars) -> [String; 5] {
        let dash = || bars.dash().to_owned();
        let pace = |pace: Pace| {
            let pace = pace.per_second();
            pace.map_or_else(dash, |pace| format!("{pace:.0}"))
        };
        let tally = &self.tally;
        let share = tally.thinking_share();
        [
            self.model.clone(),
            pace(tally.thinking),
            pace(tally.answering),
            share.map_or_else(dash, |share| format!("{:.0}%", share * 100.0)),
            bars.draw(tally.thought, tally.told_apart),
        ]
    }

    /// A line for scripts, whose fields are described in docs/json.md.
    fn fields(&self) -> String {
        let count = |count: Option<u64>| count.map(|count| count.to_string());
        let amount = |amount: Option<f64>| amount.map(|amount| format!("{amount:.6}"));
        let seconds =
            |time: Option<Duration>| time.map(|time| format!("{:.3}", time.as_secs_f64()));
        let pace = |pace: Pace| pace.per_second().map(|pace| format!("{pace:.1}"));
        let (tally, usage) = (&self.tally, &self.tally.usage);
        let fields = [
            Some(self.day.clone()),
            Some(safe::one_line(&self.model)),
            Some(tally.turns.to_string()),
            count(usage.input_tokens),
            count(usage.cached_tokens),
            count(usage.output_tokens),
            count(usage.reasoning_tokens),
            amount(usage.cost_usd),
            amount(self.listed.usd),
            amount(self.listed.cny),
            seconds(self.waits.first_reasoning.median),
            seconds(self.waits.first_answer.median),
            pace(tally.thinking),
            pace(tally.answering),
            tally.thinking_share().map(|share| format!("{share:.3}")),
            seconds(self.waits.connected.median),
            seconds(self.waits.end.median),
            seconds(self.waits.connected.ninth),
            seconds(self.waits.first_reasoning.ninth),
            seconds(self.waits.first_answer.ninth),
            seconds(self.waits.end.ninth),
        ];
        fields.map(Option::unwrap_or_default).join("\t")
    }

    fn object(&self) -> Value {
        let (tally, usage) = (&self.tally, &self.tally.usage);
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
        let name = |name: &String| (!name.is_empty()).then(|| name.clone());
        let (provider, model) = self.model.split_once('/').unzip();
        json!({
            "day": name(&self.day),
            "provider": provider,
            "model": model,
            "turns": tally.turns,
            "turns_with_counts": tally.counted,
            "turns_without_price": self.without_price,
            "input_tokens": usage.input_tokens,
            "cached_tokens": usage.cached_tokens,
            "output_tokens": usage.output_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
            "thinking_share": tally.thinking_share(),
            "reported_cost_usd": usage.cost_usd,
            "list_cost_usd": self.listed.usd,
            "list_cost_cny": self.listed.cny,
            "list_thinking_cost_usd": self.split.thinking.usd,
            "list_thinking_cost_cny": self.split.thinking.cny,
            "list_answer_cost_usd": self.split.answer.usd,
            "list_answer_cost_cny": self.split.answer.cny,
            "connected_seconds": seconds(self.waits.connected.median),
            "first_reasoning_seconds": seconds(self.waits.first_reasoning.median),
            "first_answer_seconds": seconds(self.waits.first_answer.median),
            "total_seconds": seconds(self.waits.end.median),
            "connected_seconds_p90": seconds(self.waits.connected.ninth),
            "first_reasoning_seconds_p90": seconds(self.waits.first_reasoning.ninth),
            "first_answer_seconds_p90": seconds(self.waits.first_answer.ninth),
            "total_seconds_p90": seconds(self.waits.end.ninth),
            "thinking_tokens_per_second": tally.thinking.per_second(),
            "answer_tokens_per_second": tally.answering.per_second(),
        })
    }
}

/// How charts are drawn.
#[derive(Debug, Clone, Copy)]
struct Bars {
    ascii: bool,
    cols: usize,
}

impl Bars {
    /// Stands for what is not known.
    fn dash(self) -> &'static str {
        if self.ascii { "-" } else { "–" }
    }

    /// The sign of the yuan.
    fn yuan(self) -> &'static str {
        if self.ascii {
            "CNY "
        } else {
            Currency::Cny.sign()
        }
    }

    /// A bar whose length is to the longest one's as `value` is to `most`: in eighths of a column,
    /// and never nothing for something.
    fn draw(self, value: u64, most: u64) -> String {
        if most == 0 || value == 0 {
            return String::new();
        }
        let steps = if self.ascii { 1 } else { 8 };
        let long = self.cols * steps;
        let share = u128::from(value.min(most)) * u128::try_from(long).unwrap_or(0);
        let length = usize::try_from(share.div_ceil(u128::from(most))).unwrap_or(long);
        if self.ascii {
            return "#".repeat(length);
        }
        let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
        let end = part.get(length % 8).copied().unwrap_or_default();
        "█".repeat(length / 8) + end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share_and_never_nothing_for_something() {
        let bars = Bars {
            ascii: false,
            cols: 4,
        };
        let drawn = [0, 1, 50, 53, 100].map(|value| bars.draw(value, 100));
        assert_eq!(drawn, ["", "▏", "██", "██▏", "████"]);
        let ascii = Bars {
            ascii: true,
            cols: 4,
        };
        assert_eq!(
            [1, 50, 100].map(|value| ascii.draw(value, 100)),
            ["#", "##", "####"]
        );
        assert_eq!(bars.draw(u64::MAX, u64::MAX), "████");
        assert_eq!(bars.draw(3, 0), "");
    }

    #[test]
    fn waits_have_a_row_for_each_moment_that_is_known_and_one_scale() {
        let bars = Bars {
            ascii: true,
            cols: 4,
        };
        let seconds = |median, ninth| Spread {
            median: Some(Duration::from_secs(median)),
            ninth: Some(Duration::from_secs(ninth)),
        };
        let mut sum = Sum {
            model: "p/m".to_owned(),
            ..Sum::default()
        };
        sum.waits.connected = seconds(1, 1);
        sum.waits.first_answer = seconds(3, 180);
        let longest = sum.medians().max().unwrap();
        let rows: Vec<String> = sum
            .delays(bars, longest + Duration::from_secs(1))
            .iter()
            .map(|row| row.join("|"))
            .collect();
        assert_eq!(
            rows,
            [
                "p/m|connected|1.0 s|1.0 s|#",
                "|1st answer|3.0 s|180.0 s|###"
            ]
        );
    }

    #[test]
    fn reported_costs_and_those_by_the_list_are_told_apart() {
        let bars = Bars {
            ascii: true,
            cols: 4,
        };
        let mut sum = Sum::default();
        assert_eq!(sum.cost(bars), "-");
        sum.tally.usage.cost_usd = Some(1.5);
        sum.listed = Cost {
            usd: Some(0.25),
            cny: Some(2.0),
        };
        assert_eq!(sum.cost(bars), "$1.50+~$0.25+~CNY 2.00");
    }
}
