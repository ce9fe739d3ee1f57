//! The look of every chart: sizes, type, colours, and the style that each region of the scenario keeps from chart to chart.

use crate::config::figures::LABEL_PX;
use crate::report::words::region_label;

/// White border of the figure.
pub(super) const MARGIN: f64 = 20.0;

/// A colour, red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ink(pub(super) u8, pub(super) u8, pub(super) u8);

pub(super) const WHITE: Ink = Ink(255, 255, 255);
pub(super) const BLACK: Ink = Ink(26, 26, 26);
pub(super) const MUTED: Ink = Ink(89, 89, 89);
pub(super) const GRID: Ink = Ink(226, 226, 226);
pub(super) const STRIPE: Ink = Ink(246, 246, 246);
pub(super) const AXIS: Ink = Ink(120, 120, 120);

impl Ink {
    /// The colour mixed with white: 0 leaves it, 1 is white.
    pub(super) fn lighter(self, amount: f64) -> Self {
        let mix = |part: u8| (f64::from(part) + (255.0 - f64::from(part)) * amount).round() as u8;
        Self(mix(self.0), mix(self.1), mix(self.2))
    }

    /// Black or white, whichever reads better on this colour.
    pub(super) fn contrast(self) -> Self {
        if self.luma() < 130.0 { WHITE } else { BLACK }
    }

    /// The grey that is as light.
    pub(super) fn grey(self) -> Self {
        let luma = self.luma().round() as u8;
        Self(luma, luma, luma)
    }

    /// How light it is (Rec. 601 luma).
    fn luma(self) -> f64 {
        0.299 * f64::from(self.0) + 0.587 * f64::from(self.1) + 0.114 * f64::from(self.2)
    }
}

/// One setting of type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Type {
    /// Font size in pixels.
    pub(super) px: f64,
    pub(super) bold: bool,
    pub(super) ink: Ink,
}

pub(super) const TITLE: Type = Type { px: 16.0, bold: true, ink: BLACK };
pub(super) const SUBTITLE: Type = Type { px: 12.0, bold: false, ink: MUTED };
pub(super) const PANEL: Type = Type { px: 12.0, bold: true, ink: BLACK };
pub(super) const LABEL: Type = Type { px: LABEL_PX, bold: false, ink: BLACK };
pub(super) const STRONG: Type = Type { px: LABEL_PX, bold: true, ink: BLACK };
pub(super) const TICK: Type = Type { px: 10.5, bold: false, ink: MUTED };
/// Nothing on a chart is smaller: 7 points where it is 16 cm wide.
pub(super) const NOTE: Type = Type { px: 10.5, bold: false, ink: MUTED };

impl Type {
    pub(super) fn ink(self, ink: Ink) -> Self {
        Self { ink, ..self }
    }

    pub(super) fn px(self, px: f64) -> Self {
        Self { px, ..self }
    }
}

/// Lengths of strokes and gaps along a line, in pixels; empty is solid.
pub(super) type Dash = &'static [f64];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
}

/// How one group of models looks in every chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Style {
    pub(super) ink: Ink,
    pub(super) marker: Marker,
    /// Hollow markers tell the other models of a region from the flagged ones.
    pub(super) hollow: bool,
}

/// Styles of regions in the order of the scenario; after the last they start again. Lightness (CIE L*) of the first three and of the
/// outside option is 54, 31, 66 and 83, so that neighbours differ in grey.
const REGIONS: [Style; 8] = [
    Style { ink: Ink(213, 94, 0), marker: Marker::Circle, hollow: false },
    Style { ink: Ink(0, 77, 128), marker: Marker::Square, hollow: false },
    Style { ink: Ink(45, 180, 139), marker: Marker::Triangle, hollow: false },
    Style { ink: Ink(170, 82, 130), marker: Marker::Diamond, hollow: false },
    Style { ink: Ink(86, 180, 233), marker: Marker::Circle, hollow: false },
    Style { ink: Ink(40, 40, 40), marker: Marker::Square, hollow: false },
    Style { ink: Ink(190, 170, 20), marker: Marker::Triangle, hollow: false },
    Style { ink: Ink(110, 110, 110), marker: Marker::Diamond, hollow: false },
];

/// The style of the outside option.
const NOTHING: Style = Style { ink: Ink(207, 207, 207), marker: Marker::Diamond, hollow: false };

/// A region, or the taxed or untaxed part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RegionGroup {
    pub(super) region: String,
    /// `None` where the region is not split.
    pub(super) flagged: Option<bool>,
}

/// The groups of models in a chart, in drawing order, with their styles.
///
/// A region with both flagged and other models is two groups, the others in a lighter shade with hollow markers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Groups {
    /// All regions, in the order of the scenario, which is that of their styles.
    styled: Vec<String>,
    /// Those of the chart, in the same order; the outside option last.
    regions: Vec<String>,
    split: Vec<String>,
}

impl Groups {
    /// From the `(region, flagged)` of every row, and the regions of the scenario.
    pub(super) fn of<'a>(rows: impl IntoIterator<Item = (&'a str, bool)>, regions: &[String]) -> Self {
        let mut seen: Vec<(&str, [bool; 2])> = Vec::new();
        for (region, flagged) in rows {
            let at = seen.iter().position(|(known, _)| *known == region).unwrap_or_else(|| {
                seen.push((region, [false; 2]));
                seen.len() - 1
            });
            if let Some((_, has)) = seen.get_mut(at) {
                has[usize::from(flagged)] = true;
            }
        }
        let mut styled = regions.to_vec();
        let further =
            seen.iter().filter(|(region, _)| *region != OUTSIDE && !regions.iter().any(|known| known == region));
        styled.extend(further.map(|(region, _)| (*region).to_owned()));
        seen.sort_by_key(|(region, _)| styled.iter().position(|known| known == region).unwrap_or(usize::MAX));
        let split = seen.iter().filter(|(_, has)| has[0] && has[1]).map(|(region, _)| (*region).to_owned()).collect();
        Self { styled, regions: seen.into_iter().map(|(region, _)| region.to_owned()).collect(), split }
    }

    /// All groups, in drawing order.
    pub(super) fn all(&self) -> Vec<RegionGroup> {
        let parts = |region: &String| {
            let flags: &[Option<bool>] = if self.split.contains(region) { &[Some(true), Some(false)] } else { &[None] };
            flags.iter().map(|&flagged| RegionGroup { region: region.clone(), flagged }).collect::<Vec<_>>()
        };
        self.regions.iter().flat_map(parts).collect()
    }

    /// The group of one row.
    pub(super) fn group(&self, region: &str, flagged: bool) -> RegionGroup {
        let split = self.split.iter().any(|known| known == region);
        RegionGroup { region: region.to_owned(), flagged: split.then_some(flagged) }
    }

    /// The look of a group.
    pub(super) fn style(&self, group: &RegionGroup) -> Style {
        let style = self.region_style(&group.region);
        if group.flagged == Some(false) {
            return Style { ink: style.ink.lighter(0.4), hollow: true, ..style };
        }
        style
    }

    fn region_style(&self, region: &str) -> Style {
        self.styled.iter().position(|known| known == region).map_or(NOTHING, |at| REGIONS[at % REGIONS.len()])
    }
}

impl RegionGroup {
    /// What the reader is shown.
    pub(super) fn label(&self, flag_label: &str) -> String {
        let region = region_label(&self.region);
        match self.flagged {
            None => region,
            Some(true) => format!("{region}, {flag_label}"),
            Some(false) => format!("{region}, other"),
        }
    }
}

/// The region name of the outside option.
pub(super) const OUTSIDE: &str = "outside";

/// Opacity of the 5-95% band of a fan.
pub(super) const OUTER_BAND: f64 = 0.16;
/// Opacity of the 25-75% band, drawn over the outer one.
pub(super) const INNER_BAND: f64 = 0.26;

#[cfg(test)]
mod tests {
    use super::*;

    /// A region keeps its look whatever regions a chart shows; one that the scenario does not name comes after those that it names.
    #[test]
    fn regions_look_alike_in_every_chart() {
        let scenario = ["north", "south", "east"].map(str::to_owned);
        let whole = Groups::of([("east", false), ("outside", false), ("north", true), ("south", false)], &scenario);
        let part = Groups::of([("outside", false), ("elsewhere", false), ("east", false)], &scenario);
        assert_eq!(whole.regions, ["north", "south", "east", "outside"]);
        assert_eq!(part.regions, ["east", "elsewhere", "outside"]);
        let look = |groups: &Groups, region: &str| groups.style(&groups.group(region, false));
        assert_eq!(look(&whole, "east"), look(&part, "east"));
        assert_eq!(look(&part, "elsewhere"), REGIONS[3]);
        assert_eq!((look(&whole, "outside"), look(&part, "outside")), (NOTHING, NOTHING));
    }
}
