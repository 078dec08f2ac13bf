//! The numbers that claims speak of.

use crate::lab::measure::{Quantity, What, percentile};
use crate::lab::spec::Label;
use crate::schema::{choice, record};

macro_rules! terms {
    ($($(#[doc = $doc:literal])+ $name:ident),+ $(,)?) => {$(
        record! {
            $(#[doc = $doc])+
            pub struct $name {
                /// Of which arm; without it, the only one or the baseline.
                pub arm: Option<Label> = None,
            }
        }
    )+};
}

terms! {
    /// Mean latency.
    MeanOf,
    /// Median latency.
    P50Of,
    /// 90th percentile of latency.
    P90Of,
    /// 95th percentile of latency.
    P95Of,
    /// 99th percentile of latency.
    P99Of,
    /// 99.9th percentile of latency.
    P999Of,
    /// Requests served per second.
    ThroughputOf,
    /// Share of requests not served.
    DropRateOf,
    /// Mean number of requests in flight.
    InSystemOf,
    /// Mean time from a crash to the last request that a balancer sent to the server.
    FailoverTimeOf,
    /// Share of clients or keys that get another server when servers go or come back, summed over changes.
    RemappedOf,
    /// Those of them that need not have moved.
    RemappedNeedlesslyOf,
}

record! {
    /// Any quantile of latency.
    pub struct QuantileOf {
        /// Which, between 0 and 1.
        pub p: f64,
        /// Of which arm; without it, the only one or the baseline.
        pub arm: Option<Label> = None,
    }
    check(self, at) {
        if !(self.p > 0.0 && self.p < 1.0) {
            at.field("p").error("a quantile is between 0 and 1");
        }
    }
}

record! {
    /// Share of time the workers of a fleet are busy.
    pub struct UtilizationOf {
        /// Of which arm; without it, the only one or the baseline.
        pub arm: Option<Label> = None,
        /// Of which fleet; may be left out where there is only one.
        pub node: Option<Label> = None,
    }
}

record! {
    /// Mean waiting at the servers of a fleet.
    pub struct WaitingOf {
        /// Of which arm; without it, the only one or the baseline.
        pub arm: Option<Label> = None,
        /// Of which fleet; may be left out where there is only one.
        pub node: Option<Label> = None,
    }
}

record! {
    /// Utilization of the busiest server of a fleet over the mean of its servers.
    pub struct ImbalanceOf {
        /// Of which arm; without it, the only one or the baseline.
        pub arm: Option<Label> = None,
        /// Of which fleet; may be left out where there is only one.
        pub node: Option<Label> = None,
    }
}

choice! {
    /// A number that a claim speaks of.
    pub enum Term {
        Mean(MeanOf),
        P50(P50Of),
        P90(P90Of),
        P95(P95Of),
        P99(P99Of),
        P999(P999Of),
        Quantile(QuantileOf),
        Throughput(ThroughputOf),
        DropRate(DropRateOf),
        InSystem(InSystemOf),
        FailoverTime(FailoverTimeOf),
        Utilization(UtilizationOf),
        Waiting(WaitingOf),
        Imbalance(ImbalanceOf),
        Remapped(RemappedOf),
        RemappedNeedlessly(RemappedNeedlesslyOf),
    }
}

impl Term {
    /// The arm it names.
    #[must_use]
    pub fn arm(&self) -> Option<&Label> {
        match self {
            Self::Mean(of) => of.arm.as_ref(),
            Self::P50(of) => of.arm.as_ref(),
            Self::P90(of) => of.arm.as_ref(),
            Self::P95(of) => of.arm.as_ref(),
            Self::P99(of) => of.arm.as_ref(),
            Self::P999(of) => of.arm.as_ref(),
            Self::Quantile(of) => of.arm.as_ref(),
            Self::Throughput(of) => of.arm.as_ref(),
            Self::DropRate(of) => of.arm.as_ref(),
            Self::InSystem(of) => of.arm.as_ref(),
            Self::FailoverTime(of) => of.arm.as_ref(),
            Self::Utilization(of) => of.arm.as_ref(),
            Self::Waiting(of) => of.arm.as_ref(),
            Self::Imbalance(of) => of.arm.as_ref(),
            Self::Remapped(of) => of.arm.as_ref(),
            Self::RemappedNeedlessly(of) => of.arm.as_ref(),
        }
    }

    /// The fleet it names.
    #[must_use]
    pub fn node(&self) -> Option<&Label> {
        match self {
            Self::Utilization(of) => of.node.as_ref(),
            Self::Waiting(of) => of.node.as_ref(),
            Self::Imbalance(of) => of.node.as_ref(),
            _ => None,
        }
    }

    /// The quantity it speaks of, in a system with the given fleets.
    #[must_use]
    pub fn quantity(&self, fleets: &[String]) -> Quantity {
        let quantile = |p: f64| Quantity::latency_quantile(p);
        let fleet =
            || self.node().map_or_else(|| fleets.first().cloned().unwrap_or_default(), |node| node.0.text.clone());
        match self {
            Self::Mean(_) => Quantity::latency_mean(),
            Self::P50(_) => quantile(0.5),
            Self::P90(_) => quantile(0.9),
            Self::P95(_) => quantile(0.95),
            Self::P99(_) => quantile(0.99),
            Self::P999(_) => quantile(0.999),
            Self::Quantile(of) => quantile(of.p),
            Self::Throughput(_) => Quantity::throughput(),
            Self::DropRate(_) => Quantity::drop_rate(),
            Self::InSystem(_) => Quantity::in_system(),
            Self::FailoverTime(_) => Quantity::failover_time(),
            Self::Remapped(_) => Quantity::remapped(),
            Self::RemappedNeedlessly(_) => Quantity::remapped_needlessly(),
            Self::Utilization(_) => Quantity::utilization(fleet(), fleets),
            Self::Waiting(_) => Quantity::waiting(fleet(), fleets),
            Self::Imbalance(_) => Quantity::imbalance(fleet(), fleets),
        }
    }

    /// The term in words.
    #[must_use]
    pub fn words(&self, fleets: &[String]) -> String {
        let Quantity { what, name, .. } = self.quantity(fleets);
        let name = match what {
            What::LatencyQuantile(p) => percentile(p),
            _ => name,
        };
        self.arm().map_or_else(|| name.clone(), |arm| format!("{name} of \"{}\"", arm.0.text))
    }
}
