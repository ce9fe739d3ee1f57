//! The money of one model: what each car sold costs, pays and leaves, added up over sales.

/// Where the price of one car of a model goes, USD.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CarTerms {
    /// What the buyer pays, duty included.
    pub sticker_usd: f64,
    /// Sticker price less duty.
    pub producer_usd: f64,
    /// Duty owed.
    pub duty_usd: f64,
    /// Part of the duty that is paid back to the importer.
    pub refund_usd: f64,
    /// Shadow price of quotas, part of the maker's margin.
    pub rent_usd: f64,
    /// Cost of inspection.
    pub inspection_usd: f64,
    /// Production and delivery to the showroom, the dealers' margin taken out.
    pub production_cost_usd: f64,
    /// Gross margin of dealers, and of importers where they have one.
    pub dealers_margin_usd: f64,
}

impl CarTerms {
    /// What the maker keeps of a car: quota rent and refund in it.
    #[must_use]
    pub fn makers_margin_usd(&self) -> f64 {
        self.producer_usd - self.dealers_margin_usd - self.production_cost_usd - self.inspection_usd + self.refund_usd
    }
    /// What the border costs: duty less refund, and inspection.
    pub(super) fn border_usd(&self) -> f64 {
        self.duty_usd - self.refund_usd + self.inspection_usd
    }
    /// What the maker gets for production and margin.
    fn makers_price_usd(&self) -> f64 {
        self.producer_usd - self.dealers_margin_usd - self.inspection_usd + self.refund_usd
    }
}

macro_rules! amounts {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// The account of one model, or of several together, over some time: cars, and USD.
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub struct ModelAccount { $($(#[$doc])* pub $name: f64),+ }

        impl ModelAccount {
            /// Adds another account.
            pub fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)+
            }
            /// This account less another.
            #[must_use]
            pub fn less(&self, other: &Self) -> Self {
                Self { $($name: self.$name - other.$name),+ }
            }
        }
    };
}

amounts! {
    /// Cars sold.
    units,
    /// What buyers paid.
    outlay,
    /// Production and delivery.
    production_cost,
    /// Dealers' gross margin, discounts taken off.
    dealers_margin,
    /// Part of it that pays for what a car not sold would have saved.
    dealers_avoidable,
    /// Makers' profit, quota rent and refunds in it.
    profit,
    /// Quota rent in it.
    rent,
    /// Duty charged.
    duty,
    /// Part of it paid back to importers.
    refund,
    /// Inspection.
    inspection,
    /// Duty less refunds and inspection beyond those of the reference, on the cars sold.
    burden,
    /// Part of the burden that buyers of these cars pay: price less that of the reference.
    burden_buyers,
    /// Part that makers bear: they get less for a car than in the reference.
    burden_makers,
    /// Part that dealers bear, discounts.
    burden_dealers,
    /// Profit these cars would earn at the reference's margins: its change is makers' loss on cars not sold.
    profit_at_reference,
    /// Dealers' surplus on these cars at the reference's margins: its change is dealers' loss on cars not sold.
    dealers_at_reference,
}

impl ModelAccount {
    /// Books the sale of `units` cars on these terms. `reference` are the terms on which they would have been sold without the
    /// policy, `avoidable` the part of dealers' gross margin that pays for what a car not sold saves.
    pub fn sell(&mut self, units: f64, car: &CarTerms, reference: &CarTerms, avoidable: f64) {
        self.units += units;
        self.outlay += units * car.sticker_usd;
        self.production_cost += units * car.production_cost_usd;
        self.dealers_margin += units * car.dealers_margin_usd;
        self.dealers_avoidable += units * avoidable * car.dealers_margin_usd;
        self.profit += units * car.makers_margin_usd();
        self.rent += units * car.rent_usd;
        self.duty += units * car.duty_usd;
        self.refund += units * car.refund_usd;
        self.inspection += units * car.inspection_usd;
        self.burden += units * (car.border_usd() - reference.border_usd());
        self.burden_buyers += units * (car.sticker_usd - reference.sticker_usd);
        self.burden_makers += units * (reference.makers_price_usd() - car.makers_price_usd());
        self.burden_dealers += units * (reference.dealers_margin_usd - car.dealers_margin_usd);
        self.profit_at_reference += units * reference.makers_margin_usd();
        self.dealers_at_reference += units * (1.0 - avoidable) * reference.dealers_margin_usd;
    }

    /// Books cost that no single car causes: with marginal cost times cars it makes up what a year costs.
    pub fn beyond_marginal(&mut self, cost: f64) {
        self.production_cost += cost;
        self.profit -= cost;
    }

    /// Books what buyers paid beyond list prices (less than nothing where they got discounts): dealers give it or get it.
    pub fn premium(&mut self, paid_beyond_list: f64) {
        self.outlay += paid_beyond_list;
        self.dealers_margin += paid_beyond_list;
        self.burden_buyers += paid_beyond_list;
        self.burden_dealers -= paid_beyond_list;
    }

    /// Books list prices of the cars sold beyond those that [`ModelAccount::sell`] has booked: the maker gets them.
    pub fn relist(&mut self, beyond_booked: f64) {
        self.outlay += beyond_booked;
        self.profit += beyond_booked;
        self.burden_buyers += beyond_booked;
        self.burden_makers -= beyond_booked;
    }

    /// Books duty charged this time on cars sold another: the makers advance it, and policy has no part in it.
    pub fn advance(&mut self, duty: f64) {
        self.duty += duty;
        self.profit -= duty;
    }

    /// Books duty charged beyond what [`ModelAccount::sell`] has booked, with the part of it refunded: the importer bears it.
    pub fn charge(&mut self, duty: f64, refund: f64) {
        self.duty += duty;
        self.refund += refund;
        self.profit -= duty - refund;
        self.burden += duty - refund;
        self.burden_makers += duty - refund;
    }

    /// What dealers have beyond the costs that they could avoid.
    #[must_use]
    pub fn dealers_surplus(&self) -> f64 {
        self.dealers_margin - self.dealers_avoidable
    }
    /// What the Treasury keeps.
    #[must_use]
    pub fn treasury(&self) -> f64 {
        self.duty - self.refund
    }
    /// What makers get for the cars, duty, dealers' margin and inspection taken off.
    #[must_use]
    pub fn makers_revenue(&self) -> f64 {
        self.profit + self.production_cost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outlay less all that it is spent on, and burden less the parts of it that somebody bears.
    fn gaps(sold: &ModelAccount) -> [f64; 2] {
        let spent = sold.production_cost + sold.dealers_margin + sold.profit + sold.treasury() + sold.inspection;
        [sold.outlay - spent, sold.burden - (sold.burden_buyers + sold.burden_makers + sold.burden_dealers)]
    }

    /// A car of 20,000: base duty 500, dealers 2,000, production 12,000, so the maker has 5,500.
    fn before() -> CarTerms {
        CarTerms {
            sticker_usd: 20_000.0,
            producer_usd: 19_500.0,
            duty_usd: 500.0,
            production_cost_usd: 12_000.0,
            dealers_margin_usd: 2_000.0,
            ..CarTerms::default()
        }
    }

    #[test]
    fn a_car_by_hand() {
        let after = CarTerms {
            sticker_usd: 29_000.0,
            producer_usd: 18_500.0,
            duty_usd: 10_500.0,
            refund_usd: 1_000.0,
            rent_usd: 300.0,
            inspection_usd: 400.0,
            ..before()
        };
        assert_eq!(before().makers_margin_usd(), 5_500.0);
        assert_eq!(after.makers_margin_usd(), 18_500.0 - 2_000.0 - 12_000.0 - 400.0 + 1_000.0);
        let mut sold = ModelAccount::default();
        sold.sell(3.0, &after, &before(), 0.4);
        assert_eq!(sold.outlay, 87_000.0);
        assert_eq!(sold.treasury(), 3.0 * 9_500.0);
        assert!((sold.dealers_surplus() - 3.0 * 1_200.0).abs() < 1e-9);
        assert_eq!(sold.rent, 900.0);
        assert_eq!(gaps(&sold), [0.0; 2]);
        // The border costs 9,400 more: buyers pay 9,000 more, so the maker bears 400.
        assert_eq!([sold.burden, sold.burden_buyers, sold.burden_makers], [28_200.0, 27_000.0, 1_200.0]);
        // The change of profit is what makers bear and what they lose on cars not sold.
        let mut base = ModelAccount::default();
        base.sell(10.0, &before(), &before(), 0.4);
        let change = sold.less(&base);
        assert_eq!(change.profit, -sold.burden_makers + change.profit_at_reference);
        assert_eq!(change.dealers_surplus(), -sold.burden_dealers + change.dealers_at_reference);
    }

    #[test]
    fn discounts_fall_on_dealers_and_late_duty_on_importers() {
        let mut sold = ModelAccount::default();
        sold.sell(2.0, &before(), &before(), 0.4);
        sold.premium(-600.0);
        sold.charge(5_000.0, 1_000.0);
        assert_eq!(sold.dealers_margin, 3_400.0);
        assert_eq!(sold.dealers_surplus(), 1_800.0);
        assert_eq!(sold.profit, 7_000.0);
        assert_eq!(gaps(&sold), [0.0; 2]);
        assert_eq!([sold.burden_buyers, sold.burden_dealers, sold.burden_makers], [-600.0, 600.0, 4_000.0]);
    }
}
