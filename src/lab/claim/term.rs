//! The numbers that claims speak of.

use crate::lab::measure::{Answers, OutcomeName, Quantity, RecoveryNumber, Scope, What, percentile};
use crate::lab::spec::Label;
use crate::schema::quantity::Span;
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

/// What is wrong with a number of clients and of another node at once.
const ONE_PLACE: &str = "a number is `of` clients or of a `node`: not both";

macro_rules! terms_of_nodes {
    ($($(#[doc = $doc:literal])+ $name:ident),+ $(,)?) => {$(
        record! {
            $(#[doc = $doc])+
            pub struct $name {
                /// Of which arm; without it, the only one or the baseline.
                pub arm: Option<Label> = None,
                /// Of which node of clients; without it, of all together.
                pub of: Option<Label> = None,
                /// Of which other node: of the requests that come to it.
                pub node: Option<Label> = None,
            }
            check(self, at) {
                if self.of.is_some() && self.node.is_some() {
                    at.field("node").error(ONE_PLACE);
                }
            }
        }
    )+};
}

macro_rules! terms_of_latency {
    ($($(#[doc = $doc:literal])+ $name:ident),+ $(,)?) => {$(
        record! {
            $(#[doc = $doc])+
            pub struct $name {
                /// Of which arm; without it, the only one or the baseline.
                pub arm: Option<Label> = None,
                /// Of which node of clients; without it, of all together.
                pub of: Option<Label> = None,
                /// Of which other node: from when requests come to it until their answers leave it.
                pub node: Option<Label> = None,
                /// Of which calls: `Served`, `Degraded`, `Late` or `Failed`. Without it, of the served ones on behalf of
                /// all: a call that was not answered then counts as one that takes for ever.
                pub answers: Option<Answers> = None,
            }
            check(self, at) {
                if self.of.is_some() && self.node.is_some() {
                    at.field("node").error(ONE_PLACE);
                }
                if self.node.is_some() && self.answers.is_some_and(|answers| answers != Answers::Served) {
                    at.field("answers").error("only clients know answers that are late, degraded or failed");
                }
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

terms_of_latency! {
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
}

terms_of_nodes! {
    /// Answers that came home per second, of use or not; of a node, answers that it gave or passed back.
    ThroughputOf,
    /// Calls that users made per second; of a node, requests that came to it.
    OfferedRateOf,
    /// Share of calls that ended without an answer; of a node, share of requests that it turned away or failed itself.
    DropRateOf,
    /// Share of calls answered in time and as asked; of a node, share of the requests that left it.
    AnsweredOf,
    /// Mean number of calls in flight; of a node, of requests that came to it.
    InSystemOf,
}

terms_of_clients! {
    /// Calls answered per second in time and as asked.
    GoodputOf,
    /// Attempts sent for each call.
    AttemptsOf,
    /// Share of answers that came when nobody waited for them any more.
    LateAnswersOf,
    /// Share of calls answered with less than was asked.
    DegradedOf,
    /// Share of the calls that write whose work was done more than once.
    DuplicateWritesOf,
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
        /// Of which other node: from when requests come to it until their answers leave it.
        pub node: Option<Label> = None,
        /// Of which calls: `Served`, `Degraded`, `Late` or `Failed`. Without it, of the served ones on behalf of all: a
        /// call that was not answered then counts as one that takes for ever.
        pub answers: Option<Answers> = None,
    }
    check(self, at) {
        if !(self.p > 0.0 && self.p < 1.0) {
            at.field("p").error("a quantile is between 0 and 1");
        }
        if self.of.is_some() && self.node.is_some() {
            at.field("node").error(ONE_PLACE);
        }
        if self.node.is_some() && self.answers.is_some_and(|answers| answers != Answers::Served) {
            at.field("answers").error("only clients know answers that are late, degraded or failed");
        }
    }
}

record! {
    /// Share of all calls answered in time and as asked within a time from their beginning.
    pub struct WithinOf {
        /// Within how long; above zero.
        pub time: Span,
        /// Of which arm; without it, the only one or the baseline.
        pub arm: Option<Label> = None,
        /// Of which node of clients; without it, of all together.
        pub of: Option<Label> = None,
        /// Of which other node: of the requests that left it, from when they came to it.
        pub node: Option<Label> = None,
    }
    check(self, at) {
        if self.time == Span::ZERO {
            at.field("time").error("a time above zero: write \"300 ms\"");
        }
        if self.of.is_some() && self.node.is_some() {
            at.field("node").error(ONE_PLACE);
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
        DuplicateWrites(DuplicateWritesOf),
        DropRate(DropRateOf),
        Answered(AnsweredOf),
        Within(WithinOf),
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

    /// The node it names with `node`.
    #[must_use]
    pub fn node(&self) -> Option<&Label> {
        self.labels().1
    }

    /// The node of clients it names.
    #[must_use]
    pub fn of(&self) -> Option<&Label> {
        self.labels().2
    }

    /// The arm, the node and the node of clients it names.
    fn labels(&self) -> (Option<&Label>, Option<&Label>, Option<&Label>) {
        macro_rules! labels {
            (nodes: $($node:ident)+; clients: $($client:ident)+; fleets: $($fleet:ident)+; neither: $($plain:ident)+) => {
                match self {
                    $(Self::$node(of) => (of.arm.as_ref(), of.node.as_ref(), of.of.as_ref()),)+
                    $(Self::$client(of) => (of.arm.as_ref(), None, of.of.as_ref()),)+
                    $(Self::$fleet(of) => (of.arm.as_ref(), of.node.as_ref(), None),)+
                    $(Self::$plain(of) => (of.arm.as_ref(), None, None),)+
                }
            };
        }
        labels! {
            nodes: Mean P50 P90 P95 P99 P999 Quantile Throughput OfferedRate DropRate Answered Within InSystem;
            clients: Goodput Attempts LateAnswers Degraded DuplicateWrites Share Recovered RecoveryTime GoodputLeft;
            fleets: Utilization WastedWork Waiting Imbalance;
            neither: Fairness FailoverTime Remapped RemappedNeedlessly
        }
    }

    /// Of a latency: which calls it is of, where that is said.
    #[must_use]
    pub fn answers(&self) -> Option<Answers> {
        match self {
            Self::Mean(of) => of.answers,
            Self::P50(of) => of.answers,
            Self::P90(of) => of.answers,
            Self::P95(of) => of.answers,
            Self::P99(of) => of.answers,
            Self::P999(of) => of.answers,
            Self::Quantile(of) => of.answers,
            _ => None,
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
            Self::DuplicateWrites(_) => Quantity::duplicate_writes(),
            Self::DropRate(_) => Quantity::drop_rate(),
            Self::Answered(_) => Quantity::answered(),
            Self::Within(of) => Quantity::within(of.time),
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
        let all = self.quantity_of_all(scope).among(self.answers().unwrap_or_default());
        match (self.of(), self.node()) {
            (Some(clients), _) => all.of(&clients.0.text, scope),
            (None, Some(_)) if self.is_of_fleets() => all,
            (None, Some(node)) => all.at(&node.0.text, scope),
            (None, None) => all,
        }
    }

    /// True of numbers that only nodes with servers have.
    fn is_of_fleets(&self) -> bool {
        matches!(self, Self::Utilization(_) | Self::WastedWork(_) | Self::Waiting(_) | Self::Imbalance(_))
    }

    /// The term in words.
    #[must_use]
    pub fn words(&self, scope: &Scope) -> String {
        let Quantity { what, name, .. } = self.quantity_of_all(scope);
        let name = match what {
            What::LatencyQuantile(p) => percentile(p),
            What::Share(_) => format!("share {name}"),
            What::Within(_) => format!("share answered {name}"),
            What::Answered => format!("share {name}"),
            _ => name,
        };
        let name = match self.answers() {
            Some(answers) => format!("{name} of {}", answers.words()),
            None => name,
        };
        let place = self.of().or(self.node().filter(|_| !self.is_of_fleets()));
        match (self.arm(), place) {
            (None, None) => name,
            (Some(arm), None) => format!("{name} of \"{}\"", arm.0.text),
            (None, Some(place)) => format!("{name} of \"{}\"", place.0.text),
            (Some(arm), Some(place)) => format!("{name} of \"{}\" in \"{}\"", place.0.text, arm.0.text),
        }
    }
}
