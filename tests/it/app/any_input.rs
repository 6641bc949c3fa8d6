//! Whatever happens, in whatever order, at whatever size: no panic, and never a lost draft.
//!
//! The same events happen in every run: what fails here once fails again. `PROPTEST_CASES` asks
//! for more of them, `PROPTEST_RNG_SEED` for others.

use std::sync::LazyLock;

use mmchat::app::Setup;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use self::drafts::Drafts;
use self::event::{event, event_of_writing, size};
use self::world::World;
use crate::harness::{Harness, setup};

mod drafts;
mod event;
mod overlays;
mod world;

/// Reading a configuration takes longer than most of what happens after it.
static SETUP: LazyLock<Setup> = LazyLock::new(|| setup(world::CONFIG, (120, 40)));

fn config(cases: u32) -> ProptestConfig {
    let ours = ProptestConfig::default();
    let asked = |name: &str| std::env::vars_os().any(|(other, _)| other == name);
    ProptestConfig {
        cases: if asked("PROPTEST_CASES") {
            ours.cases
        } else {
            cases
        },
        rng_seed: if asked("PROPTEST_RNG_SEED") {
            ours.rng_seed
        } else {
            RngSeed::Fixed(1)
        },
        failure_persistence: None,
        ..ours
    }
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn nothing_that_happens_makes_the_program_panic(
        size in size(),
        events in prop::collection::vec(event(), 1..60),
    ) {
        let mut it = Harness::of(SETUP.clone());
        let mut world = World::default();
        it.resize(size.0, size.1).say("hello");
        for event in events {
            event.happen(&mut it, &mut world);
        }
    }

    #[test]
    fn nothing_that_happens_loses_what_was_written(
        size in size(),
        events in prop::collection::vec(event_of_writing(), 1..60),
    ) {
        let mut it = Harness::of(SETUP.clone());
        let (mut drafts, mut world) = Drafts::with_one();
        it.resize(size.0.min(100), size.1.min(20));
        for event in events {
            drafts.watch(&mut it, &mut world, event);
        }
        let lost = drafts.lost(&mut it, &mut world);
        prop_assert!(lost.is_empty(), "{lost:?} is nowhere: {:?}", world.store);
    }
}
