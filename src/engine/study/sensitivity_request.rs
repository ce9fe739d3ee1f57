//! A sensitivity study as it is asked for, checked against the scenario.

use super::response::ResponseTarget;
use super::sensitivity::{DUMMY, ScenarioStudy, targets};
use crate::config::{DRAWN_INSTEAD, Loaded, NEVER};
use crate::model::outcome::Layout;
use crate::sensitivity::design::MAX_LEVELS;
use crate::sensitivity::{DesignError, IndexPrecision, Problem, Resampling, Scheme};

/// What may be asked of a sensitivity study; the default asks what the command line does without options.
#[derive(Clone, Debug)]
pub struct SensitivityRequest {
    /// Design and estimators.
    pub scheme: Scheme,
    /// Size: base points of each randomisation (Sobol'), trajectories (Morris), points of a curve (FAST), or points; what suits the scheme if absent.
    pub n: Option<usize>,
    /// The design is doubled until every interval is narrow enough, up to this size; it is not if absent.
    pub n_max: Option<usize>,
    /// The widest interval that is narrow enough.
    pub precision: IndexPrecision,
    /// Replications at every point; 2, one at a time 8, if absent.
    pub replications: Option<u64>,
    /// Metrics, columns of `replications.csv`; the scenario's headline if there is none.
    pub metrics: Vec<String>,
    /// Regimes; all but the baseline if there is none.
    pub regimes: Vec<String>,
    /// The regime that the others are compared with in the same worlds, `none` for their levels; the scenario's baseline if absent.
    pub baseline: Option<String>,
    /// The period.
    pub period: String,
    /// One input more, on which nothing depends.
    pub dummy: bool,
    /// Level of intervals.
    pub level: f64,
}

impl Default for SensitivityRequest {
    fn default() -> Self {
        Self {
            scheme: Scheme::ALL[0],
            n: None,
            n_max: None,
            precision: IndexPrecision { absolute: 0.05, relative: 0.10 },
            replications: None,
            metrics: Vec::new(),
            regimes: Vec::new(),
            baseline: None,
            period: "all".into(),
            dummy: false,
            level: 0.95,
        }
    }
}

/// What cannot be asked: an option, or the scenario itself, with what would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRefused {
    /// The option by its name among [`SensitivityRequest`]'s; nothing where the scenario is what does not do.
    pub option: Option<&'static str>,
    /// What was given.
    pub value: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What would do.
    pub help: String,
}

fn refused<T>(
    option: &'static str,
    value: impl ToString,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Result<T, RequestRefused> {
    let value = Some(value.to_string()).filter(|value| !value.is_empty());
    Err(RequestRefused { option: Some(option), value, message: message.into(), help: help.into() })
}

fn unsuited<T>(message: impl Into<String>, help: &str) -> Result<T, RequestRefused> {
    Err(RequestRefused { option: None, value: None, message: message.into(), help: help.to_owned() })
}

impl SensitivityRequest {
    /// The study that is asked for, its first and its largest size.
    ///
    /// # Errors
    /// [`RequestRefused`] with what does not do, and what would.
    pub fn study<'a>(&self, loaded: &'a Loaded) -> Result<(ScenarioStudy<'a>, (usize, usize)), RequestRefused> {
        let scheme = self.checked_scheme()?;
        if loaded.parameters.is_empty() {
            let help =
                "write one [[parameter]] with key and distribution for each, as in configs/sensitivity-1995.toml";
            return unsuited("has no uncertain values", help);
        }
        if scheme.needs_independence() && loaded.parameters.copula.is_some() {
            let message = format!(
                "has a [[correlation]], and the indices of {} are defined for independent parameters only: shares of dependent ones overlap",
                scheme.name()
            );
            let help = "leave the correlation out, replace the correlated parameters by one that moves them all, or use the method oat";
            return unsuited(message, help);
        }
        if self.dummy && loaded.parameters.list.iter().any(|item| item.name == DUMMY) {
            return refused("dummy", "", "the scenario has a parameter of that name", "give that one another name");
        }
        if !(self.level > 0.0 && self.level < 1.0) {
            return refused("level", self.level, "a level is between 0 and 1", "write 0.95 for 95%");
        }
        let widths = [("width", self.precision.absolute), ("relative_width", self.precision.relative)];
        for (option, width) in widths {
            if !(width >= 0.0 && width.is_finite()) {
                return refused(option, width, "a width is a positive number", "write 0.05");
            }
        }
        let usual = if matches!(scheme, Scheme::OneAtATime { .. }) { 8 } else { 2 };
        let replications = self.replications.unwrap_or(usual);
        if replications == 0 || replications > 1_000_000 {
            let help = "2 are enough to tell noise from parameters";
            return refused("replications", replications, "expected 1 to 1,000,000", help);
        }
        let targets = self.targets(loaded)?;
        let resampling = Resampling { level: self.level, seed: loaded.scenario.seed, ..Resampling::default() };
        let study = ScenarioStudy { loaded, scheme, targets, replications, dummy: self.dummy, resampling };
        let sizes = self.sizes(&study.problem())?;
        Ok((study, sizes))
    }

    fn checked_scheme(&self) -> Result<Scheme, RequestRefused> {
        match self.scheme {
            Scheme::Sobol { randomisations, .. } if !(2..=256).contains(&randomisations) => refused(
                "randomisations",
                randomisations,
                "expected 2 to 256",
                "8 give intervals with 7 degrees of freedom",
            ),
            Scheme::Morris { levels } if levels < 2 || levels % 2 == 1 || levels > MAX_LEVELS => {
                refused("levels", levels, format!("expected an even number, 2 to {MAX_LEVELS}"), "write 4")
            }
            Scheme::OneAtATime { quantiles: [low, high] } if !(low > 0.0 && low < high && high < 1.0) => {
                let message = "expected two probabilities between 0 and 1, the lower first";
                refused("quantiles", format!("{low},{high}"), message, "write 0.05,0.95")
            }
            scheme => Ok(scheme),
        }
    }

    fn sizes(&self, problem: &Problem) -> Result<(usize, usize), RequestRefused> {
        let scheme = self.scheme;
        let n = self.n.unwrap_or(scheme.usual_size());
        let (least, name) = (scheme.least_size(), scheme.name());
        if n < least {
            return refused("n", n, format!("{name} needs {least} at least"), "give a larger n");
        }
        let fits = |n: usize| scheme.check_size(problem, n);
        let room = |option: &'static str, n: usize| match fits(n) {
            Err(error @ DesignError::TooLarge { .. }) => {
                let largest = (0..usize::BITS).map(|power| 1 << power).take_while(|n| fits(*n).is_ok()).last();
                let help = match largest.filter(|largest| *largest >= least) {
                    Some(largest) => format!("write {largest} or less"),
                    None => "leave parameters out, or screen them first by the method morris".to_owned(),
                };
                refused(option, n, error.to_string(), help)
            }
            _ => Ok(()),
        };
        room("n", n)?;
        if scheme.grows() && !n.is_power_of_two() {
            let near = [(n.next_power_of_two() / 2).max(least), n.next_power_of_two()];
            let near: Vec<String> = near.into_iter().filter(|n| fits(*n).is_ok()).map(|n| format!("n = {n}")).collect();
            let message = "the size of a design that grows is a power of two";
            return refused("n", n, message, near.join(" or "));
        }
        let most = self.n_max.unwrap_or(n);
        if most < n {
            return refused("n_max", most, format!("is below n, {n}"), "give a larger one");
        }
        if self.n_max.is_some() && !scheme.grows() {
            let message = format!("a design of {name} does not grow");
            return refused("n_max", "", message, "leave it out, or use sobol or morris");
        }
        room("n_max", most)?;
        Ok((n, most))
    }

    fn targets(&self, loaded: &Loaded) -> Result<Vec<ResponseTarget>, RequestRefused> {
        let scenario = &loaded.scenario;
        let layout = Layout::of(scenario);
        let known = |option: &'static str, wanted: &[String], known: &[&str]| match wanted
            .iter()
            .find(|name| !known.contains(&name.as_str()))
        {
            Some(unknown) => refused(option, unknown, "is not known", format!("expected some of {}", known.join(", "))),
            None => Ok(()),
        };
        let names: Vec<&str> = scenario.regimes.values().map(|regime| regime.name.as_str()).collect();
        let metrics = layout.metrics(scenario);
        let metrics: Vec<&str> = metrics.iter().map(String::as_str).collect();
        let periods: Vec<&str> = layout.periods.iter().map(|period| period.name.as_str()).collect();
        known("metrics", &self.metrics, &metrics)?;
        if let Some(metric) = self.metrics.iter().find(|metric| !scenario.gives(metric)) {
            return refused("metrics", metric, NEVER, DRAWN_INSTEAD);
        }
        known("regime", &self.regimes, &names)?;
        known("period", std::slice::from_ref(&self.period), &periods)?;
        let baseline = match self.baseline.as_deref() {
            Some("none") => None,
            Some(name) => {
                known("baseline", &[name.to_owned()], &names)?;
                Some(name)
            }
            None => Some(scenario.regimes[scenario.baseline].name.as_str()),
        };
        let metrics =
            if self.metrics.is_empty() { vec![scenario.outputs.headline.clone()] } else { self.metrics.clone() };
        let mut regimes: Vec<String> = self.regimes.clone();
        if regimes.is_empty() {
            let others = names.iter().filter(|name| Some(**name) != baseline);
            regimes = others.map(|name| (*name).to_owned()).collect();
        }
        if regimes.is_empty() {
            regimes.extend(names.first().map(|name| (*name).to_owned()));
        }
        let mut targets = targets(&metrics, &regimes, baseline, &self.period);
        let mut seen = std::collections::BTreeSet::new();
        targets.retain(|target| seen.insert(target.name.clone()));
        Ok(targets)
    }
}
