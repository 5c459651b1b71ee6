//! Any bytes as the documents of a role: `cargo fuzz run --fuzz-dir tests/fuzz plans`.
#![no_main]

mod any_role;

use any_role::{Documents, assert_planned_well};
use libfuzzer_sys::fuzz_target;

// Three texts with a zero between; one that is empty is no document.
fuzz_target!(|bytes: &[u8]| {
    let texts: Vec<String> = bytes
        .split(|byte| *byte == 0)
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .collect();
    let text = |number: usize| texts.get(number).filter(|text| !text.is_empty()).cloned();
    let documents = Documents {
        trust: text(0).unwrap_or_default(),
        server: text(1),
        client: text(2),
    };
    for harden_trust in [false, true] {
        assert_planned_well(&documents, harden_trust);
    }
});
