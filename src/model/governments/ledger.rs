//! The account of a duty with retroactive liability: what accrues on landings, what falls due, what is cancelled.
//!
//! Between announcement and decision the extra duty on a landed car accrues and is not collected. When the duty is imposed
//! the accrual falls due once; when the threat ends it is cancelled. A car's duty is therefore either collected or
//! cancelled, never both and never twice: `accrued + charged = collected + cancelled + outstanding`.

/// How the extra duty stands on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DutyStatus {
    /// There is none, and no liability.
    #[default]
    None,
    /// Cars landed today will owe it if it is imposed.
    Accruing,
    /// Cars landed today pay it.
    Charged,
}

/// Sums of the extra duty, USD.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DutyLedger {
    status: DutyStatus,
    accrued: f64,
    charged: f64,
    collected: f64,
    cancelled: f64,
    outstanding: f64,
}

impl DutyLedger {
    /// Moves to a new status: entering `Charged` collects the outstanding accrual, entering `None` cancels it.
    pub fn become_status(&mut self, status: DutyStatus) {
        match status {
            DutyStatus::Charged => self.collected += std::mem::take(&mut self.outstanding),
            DutyStatus::None => self.cancelled += std::mem::take(&mut self.outstanding),
            DutyStatus::Accruing => {}
        }
        self.status = status;
    }

    /// Books cars landed today, by the extra duty on them at the announced rate, USD.
    pub fn land(&mut self, duty_usd: f64) {
        match self.status {
            DutyStatus::None => {}
            DutyStatus::Accruing => {
                self.accrued += duty_usd;
                self.outstanding += duty_usd;
            }
            DutyStatus::Charged => {
                self.charged += duty_usd;
                self.collected += duty_usd;
            }
        }
    }

    /// Duty that accrued on landings before a decision.
    #[must_use]
    pub fn accrued(&self) -> f64 {
        self.accrued
    }
    /// Duty charged at landing.
    #[must_use]
    pub fn charged(&self) -> f64 {
        self.charged
    }
    /// Duty paid.
    #[must_use]
    pub fn collected(&self) -> f64 {
        self.collected
    }
    /// Accrual that never fell due.
    #[must_use]
    pub fn cancelled(&self) -> f64 {
        self.cancelled
    }
    /// Accrual still undecided.
    #[must_use]
    pub fn outstanding(&self) -> f64 {
        self.outstanding
    }
}

#[cfg(test)]
mod tests {
    use super::{DutyLedger, DutyStatus};

    #[test]
    fn an_accrual_falls_due_once() {
        let mut ledger = DutyLedger::default();
        ledger.land(7.0);
        ledger.become_status(DutyStatus::Accruing);
        ledger.land(10.0);
        ledger.land(5.0);
        assert_eq!((ledger.accrued(), ledger.collected(), ledger.outstanding()), (15.0, 0.0, 15.0));
        ledger.become_status(DutyStatus::Charged);
        assert_eq!((ledger.collected(), ledger.outstanding()), (15.0, 0.0));
        ledger.land(4.0);
        ledger.become_status(DutyStatus::None);
        ledger.land(3.0);
        assert_eq!((ledger.charged(), ledger.collected(), ledger.cancelled()), (4.0, 19.0, 0.0));
    }

    #[test]
    fn a_settlement_cancels_the_accrual() {
        let mut ledger = DutyLedger::default();
        ledger.become_status(DutyStatus::Accruing);
        ledger.land(10.0);
        ledger.become_status(DutyStatus::None);
        assert_eq!((ledger.accrued(), ledger.collected(), ledger.cancelled()), (10.0, 0.0, 10.0));
    }
}
