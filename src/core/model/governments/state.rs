//! Where the dispute stands.

/// Where the dispute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Talks without a threat.
    Talks,
    /// Talks broken off.
    Breakdown,
    /// An open threat, no list, no date.
    Threatened,
    /// A list and a deadline; liability accrues.
    Announced,
    /// A deal, reviewed every quarter.
    Settled,
    /// Sanctions in force.
    Imposed,
    /// The deadline passed and the home government backed down.
    Lapsed,
    /// Sanctions withdrawn after a WTO ruling.
    Reversed,
    /// Sanctions kept against a WTO ruling.
    Defied,
}

impl State {
    /// Name in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Talks => "talks",
            Self::Breakdown => "breakdown",
            Self::Threatened => "threatened",
            Self::Announced => "announced",
            Self::Settled => "settled",
            Self::Imposed => "imposed",
            Self::Lapsed => "lapsed",
            Self::Reversed => "reversed",
            Self::Defied => "defied",
        }
    }

    /// Whether the two sides still talk.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Talks | Self::Threatened | Self::Announced | Self::Imposed | Self::Lapsed)
    }

    /// Whether the extra duty is charged on cars that land.
    #[must_use]
    pub fn charges_duty(self) -> bool {
        matches!(self, Self::Imposed | Self::Defied)
    }
}
