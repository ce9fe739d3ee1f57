//! Scenario files exactly as written on disk; [`super::scenario`] turns them into checked domain types.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::accounts::AccountsSection;
use super::calibration::CalibrationSection;
use super::chain::ChainChoice;
use super::design::{SweepSection, UncertaintySection};
use super::governments::GovernmentsSection;
use super::instruments::InstrumentSection;
use super::parameters::CorrelationEntry;
use super::problem::ParameterEntry;
use super::sourced::Sourced;
use super::stop::StopSection;

/// A scenario: one market, its buyers, and the policy regimes to compare on the same worlds.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Stickershock scenario")]
pub struct ScenarioFile {
    /// Name of the study and of its output folder.
    pub name: String,
    /// Title of the charts.
    pub title: Option<String>,
    /// Another scenario file (or several, later ones win) that this one changes; paths are relative to this file.
    #[serde(default)]
    pub extends: Option<Extends>,
    /// The horizon.
    pub time: TimeSection,
    /// Seed, replications, baseline.
    pub run: RunSection,
    /// Replications until contrasts are known well enough, in place of a fixed number.
    #[serde(default)]
    pub stop: Option<StopSection>,
    /// Models on sale, their size and their duty.
    pub market: MarketSection,
    /// The population of buyers.
    pub buyers: BuyersSection,
    /// Parameters of demand.
    pub demand: DemandSection,
    /// The law of intervals between purchases.
    pub holding: HoldingSection,
    /// How list prices respond.
    pub pricing: PricingSection,
    /// Exchange rates.
    #[serde(default)]
    pub exchange_rate: Option<ExchangeRateSection>,
    /// What is written, and where.
    #[serde(default)]
    pub outputs: OutputsSection,
    /// When buyers move purchases, and what they believe. With this, `[dealers]` or `[shipping]` the run is in time.
    #[serde(default)]
    pub timing: Option<TimingSection>,
    /// Dealers' stock and transaction prices.
    #[serde(default)]
    pub dealers: Option<DealersSection>,
    /// Shipments from order to landing.
    #[serde(default)]
    pub shipping: Option<ShippingSection>,
    /// Named stretches of time to report besides the whole horizon and its years.
    #[serde(default)]
    pub period: Vec<PeriodSection>,
    /// Policy instruments that regimes use.
    #[serde(default)]
    pub instrument: Vec<InstrumentSection>,
    /// Policy histories.
    pub regime: Vec<RegimeSection>,
    /// The bargaining of the two governments; what is left out has its default.
    #[serde(default)]
    pub governments: Option<GovernmentsSection>,
    /// Values that are uncertain, with their distributions; the scenario itself runs with the values above.
    #[serde(default)]
    pub parameter: Vec<ParameterEntry>,
    /// Correlations of uncertain values; the others are independent.
    #[serde(default)]
    pub correlation: Vec<CorrelationEntry>,
    /// The study runs at many points, each with other settings.
    #[serde(default)]
    pub sweep: Option<SweepSection>,
    /// The study runs at draws of the uncertain values and data.
    #[serde(default)]
    pub uncertainty: Option<UncertaintySection>,
    /// Dealers' margins, owners of the manufacturers, and the partner of the dispute.
    #[serde(default)]
    pub accounts: Option<AccountsSection>,
    /// What `stickershock calibrate` fits, and to what; nothing else reads it.
    #[serde(default)]
    pub calibration: Option<CalibrationSection>,
}

/// One file or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Extends {
    /// One file.
    One(String),
    /// Several, applied in order.
    Many(Vec<String>),
}

/// The horizon.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeSection {
    /// First day of week 0.
    #[schemars(with = "String")]
    pub start: Date,
    /// Number of weeks.
    pub weeks: u32,
}

/// Seed, replications, baseline.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunSection {
    /// Seed of all random streams; every number is a seed, 0 too.
    pub seed: u64,
    /// Number of replications.
    pub replications: u64,
    /// Name of the regime that the others are compared with.
    pub baseline: String,
}

/// Models on sale, their size and their duty.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarketSection {
    /// CSV file with one row for each model, relative to the scenario file.
    pub models: String,
    /// The true/false column that marks the models on the headline list.
    pub flag: String,
    /// What charts and tables call the models with the flag, after a noun: "on the sanctions list". "flagged" if absent.
    #[serde(default)]
    pub flag_label: Option<String>,
    /// Names of models to leave out. Models without a base volume are left out as well.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Regions to which the taste for imports does not apply.
    #[serde(default)]
    pub domestic_regions: Vec<String>,
    /// Assembly countries whose cars owe no duty.
    #[serde(default)]
    pub domestic_assembly: Vec<String>,
    /// Characteristics that buyers have tastes for.
    #[serde(default)]
    pub characteristics: Vec<CharacteristicSection>,
    /// Columns of the CSV file.
    pub columns: ColumnsSection,
    /// Factors on cells of the CSV file, by column and model: what a draw of uncertain data changes.
    #[serde(default)]
    pub factor: BTreeMap<String, BTreeMap<String, f64>>,
    /// Purchase events a year, outside choices included.
    pub size: Sourced<f64>,
    /// Share of an import's marginal cost that is paid in its home currency.
    #[serde(default)]
    pub home_cost_share: Option<Sourced<f64>>,
    /// The duty on imports before any policy.
    pub normal_duty: NormalDutySection,
    /// Partial holdings.
    #[serde(default)]
    pub holding: Vec<PartialHoldingSection>,
}

/// A characteristic: a column of the data, or a product or ratio of two.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CharacteristicSection {
    /// Name, used in `demand.sigma`.
    pub name: String,
    /// `column`, `column / column`, `column * column` or `log(column)`.
    pub expression: String,
}

/// Names of the CSV columns.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnsSection {
    /// Name of the model, unique.
    pub model: String,
    /// Brand on the badge.
    pub brand: String,
    /// Manufacturer that sets the price.
    pub manufacturer: String,
    /// Region of the badge.
    pub region: String,
    /// Country or countries of assembly, separated by `/`; customs asks for the first.
    pub assembly_country: String,
    /// Base-year sticker price, USD.
    pub price_usd: String,
    /// Base-year volume, cars a year.
    pub volume: String,
}

/// The duty on imports before any policy.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NormalDutySection {
    /// Fraction of customs value: 0.025 is 2.5%.
    pub rate: Sourced<f64>,
    /// What the rate is a fraction of.
    pub basis: Basis,
    /// Customs value as a share of the price (bases `list` and `border`).
    pub customs_value_share: Sourced<f64>,
}

/// What an ad valorem duty is a fraction of.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A share of the base-year list price: does not move with the price.
    List,
    /// A share of the producer's price: moves with it.
    Border,
    /// The landed marginal cost.
    Cost,
}

/// A partial holding.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartialHoldingSection {
    /// Manufacturer that holds.
    pub owner: String,
    /// Brand that is held.
    pub brand: String,
    /// Share of its profit that the owner counts.
    pub share: Sourced<f64>,
}

/// The population of buyers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuyersSection {
    /// Number of buyers, best a power of two.
    pub count: usize,
    /// Whether replications share the buyers.
    #[serde(default)]
    pub population: PopulationChoice,
    /// Buyers on whom equilibrium prices are solved, at most.
    #[serde(default = "default_pricing_nodes")]
    pub pricing_nodes: usize,
}

fn default_pricing_nodes() -> usize {
    16_384
}

/// Whether replications share the buyers.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum PopulationChoice {
    /// One set for all replications.
    #[default]
    Shared,
    /// A new set in every replication.
    Resampled,
}

/// Parameters of demand.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DemandSection {
    /// Price response at median income, per thousand USD.
    pub alpha: Sourced<f64>,
    /// Elasticity of the price response to income.
    pub eta: Sourced<f64>,
    /// Standard deviation of log income.
    pub income_log_sd: Sourced<f64>,
    /// Lowest and highest income, relative to the median.
    pub income_bounds: [f64; 2],
    /// Standard deviation of the taste for each characteristic, by name.
    #[serde(default)]
    pub sigma: BTreeMap<String, Sourced<f64>>,
    /// Standard deviation of the taste for imports as such.
    pub sigma_import: Sourced<f64>,
    /// Standard deviation of the taste for each region.
    pub sigma_region: Sourced<f64>,
    /// Standard deviation of the taste for the outside option.
    pub sigma_outside: Sourced<f64>,
    /// Utility of the brand now owned.
    pub loyalty: Sourced<f64>,
    /// The same for single brands.
    #[serde(default)]
    pub loyalty_by_brand: BTreeMap<String, Sourced<f64>>,
    /// How demand bends with prices relative to the base year's, lambda: 1, linear in price, if absent; 0 is logarithmic.
    #[serde(default)]
    pub curvature: Option<Sourced<f64>>,
}

/// The law of intervals between purchases.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldingSection {
    /// Share of intervals that are leases.
    pub lease_share: Sourced<f64>,
    /// Lengths of leases in weeks, equally likely.
    pub lease_weeks: Vec<f64>,
    /// Shape of the gamma law of the other intervals.
    pub purchase_shape: Sourced<f64>,
    /// Their mean, weeks.
    pub purchase_mean_weeks: Sourced<f64>,
}

/// How list prices respond.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PricingSection {
    /// The rule.
    pub rule: RuleChoice,
    /// Who sets which price between the factory and the buyer; `retail` if absent.
    #[serde(default)]
    pub chain: ChainChoice,
    /// Chain `vertical`: customs value as a share of base-year list prices; that of the normal duty if absent.
    #[serde(default)]
    pub customs_value_share: Option<Sourced<f64>>,
    /// Chain `vertical`: share of an import's cost at the border that is paid in its home currency; 0.95 if absent.
    #[serde(default)]
    pub border_home_cost_share: Option<Sourced<f64>>,
    /// Elasticity of imports' marginal cost to what their maker ships, gamma: 0, constant cost, if absent. Prices by rule
    /// `pass_through` do not count with it.
    #[serde(default)]
    pub cost_volume: Option<Sourced<f64>>,
    /// Share of a duty or cost change that is passed on (rule or target `pass_through`).
    #[serde(default)]
    pub theta: Option<Sourced<f64>>,
    /// The rule that sticky prices move towards (rule `sticky`).
    #[serde(default)]
    pub target: Option<RuleChoice>,
    /// Fraction of the way that sticky prices move at each revision (rule `sticky`).
    #[serde(default)]
    pub kappa: Option<Sourced<f64>>,
    /// Whose profit a price is set for.
    #[serde(default)]
    pub conduct: ConductChoice,
    /// Weeks between regular revisions, beside model years, policy events and exchange-rate moves.
    #[serde(default)]
    pub every_weeks: Option<u32>,
    /// First days of model years, when prices may be revised.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub model_years: Vec<Date>,
    /// Relative move of a model's cost since the last revision that triggers one.
    #[serde(default)]
    pub exchange_threshold: Option<f64>,
}

/// The pricing rule.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum RuleChoice {
    /// Prices move by a fixed share of duty and cost changes.
    PassThrough,
    /// Bertrand-Nash equilibrium.
    Bertrand,
    /// Each manufacturer knows only its own sales and margins, and tries one brand's markup when its turn comes.
    Adaptive,
    /// Prices move a fraction of the way to another rule's target at each revision.
    Sticky,
}

/// Whose profit a price is set for.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ConductChoice {
    /// Every model by itself.
    Product,
    /// All models of a brand together.
    Brand,
    /// All models of a manufacturer together, with its holdings in others.
    #[default]
    Manufacturer,
}

/// Exchange rates.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeRateSection {
    /// Whether rates stay at the base month or follow the data.
    pub mode: ExchangeMode,
    /// CSV file with a `month` column (YYYY-MM) and one column for each currency, units per USD.
    pub data: String,
    /// Month of the base-year rates, YYYY-MM.
    pub base_month: String,
    /// Column of the currency of each assembly country.
    #[serde(default)]
    pub currency: BTreeMap<String, String>,
    /// Rates of the whole horizon relative to what the mode gives, by column: 0.8 is 20% fewer units per dollar.
    #[serde(default)]
    pub shift: BTreeMap<String, f64>,
}

/// Whether rates stay at the base month or follow the data.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ExchangeMode {
    /// The base month's rates throughout.
    Constant,
    /// The data's monthly rates.
    History,
}

/// What is written, and where.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputsSection {
    /// Output folder; `output/NAME` if absent.
    #[serde(default)]
    pub folder: Option<String>,
    /// Whether charts are drawn; they are if absent.
    #[serde(default)]
    pub charts: Option<bool>,
    /// The metric of the headline chart, a column of `replications.csv`; cars sold of the flagged models if absent.
    #[serde(default)]
    pub headline: Option<String>,
    /// Whether every calendar month is a period too, named `1995-05`, of the weeks that start in it; not if absent.
    #[serde(default)]
    pub monthly: Option<bool>,
    /// The reporting period: that of charts and tables that show one, by its name; `all`, the whole horizon, if absent.
    #[serde(default)]
    pub period: Option<String>,
}

/// When buyers move purchases, and what they believe. Every parameter has a default.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimingSection {
    /// `weekly`, or `one_shot`: every buyer comes once, without loyalty, peers, stock or timing.
    #[serde(default)]
    pub mode: TimingMode,
    /// Chance a week that a buyer considers buying early; 0.08 if absent.
    #[serde(default)]
    pub consider_per_week: Option<Sourced<f64>>,
    /// How many weeks ahead of the planned date he may buy; 26 if absent.
    #[serde(default)]
    pub look_ahead_weeks: Option<Sourced<u32>>,
    /// Median fixed cost of buying early; 1,000 if absent.
    #[serde(default)]
    pub fixed_cost_usd: Option<Sourced<f64>>,
    /// Standard deviation of its logarithm; 0.5 if absent.
    #[serde(default)]
    pub fixed_cost_log_sd: Option<Sourced<f64>>,
    /// Median cost of each week of service given up; 400 if absent.
    #[serde(default)]
    pub cost_per_week_usd: Option<Sourced<f64>>,
    /// Standard deviation of its logarithm; 0.75 if absent.
    #[serde(default)]
    pub cost_per_week_log_sd: Option<Sourced<f64>>,
    /// Median cost of the first week of waiting for a reversal; 250 if absent.
    #[serde(default)]
    pub waiting_cost_usd: Option<Sourced<f64>>,
    /// Standard deviation of its logarithm; 0.7 if absent.
    #[serde(default)]
    pub waiting_cost_log_sd: Option<Sourced<f64>>,
    /// Weeks after which waiting costs twice as much; 8 if absent.
    #[serde(default)]
    pub waiting_doubles_weeks: Option<Sourced<f64>>,
    /// Longest wait; 26 if absent.
    #[serde(default)]
    pub longest_wait_weeks: Option<Sourced<u32>>,
    /// Mean of how long buyers think that cars at the old price last beyond the deadline; 4 if absent.
    #[serde(default)]
    pub stock_lag_weeks: Option<Sourced<f64>>,
    /// Whether a lease can be ended early.
    #[serde(default)]
    pub leases_movable: bool,
    /// The day of the decision as announced; without it buyers expect each decision when it falls.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub deadline: Option<Date>,
    /// What buyers believe.
    #[serde(default)]
    pub belief: BeliefSection,
    /// Brands that stay spoilt after a threat.
    #[serde(default)]
    pub hysteresis: HysteresisSection,
    /// Word of mouth.
    #[serde(default)]
    pub peers: PeersSection,
    /// Parts of the outside option by name and fixed share.
    #[serde(default)]
    pub outside_parts: BTreeMap<String, Sourced<f64>>,
}

/// Whether buyers come week by week.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum TimingMode {
    /// A renewal process of purchases, in time.
    #[default]
    Weekly,
    /// The static limit: everybody once.
    OneShot,
}

/// What buyers believe.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BeliefSection {
    /// `rational` buyers follow the public belief, `naive` ones believe in no duty before it is imposed, and with `governments` the
    /// public belief follows from the events and the record of the governments, and `announced`, `path`, `imposed` and
    /// `reversal_per_week` are not used.
    #[serde(default)]
    pub mode: BeliefMode,
    /// Belief while a list is announced and no decision has fallen; 0.2 if absent.
    #[serde(default)]
    pub announced: Option<Sourced<f64>>,
    /// Dated beliefs instead, each until the next; they count from an open threat on.
    #[serde(default)]
    pub path: Vec<BeliefPoint>,
    /// Belief that an imposed duty stays; 0.9 if absent.
    #[serde(default)]
    pub imposed: Option<Sourced<f64>>,
    /// Believed chance a week that an imposed duty is reversed; 0.005 if absent.
    #[serde(default)]
    pub reversal_per_week: Option<Sourced<f64>>,
    /// Share of a belief that is all or nothing; 0.9 if absent.
    #[serde(default)]
    pub polarisation: Option<Sourced<f64>>,
}

/// How buyers form beliefs.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum BeliefMode {
    /// They follow the public belief.
    #[default]
    Rational,
    /// They believe in no duty before it is imposed.
    Naive,
    /// They judge each regime's dated events as the public of `[governments]` does: by Washington's record of threats kept.
    Governments,
}

/// A public belief from a date on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BeliefPoint {
    /// It holds from the first week that starts on or after this day.
    #[schemars(with = "String")]
    pub date: Date,
    /// Belief that the duty will bind.
    pub value: f64,
}

/// Brands that stay spoilt after a threat; off by default.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HysteresisSection {
    /// Share of buyers who hold the dispute against the listed models; 0 if absent.
    #[serde(default)]
    pub share: Option<Sourced<f64>>,
    /// Utility that these models lose with them; 1 if absent.
    #[serde(default)]
    pub penalty: Option<Sourced<f64>>,
    /// Weeks in which the penalty halves; 26 if absent.
    #[serde(default)]
    pub half_life_weeks: Option<Sourced<f64>>,
}

/// Word of mouth on a small-world network; off by default.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PeersSection {
    /// Utility per unit of a brand's excess share among acquaintances; 0 if absent.
    #[serde(default)]
    pub gamma: Option<Sourced<f64>>,
    /// Acquaintances of each buyer, an even number; 8 if absent.
    #[serde(default)]
    pub neighbours: Option<Sourced<u32>>,
    /// Share of them that are far away; 0.1 if absent.
    #[serde(default)]
    pub rewired: Option<Sourced<f64>>,
}

/// Dealers' stock and transaction prices. Every parameter has a default.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DealersSection {
    /// Stock aimed at, days of forecast sales; 60 if absent.
    #[serde(default)]
    pub target_days: Option<Sourced<f64>>,
    /// Stock at the start, days of base-year sales; the target if absent.
    #[serde(default)]
    pub start_days: Option<Sourced<f64>>,
    /// The same for single manufacturers.
    #[serde(default)]
    pub start_days_by_manufacturer: BTreeMap<String, Sourced<f64>>,
    /// Smallest target stock, in sales of one buyer; 3 if absent.
    #[serde(default)]
    pub least_sales: Option<Sourced<f64>>,
    /// Change of the price per unit of the logarithm of stock over target; 0.04 if absent.
    #[serde(default)]
    pub discount_slope: Option<Sourced<f64>>,
    /// Deviation of that logarithm that leaves the price alone; 0.3 if absent.
    #[serde(default)]
    pub dead_band: Option<Sourced<f64>>,
    /// Largest discount and premium, fractions of the list price; [-0.06, 0.10] if absent.
    #[serde(default)]
    pub price_bounds: Option<[f64; 2]>,
    /// Weeks over which forecasts adapt; 13 if absent.
    #[serde(default)]
    pub forecast_weeks: Option<Sourced<f64>>,
    /// Weeks over which a gap in stock or pipeline is closed; 8 if absent.
    #[serde(default)]
    pub adjustment_weeks: Option<Sourced<f64>>,
}

/// Shipments from order to landing. Every parameter has a default.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShippingSection {
    /// Weeks from order to landing of imports; 3 if absent.
    #[serde(default)]
    pub import_weeks: Option<Sourced<u32>>,
    /// Weeks from order to lot of cars assembled at home; 2 if absent.
    #[serde(default)]
    pub domestic_weeks: Option<Sourced<u32>>,
    /// Most cars that can be ordered, relative to base-year volume; 1.5 if absent.
    #[serde(default)]
    pub capacity: Option<Sourced<f64>>,
    /// The same for regions.
    #[serde(default)]
    pub capacity_by_region: BTreeMap<String, Sourced<f64>>,
    /// The same for manufacturers, before regions.
    #[serde(default)]
    pub capacity_by_manufacturer: BTreeMap<String, Sourced<f64>>,
    /// Manufacturers that stop ordering listed models from the announcement to the decision; the others continue.
    #[serde(default)]
    pub suspend: Vec<String>,
}

/// A named stretch of time.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodSection {
    /// Name in tables.
    pub name: String,
    /// First day; the period begins with the first week that starts on or after it.
    #[schemars(with = "String")]
    pub from: Date,
    /// The day after the last.
    #[schemars(with = "String")]
    pub to: Date,
}

/// A policy history.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegimeSection {
    /// Name in tables.
    pub name: String,
    /// What charts call it.
    #[serde(default)]
    pub label: Option<String>,
    /// Dated events; none is the status quo.
    #[serde(default)]
    pub events: Vec<EventSection>,
    /// Whether the two governments negotiate the history, anew in every replication (section `[governments]`).
    #[serde(default)]
    pub negotiated: bool,
    /// The instrument that a negotiated regime threatens.
    #[serde(default)]
    pub instrument: Option<String>,
    /// Public belief that the duty will bind while a decision is open; that of `[timing.belief]` if absent.
    #[serde(default)]
    pub belief: Option<f64>,
    /// Manufacturers that stop shipping the listed models while a decision is open; those of `[shipping]` if absent.
    #[serde(default)]
    pub suspend: Option<Vec<String>>,
}

/// A dated event on one instrument.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventSection {
    /// Date; it acts from the first week that starts on or after it.
    #[schemars(with = "String")]
    pub date: Date,
    /// What happens.
    pub action: ActionChoice,
    /// Name of the instrument.
    pub instrument: String,
    /// Who gets back the duty collected since it was imposed, where the event ends it; nobody if absent.
    #[serde(default)]
    pub refund: Option<RefundChoice>,
    /// What charts call it.
    #[serde(default)]
    pub label: Option<String>,
}

/// What happens to an instrument.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ActionChoice {
    /// An open threat, without a list or a date.
    Threatened,
    /// The list is published.
    Announced,
    /// Cars sold from here on owe the duty if it is imposed.
    Liable,
    /// The instrument is in force and enters prices.
    Imposed,
    /// A settlement: instrument and liability are cancelled.
    Settled,
    /// The threat comes to nothing.
    Lapsed,
    /// An imposed instrument ends.
    Lifted,
    /// The other side complains to the world trade body.
    Complaint,
    /// The ruling goes against the country that imposed.
    RulingLost,
    /// The ruling goes in its favour.
    RulingWon,
    /// It complies with a ruling that it lost.
    Reversed,
    /// A settlement has failed its reviews: announced again.
    Reinstated,
}

/// Who gets collected duty back.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum RefundChoice {
    /// The importers, who keep it: buyers paid at the old prices.
    Importers,
}
