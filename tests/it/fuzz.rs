//! The fuzzer's checks, with the inputs that are kept: whatever was found once, and the shapes that
//! its search begins with.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

#[path = "../../fuzz/checks.rs"]
#[expect(
    unreachable_pub,
    clippy::string_slice,
    reason = "the targets take it in too; a check may panic"
)]
mod checks;

#[test]
fn what_the_fuzzer_starts_with_and_what_it_found_holds() {
    for (name, check) in checks::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/corpus")
            .join(name);
        let mut inputs: Vec<_> = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .collect();
        inputs.sort();
        assert!(inputs.len() > 5, "{name} has next to no inputs");
        for input in inputs {
            let data = fs::read(&input).unwrap();
            let holds = std::panic::catch_unwind(|| check(&data)).is_ok();
            assert!(holds, "{} does not hold", input.display());
        }
    }
}

#[test]
fn every_check_has_a_target_of_its_own() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let mut targets: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    targets.sort();
    let mut names = checks::ALL.map(|(name, _)| name);
    names.sort_unstable();
    assert_eq!(targets, names);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_hold_too(data in prop::collection::vec(any::<u8>(), 0..60)) {
        for (_, check) in checks::ALL {
            check(&data);
        }
    }
}
