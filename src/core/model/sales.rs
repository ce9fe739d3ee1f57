//! Sales of one job, before anything is worked out from them.

/// Sales of one job by week and option: J models, then the outside option.
#[derive(Clone, Debug, PartialEq)]
pub struct Sales {
    options: usize,
    drawn: Vec<u32>,
    expected: Vec<f64>,
    /// What buyers paid, the duty charged, list prices of the cars sold, and the part of the duty in dispute, by week and model,
    /// USD, where prices are not the plan's.
    money: Option<Vec<[f64; 4]>>,
    /// Factor of trend and season on the households of a buyer, by week; empty where there is none.
    traffic: Vec<f64>,
}

impl Sales {
    /// No sales yet, for `weeks` weeks and `models` models.
    #[must_use]
    pub fn new(weeks: u32, models: usize) -> Self {
        let cells = weeks as usize * (models + 1);
        Self {
            options: models + 1,
            drawn: vec![0; cells],
            expected: vec![0.0; cells],
            money: None,
            traffic: Vec::new(),
        }
    }
    /// No sales yet in a market whose purchase events come and go with trend and season: a factor for each week, or none.
    #[must_use]
    pub fn with_traffic(weeks: u32, models: usize, traffic: &[f64]) -> Self {
        Self { traffic: traffic.to_vec(), ..Self::new(weeks, models) }
    }
    /// Factor on the households that a buyer of this week stands for.
    #[must_use]
    pub fn traffic(&self, week: usize) -> f64 {
        self.traffic.get(week).copied().unwrap_or(1.0)
    }
    /// No sales yet, for runs in which buyers do not pay the plan's prices. Expected sales are not defined there: buyers who
    /// move their purchases leave a selected sample behind, and its probabilities would count them twice.
    #[must_use]
    pub fn with_money(weeks: u32, models: usize) -> Self {
        let mut sales = Self::new(weeks, models);
        sales.expected.fill(f64::NAN);
        sales.money = Some(vec![[0.0; 4]; weeks as usize * models]);
        sales
    }
    /// Adds what one sale of `model` was paid with, and its list price, USD.
    pub fn pay(&mut self, week: usize, model: usize, outlay_usd: f64, list_usd: f64) {
        if let Some(money) = &mut self.money {
            let row = &mut money[week * (self.options - 1) + model];
            row[0] += outlay_usd;
            row[2] += list_usd;
        }
    }
    /// Adds duty on cars of `model`, of which `disputed_usd` is in dispute, USD.
    pub fn charge(&mut self, week: usize, model: usize, duty_usd: f64, disputed_usd: f64) {
        if let Some(money) = &mut self.money {
            let row = &mut money[week * (self.options - 1) + model];
            row[1] += duty_usd;
            row[3] += disputed_usd;
        }
    }
    /// What buyers paid, the duty charged, list prices of the cars sold and the part of the duty in dispute, USD, where they were
    /// recorded.
    #[must_use]
    pub fn money(&self, week: usize, model: usize) -> Option<[f64; 4]> {
        self.money.as_ref().map(|money| money[week * (self.options - 1) + model])
    }
    /// Counts one drawn choice of `option`.
    pub fn count(&mut self, week: usize, option: usize) {
        self.drawn[week * self.options + option] += 1;
    }
    /// Records the expected choices of one week: each model's, and the outside option's.
    pub fn expect(&mut self, week: usize, models: &[f64], outside: f64) {
        let row = &mut self.expected[week * self.options..(week + 1) * self.options];
        row[..models.len()].copy_from_slice(models);
        row[models.len()] = outside;
    }
    /// Drawn choices of one week, one count for each option.
    #[must_use]
    pub fn drawn(&self, week: usize) -> &[u32] {
        &self.drawn[week * self.options..(week + 1) * self.options]
    }
    /// Expected choices of one week.
    #[must_use]
    pub fn expected(&self, week: usize) -> &[f64] {
        &self.expected[week * self.options..(week + 1) * self.options]
    }
}
