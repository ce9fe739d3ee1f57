//! The hot loops of demand. Each fast form has a plain twin that specifies it; tests compare the two.
#![allow(unsafe_code)]

pub mod choice;
pub mod math;
