//! Any text is an experiment or has clear mistakes; nothing panics. What is right reads back from its manifest.
#![no_main]

use std::io::Read;

use libfuzzer_sys::fuzz_target;
use rushhour::lab::{Files, load, plan};

struct Text<'a>(&'a str);

impl Files for Text<'_> {
    fn open(&self, path: &str) -> Result<Box<dyn Read + '_>, String> {
        if path == "fuzz.ron" { Ok(Box::new(self.0.as_bytes())) } else { Err("there is no such file".to_owned()) }
    }

    fn beside(&self, _base: &str, relative: &str) -> String {
        relative.to_owned()
    }
}

fuzz_target!(|text: &str| {
    let files = Text(text);
    match load(&files, "fuzz.ron").and_then(|loaded| plan(loaded, &files)) {
        Err(problems) => assert!(!problems.to_string().is_empty()),
        Ok(planned) => {
            let manifest = planned.manifest();
            let again = Text(&manifest);
            let replanned = load(&again, "fuzz.ron").and_then(|loaded| plan(loaded, &again));
            let replanned = replanned.unwrap_or_else(|problems| panic!("the manifest does not read back: {problems}"));
            assert_eq!(replanned.manifest(), manifest);
        }
    }
});
