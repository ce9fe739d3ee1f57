#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::targets::evidence(bytes, bytes.len() % 16 == 0));
