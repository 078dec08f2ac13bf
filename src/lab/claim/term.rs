//! The numbers that claims speak of.

use crate::lab::measure::{OutcomeName, Quantity, RecoveryNumber, Scope, What, percentile};
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

macro_rules! terms_of_clients {
    ($($(#[doc = $doc:literal])+ $name:ident),+ $(,)?) => {$(
        record! {
            $(#[doc = $doc])+
            pub struct $name {
                /// Of which arm; without it, the only one or the baseline.
                pub arm: Option<Label> = None,
                /// Of which node of clients; without it, of all together.
                pub of: Option<Label> = None,
            }
        }
    )+};
}

macro_rules! terms_of_fleets {
    ($($(#[doc = $doc:literal])+ $name:ident),+ $(,)?) => {$(
        record! {
            $(#[doc = $doc])+
            pub struct $name {
                /// Of which arm; without it, the only one or the baseline.
                pub arm: Option<Label> = None,
                /// Of which fleet; may be left out where there is only one.
                pub node: Option<Label> = None,
            }
        }
    )+};
}

terms_of_clients! {
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
    /// Answers that came home per second, of use or not.
    ThroughputOf,
    /// Calls answered per second in time and as asked.
    GoodputOf,
    /// Calls that users made per second.
    OfferedRateOf,
    /// Attempts sent for each call.
    AttemptsOf,
    /// Share of answers that came when nobody waited for them any more.
    LateAnswersOf,
    /// Share of calls answered with less than was asked.
    DegradedOf,
    /// Share of calls that ended without an answer.
    DropRateOf,
    /// Mean number of calls in flight.
    InSystemOf,
    /// Share of replications in which goodput comes back after the trouble, judged as the measure `Recovery` says.
    RecoveredOf,
    /// Time from the end of the trouble until goodput is back, where it comes back, judged as the measure `Recovery` says.
    RecoveryTimeOf,
    /// Goodput in the later half of the time after the trouble, as a share of goodput before it.
    GoodputLeftOf,
}

terms! {
    /// Jain's index of the goodput of the nodes of clients: 1 if all have the same.
    FairnessOf,
    /// Mean time from a crash to the last request that a balancer sent to the server.
    FailoverTimeOf,
    /// Share of clients or keys that get another server when servers go or come back, summed over changes.
    RemappedOf,
    /// Those of them that need not have moved.
    RemappedNeedlesslyOf,
}

terms_of_fleets! {
    /// Share of time the workers of a fleet are busy.
    UtilizationOf,
    /// Share of the busy time of the workers of a fleet that was spent on requests that nobody waited for any more.
    WastedWorkOf,
    /// Mean waiting at the servers of a fleet.
    WaitingOf,
    /// Utilization of the busiest server of a fleet over the mean of its servers.
    ImbalanceOf,
}

record! {
    /// Any quantile of latency.
    pub struct QuantileOf {
        /// Which, between 0 and 1.
        pub p: f64,
        /// Of which arm; without it, the only one or the baseline.
        pub arm: Option<Label> = None,
        /// Of which node of clients; without it, of all together.
        pub of: Option<Label> = None,
    }
    check(self, at) {
        if !(self.p > 0.0 && self.p < 1.0) {
            at.field("p").error("a quantile is between 0 and 1");
        }
    }
}

record! {
    /// Share of calls that ended in one way.
    pub struct ShareOf {
        /// Which: `Served`, `RateLimited`, `TimedOut` and so on.
        pub outcome: OutcomeName,
        /// Of which arm; without it, the only one or the baseline.
        pub arm: Option<Label> = None,
        /// Of which node of clients; without it, of all together.
        pub of: Option<Label> = None,
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
        Goodput(GoodputOf),
        OfferedRate(OfferedRateOf),
        Attempts(AttemptsOf),
        LateAnswers(LateAnswersOf),
        Degraded(DegradedOf),
        DropRate(DropRateOf),
        Share(ShareOf),
        Fairness(FairnessOf),
        InSystem(InSystemOf),
        Recovered(RecoveredOf),
        RecoveryTime(RecoveryTimeOf),
        GoodputLeft(GoodputLeftOf),
        FailoverTime(FailoverTimeOf),
        Utilization(UtilizationOf),
        WastedWork(WastedWorkOf),
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
        self.labels().0
    }

    /// The fleet it names.
    #[must_use]
    pub fn node(&self) -> Option<&Label> {
        self.labels().1
    }

    /// The node of clients it names.
    #[must_use]
    pub fn of(&self) -> Option<&Label> {
        self.labels().2
    }

    /// The arm, the fleet and the node of clients it names.
    fn labels(&self) -> (Option<&Label>, Option<&Label>, Option<&Label>) {
        macro_rules! labels {
            (clients: $($client:ident)+; fleets: $($fleet:ident)+; neither: $($plain:ident)+) => {
                match self {
                    $(Self::$client(of) => (of.arm.as_ref(), None, of.of.as_ref()),)+
                    $(Self::$fleet(of) => (of.arm.as_ref(), of.node.as_ref(), None),)+
                    $(Self::$plain(of) => (of.arm.as_ref(), None, None),)+
                }
            };
        }
        labels! {
            clients: Mean P50 P90 P95 P99 P999 Quantile Throughput Goodput OfferedRate Attempts LateAnswers Degraded
                DropRate Share InSystem Recovered RecoveryTime GoodputLeft;
            fleets: Utilization WastedWork Waiting Imbalance;
            neither: Fairness FailoverTime Remapped RemappedNeedlessly
        }
    }

    /// True of a number that says what a trouble does, so that there must be one.
    #[must_use]
    pub fn needs_trouble(&self) -> bool {
        matches!(self, Self::Recovered(_) | Self::RecoveryTime(_) | Self::GoodputLeft(_))
    }

    /// The quantity it speaks of, whichever clients it is told of.
    fn quantity_of_all(&self, scope: &Scope) -> Quantity {
        let quantile = |p: f64| Quantity::latency_quantile(p);
        let recovery = |number| Quantity::recovery(number, &scope.recovery);
        let first = || scope.fleets.first().cloned().unwrap_or_default();
        let fleet = || self.node().map_or_else(first, |node| node.0.text.clone());
        match self {
            Self::Mean(_) => Quantity::latency_mean(),
            Self::P50(_) => quantile(0.5),
            Self::P90(_) => quantile(0.9),
            Self::P95(_) => quantile(0.95),
            Self::P99(_) => quantile(0.99),
            Self::P999(_) => quantile(0.999),
            Self::Quantile(of) => quantile(of.p),
            Self::Throughput(_) => Quantity::throughput(),
            Self::Goodput(_) => Quantity::goodput(),
            Self::OfferedRate(_) => Quantity::offered_rate(),
            Self::Attempts(_) => Quantity::attempts(),
            Self::LateAnswers(_) => Quantity::late_answers(),
            Self::Degraded(_) => Quantity::degraded(),
            Self::DropRate(_) => Quantity::drop_rate(),
            Self::Share(of) => Quantity::share(of.outcome.0),
            Self::Fairness(_) => Quantity::fairness(),
            Self::InSystem(_) => Quantity::in_system(),
            Self::Recovered(_) => recovery(RecoveryNumber::Recovered),
            Self::RecoveryTime(_) => recovery(RecoveryNumber::Time),
            Self::GoodputLeft(_) => recovery(RecoveryNumber::Left),
            Self::FailoverTime(_) => Quantity::failover_time(),
            Self::Remapped(_) => Quantity::remapped(),
            Self::RemappedNeedlessly(_) => Quantity::remapped_needlessly(),
            Self::Utilization(_) => Quantity::utilization(fleet(), &scope.fleets),
            Self::WastedWork(_) => Quantity::wasted_work(fleet(), &scope.fleets),
            Self::Waiting(_) => Quantity::waiting(fleet(), &scope.fleets),
            Self::Imbalance(_) => Quantity::imbalance(fleet(), &scope.fleets),
        }
    }

    /// The quantity it speaks of, in a system with the nodes of `scope`.
    #[must_use]
    pub fn quantity(&self, scope: &Scope) -> Quantity {
        let all = self.quantity_of_all(scope);
        match self.of() {
            Some(clients) => all.of(&clients.0.text, scope),
            None => all,
        }
    }

    /// The term in words.
    #[must_use]
    pub fn words(&self, scope: &Scope) -> String {
        let Quantity { what, name, .. } = self.quantity_of_all(scope);
        let name = match what {
            What::LatencyQuantile(p) => percentile(p),
            What::Share(_) => format!("share {name}"),
            _ => name,
        };
        match (self.arm(), self.of()) {
            (None, None) => name,
            (Some(arm), None) => format!("{name} of \"{}\"", arm.0.text),
            (None, Some(clients)) => format!("{name} of \"{}\"", clients.0.text),
            (Some(arm), Some(clients)) => format!("{name} of \"{}\" in \"{}\"", clients.0.text, arm.0.text),
        }
    }
}
