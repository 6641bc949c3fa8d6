//! What the store costs as it grows: list, search, open and append at one and at ten thousand
//! conversations.
//!
//! `cargo bench --bench store` prints the figures and writes them to `BENCHMARKS.md`; nothing is
//! asserted, since they depend on the machine. Each conversation has four turns of mixed English and Chinese with reasoning, about
//! 10 KB; `MMCHAT_BENCH_KB` makes them larger (100 makes the larger store a gigabyte).
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a bench measures, prints and may panic"
)]

#[path = "report/section.rs"]
mod section;

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use mmchat::app::library::{Change, Grown, Head, Query, Which};
use mmchat::chat::{Asked, Conversation, ConversationId, Delta, Ids, Moment, TurnId, TurnState};
use mmchat::store::Shelf;

const SIZES: [usize; 2] = [1_000, 10_000];
const TURNS: usize = 4;
const ROUNDS: usize = 200;
/// 2026-01-01.
const BEGIN: i64 = 1_767_225_600;

const ENGLISH: [&str; 24] = [
    "the", "model", "answers", "quickly", "and", "then", "thinks", "about", "rust", "async",
    "code", "that", "compiles", "without", "warnings", "because", "every", "test", "passes",
    "while", "nobody", "looks", "at", "it",
];
const CHINESE: [&str; 12] = [
    "今天", "天气", "很好", "模型", "回答", "问题", "异步", "编程", "量子", "计算", "北京", "上海",
];

fn moment(at: usize) -> Moment {
    Moment {
        unix_seconds: BEGIN + i64::try_from(at).unwrap() * 600,
        offset_minutes: 0,
    }
}

fn text(random: &mut fastrand::Rng, bytes: usize) -> String {
    let mut out = String::with_capacity(bytes + 16);
    while out.len() < bytes {
        if random.u8(..) < 80 {
            out.push_str(CHINESE[random.usize(..CHINESE.len())]);
        } else {
            let _ = write!(out, " {}", ENGLISH[random.usize(..ENGLISH.len())]);
        }
        // Words that few texts have, as in life.
        if random.u8(..) < 8 {
            let _ = write!(out, " w{} ", random.u32(..200_000));
        }
    }
    out
}

fn conversation(random: &mut fastrand::Rng, ids: &mut Ids, at: usize, bytes: usize) -> Vec<Change> {
    let id = ConversationId(ids.of(moment(at)));
    let head = Head {
        id,
        title: text(random, 30),
        created: moment(at),
        updated: moment(at),
        ..Head::default()
    };
    let mut conversation = Conversation::new("");
    let mut parent = None;
    for _ in 0..TURNS {
        let turn = TurnId(ids.next(moment(at)));
        let prompt = text(random, bytes / TURNS / 10);
        conversation.add(turn, parent, prompt, Asked::default(), moment(at));
        let live = conversation.turn_mut(turn).unwrap();
        live.push(
            Delta::Reasoning(text(random, bytes / TURNS / 2)),
            Duration::ZERO,
        );
        live.push(
            Delta::Answer(text(random, bytes / TURNS * 2 / 5)),
            Duration::ZERO,
        );
        live.state = TurnState::Done;
        parent = Some(turn);
    }
    let mut changes = vec![Change::Head(Box::new(head))];
    changes.extend(
        conversation
            .turns()
            .map(|turn| Change::Turn(id, Box::new(turn.clone()))),
    );
    changes
}

/// The median and the 99th percentile of that many runs.
fn measure(rounds: usize, mut deed: impl FnMut(usize)) -> (Duration, Duration) {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|round| {
            let began = Instant::now();
            deed(round);
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    (times[rounds / 2], times[rounds * 99 / 100])
}

/// Why searches take longer where there is more, as far as they do.
const ABOUT: &str = "Median and 99th percentile at one and at ten thousand conversations of four turns, English and Chinese mixed.\n\n\
What touches a few rows by their key (open, list, load, append, journal, delete) costs the same in both. Searches grow, and why is known: \
a word's entries lie in the index in order of time, and a page of hits is taken from the new end, but a word that fewer conversations have \
than a page holds is read to its other end, and titles that have the word are looked up one by one. A phrase of Chinese characters is \
the entries of its pairs compared place by place: where each of them is common and the phrase is nowhere, that is every turn that has them \
all, so it grows as the store does. These texts have a dozen Chinese words, so each pair is in every turn, as in no language.";

fn report(rows: &mut Vec<(String, String)>, what: &str, (median, worst): (Duration, Duration)) {
    println!("  {what:<34} median {median:>10.2?}   p99 {worst:>10.2?}");
    rows.push((what.to_owned(), format!("{median:.2?} and {worst:.2?}")));
}

/// Makes a store of so many conversations.
fn fill(directory: &Path, count: usize, bytes: usize, ids: &mut Ids, random: &mut fastrand::Rng) {
    let began = Instant::now();
    let (mut shelf, _) = Shelf::open(directory).unwrap();
    for batch in (0..count).step_by(100) {
        let changes: Vec<Change> = (batch..count.min(batch + 100))
            .flat_map(|at| conversation(random, ids, at, bytes))
            .collect();
        shelf.change(&changes).unwrap();
    }
    drop(shelf);
    let size = std::fs::metadata(directory.join("conversations.db"))
        .unwrap()
        .len();
    println!(
        "{count} conversations, {} MB on disk, filled in {:.1?}",
        size / 1_000_000,
        began.elapsed()
    );
}

fn bench(directory: &Path, count: usize, bytes: usize) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let mut random = fastrand::Rng::with_seed(count as u64);
    let mut ids = Ids::new(1);
    fill(directory, count, bytes, &mut ids, &mut random);
    report(
        &mut rows,
        "open",
        measure(20, |_| drop(Shelf::open(directory).unwrap())),
    );
    let (mut shelf, _) = Shelf::open(directory).unwrap();
    let all = shelf.list(&Query::default(), usize::MAX).unwrap().rows;
    report(
        &mut rows,
        "list, the first 50",
        measure(ROUNDS, |_| drop(shelf.list(&Query::default(), 50).unwrap())),
    );
    for (what, typed) in [
        ("search, a common word", "model"),
        ("search, a beginning", "comp"),
        ("search, two letters", "w7"),
        ("search, a rare beginning", "w70"),
        ("search, two words", "rust nobody"),
        ("search, a word and a rare beginning", "rust w70"),
        ("search, one Chinese character", "气"),
        ("search, a Chinese word", "天气"),
        ("search, a word and a Chinese one", "rust 天气"),
        ("search, a phrase that is nowhere", "气天好"),
        (
            "search, a long phrase that is nowhere",
            "今天天气很好模型回答问题异步编程量子计算",
        ),
        (
            "search, in:thinking before:",
            "in:thinking before:2026-02-01 编程",
        ),
        ("search, a model that is nowhere", "model:nobody rust"),
    ] {
        let query = Query::parse(typed, moment(0)).unwrap();
        report(
            &mut rows,
            what,
            measure(ROUNDS, |_| drop(shelf.list(&query, 50).unwrap())),
        );
    }
    report(
        &mut rows,
        "load one",
        measure(ROUNDS, |round| {
            let row = &all[round * 7 % all.len()];
            drop(shelf.load(Which::Id(row.id)).unwrap());
        }),
    );
    let mut at = count;
    report(
        &mut rows,
        "append a conversation, synced",
        measure(50, |_| {
            at += 1;
            shelf
                .change(&conversation(&mut random, &mut ids, at, 10_000))
                .unwrap();
        }),
    );
    let mut live = conversation(&mut random, &mut ids, at + 1, 1_000);
    let Some(Change::Turn(_, turn)) = live.last_mut() else {
        return rows;
    };
    turn.state = TurnState::Live;
    let turn = turn.id;
    shelf.change(&live).unwrap();
    report(
        &mut rows,
        "journal a piece, synced",
        measure(ROUNDS, |round| {
            let answer = Some(Grown {
                keep_bytes: round * 100,
                text: "x".repeat(100),
            });
            shelf
                .change(&[Change::Grow {
                    turn,
                    reasoning: None,
                    answer,
                }])
                .unwrap();
        }),
    );
    report(
        &mut rows,
        "delete one for good",
        measure(20, |round| {
            shelf.purge(&[all[round].id]).unwrap();
        }),
    );
    rows
}

fn main() {
    let kilobytes = std::env::var("MMCHAT_BENCH_KB").map_or(10, |value| value.parse().unwrap());
    let [small, large] = SIZES.map(|count| {
        let directory = tempfile::tempdir().unwrap();
        bench(directory.path(), count, kilobytes * 1_000)
    });
    let rows: Vec<(String, String)> = small
        .into_iter()
        .zip(large)
        .map(|((what, few), (_, many))| (what, format!("{few}; {many}")))
        .collect();
    let title = format!("The store, {kilobytes} kB a conversation");
    section::write(&title, ABOUT, &rows);
}
