//! The shipped scenarios, which the library carries with all that they read.

/// Files of `configs/`, by their names there.
macro_rules! shipped {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../../configs/", $name)))),*] };
}

/// What scenarios extend, and the data.
const BESIDE: &[(&str, &str)] = shipped![
    "market-1995.toml",
    "parts/bargaining-1995.toml",
    "parts/timing-1995.toml",
    "parts/dealers-1995.toml",
    "parts/structures-1995.toml",
    "calibrated/calibrated.toml",
    "calibrated/calibrated-draws.toml",
    "calibrated/calibrated-demand.toml",
    "calibrated/calibrated-settlement.toml",
    "calibrated/calibrated-timing.toml",
    "calibrated/structures/vertical-70.toml",
    "calibrated/structures/vertical-70-draws.toml",
    "calibrated/structures/vertical-76-draws.toml",
    "calibrated/structures/vertical-70-gamma-2-draws.toml",
    "calibrated/structures/vertical-70-gamma-5-draws.toml",
    "calibrated/structures/border-draws.toml",
    "calibrated/structures/list-draws.toml",
    "calibration-1995.toml",
    "calibration-1995-timing.toml",
    "calibration-2025.toml",
    "data/models_1994.csv",
    "data/exchange_rates_monthly.csv",
    "data/targets.csv",
    "luxury-2025.toml",
    "data/models_2024.csv",
    "data/exchange_rates_2024_26.csv",
    "data/timeline_2025.csv",
    "data/README.md",
    "data/README-2025.md",
];

/// A scenario that the library carries.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// Its name, as [`Scenario::example`](super::Scenario::example) takes it.
    pub name: &'static str,
    /// The question that it answers.
    pub question: &'static str,
    /// The command of the program that answers it.
    pub command: &'static str,
    /// The file.
    pub text: &'static str,
}

macro_rules! examples {
    ($($name:literal $command:literal $question:literal),* $(,)?) => {
        &[$(Example {
            name: $name,
            question: $question,
            command: $command,
            text: include_str!(concat!("../../configs/", $name, ".toml")),
        }),*]
    };
}

/// The scenarios that the library carries.
pub const EXAMPLES: &[Example] = examples![
    "showdown-1995" "run" "Who would have paid, week by week, with everything that is not known in the range?",
    "market-1995" "run" "The same market in the long run: equilibrium prices, no weeks, no lots",
    "sidebar-1995" "run" "The newspapers' arithmetic: the whole duty on the sticker",
    "sweep-tariff" "run" "What do the rate of the duty and the yen do?",
    "luxury-2025" "run" "The car tariffs of 2025: what was decided and when, 25% for good, deals in April",
    "prediction-2025" "run" "The same with what is not known of it drawn: a prediction, made before any comparison",
    "sensitivity-1995" "sensitivity" "Which estimates decide the long run?",
    "governments-1995" "negotiate" "Would they have settled, and on what?",
    "calibration-1995" "calibrate" "What are demand, timing and the reward for executing, and what do the moments not tell?",
    "validation-1995" "validate" "Every piece of evidence beside the model: in, out or fitted",
];

/// The files that shipped scenarios extend and read, by their names beside them.
#[must_use]
pub fn files_beside() -> &'static [(&'static str, &'static str)] {
    BESIDE
}
