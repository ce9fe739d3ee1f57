//! What is kept of a job, by model, region, group and negotiation: lists of metrics, in the order of their slots.
//!
//! Whoever lays slots out names them here or by the macro `metrics!`, and knows nothing of who composes an outcome of them.

/// A group of models that the weekly table reports: one region, on the list or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Region of the badge, or `outside`.
    pub region: String,
    /// Whether its models carry the headline flag.
    pub flagged: bool,
}

macro_rules! metrics {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }
        impl $name {
            /// All metrics, in the order of their slots.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
        }
    };
}

pub(crate) use metrics;

metrics! {
    /// What is kept by model and period.
    ModelMetric {
        /// Cars sold, drawn.
        Units,
        /// Cars sold, summed choice probabilities.
        ExpectedUnits,
        /// Drawn share of all purchase events.
        EventShare,
        /// Drawn share of the cars sold.
        CarShare,
        /// Mean sticker price over the weeks, duty included, USD.
        StickerPrice,
        /// Mean of sticker price less duty over the weeks, USD.
        ProducerPrice,
        /// Mean duty owed per car over the weeks, USD.
        DutyPerCar,
        /// What buyers paid, USD.
        Outlay,
        /// What was left after duty, USD.
        ProducerRevenue,
        /// Duty owed, USD.
        Duty,
    }
}

metrics! {
    /// What is kept by region (and the outside option) and period.
    RegionMetric {
        /// Cars sold, or events without a purchase, drawn.
        Units,
        /// The same, summed choice probabilities.
        ExpectedUnits,
        /// Drawn share of all purchase events.
        EventShare,
        /// Drawn share of the cars sold; 0 for the outside option.
        CarShare,
        /// Mean sticker price with base-year volumes as weights, USD; 0 for the outside option.
        StickerPrice,
        /// What buyers paid, USD.
        Outlay,
        /// What was left after duty, USD.
        ProducerRevenue,
        /// Duty owed, USD.
        Duty,
    }
}

metrics! {
    /// What is kept by group and week.
    WeekMetric {
        /// Cars sold, or events without a purchase, drawn.
        Units,
        /// The same, summed choice probabilities.
        ExpectedUnits,
        /// Drawn share of the cars sold; 0 for the outside option.
        CarShare,
        /// Share of the expected cars sold; 0 for the outside option.
        ExpectedCarShare,
        /// Sticker price with base-year volumes as weights, USD; 0 for the outside option.
        StickerPrice,
    }
}

metrics! {
    /// What is kept of the negotiation behind one replication; not a number under a regime of dated events.
    NegotiatedMetric {
        /// 1 for a deal by the first deadline, else 0.
        SettledByDeadline,
        /// 1 where sanctions were imposed at the first deadline.
        Imposed,
        /// 1 where the home government backed down at the first deadline.
        Lapsed,
        /// Days from the first deadline to the first deal, negative before it; not a number without a deal.
        SettlementDays,
        /// Size of the first deal; not a number without one.
        Commitment,
        /// 1 where company plans replaced the criteria in it.
        CompanyPlans,
        /// Weeks of the market's horizon in which the duty was charged.
        SanctionsWeeks,
        /// Belief that a car will bear the duty, on the day of the open threat; this and the next not a number once settled.
        BeliefOpenThreat,
        /// The same on the day of the complaint.
        BeliefComplaint,
        /// The same 35 days before the deadline.
        BeliefFiveWeeksBefore,
        /// 21 days before.
        BeliefThreeWeeksBefore,
        /// 14 days before.
        BeliefTwoWeeksBefore,
        /// 7 days before.
        BeliefWeekBefore,
        /// Two days before.
        BeliefTwoDaysBefore,
        /// The day before.
        BeliefDayBefore,
        /// On the day.
        BeliefDeadline,
    }
}
