//! The report of a result folder: what was asked, the answer in words made from the numbers, tables and charts in reading order, what the
//! intervals contain, and how to run it again.
//!
//! A [`Page`] is plain data that a builder makes of finished results ([`run`], [`points`], [`sensitivity`], [`calibration`], [`solve`]): sentences, frames of numbers, and which table or chart
//! shows which of their columns. `README.md` and what is printed are made of its words; `report.html` of all of it, with the cargo feature `page`. Nothing is
//! simulated here, and nothing but the results decides a byte of it: no clock, no path of the machine.

pub mod calibration;
mod content;
#[cfg(feature = "page")]
mod data;
#[cfg(feature = "page")]
pub mod html;
#[cfg(feature = "page")]
mod markdown;
pub mod negotiation;
pub mod origin;
mod over;
pub mod points;
mod predicted;
pub mod readme;
pub mod run;
pub mod sensitivity;
pub mod solve;
#[cfg(feature = "page")]
mod svg;
pub mod words;
mod writing;

pub use content::{
    Alternatives, Block, Chart, ChartForm, DataFrame, FrameColumn, FrameTable, FrameValue, Page, Pick, Section,
};
pub use words::Show;
pub use writing::{in_order, write};
