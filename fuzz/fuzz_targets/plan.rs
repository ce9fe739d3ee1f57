#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::targets::plan(bytes, bytes.len() % 16 == 0));
