//! The quantities of measures: where each comes from, what it describes, and its name.

use std::sync::Arc;

use super::measured::{Called, GivenBy, Measured};
use super::reading::{Reading, Told};
use super::{Answers, Scope, Source};
use crate::lab::results::Unit;
use crate::schema::quantity::Span;

/// One number a measure gives.
#[derive(Clone, Debug)]
pub struct Quantity {
    /// Where it comes from.
    pub what: Arc<dyn Measured>,
    /// The node that it describes, of clients or another; `None` for all clients together.
    pub of: Option<String>,
    /// For work and waiting: the fleet, proxy, store or queue that it describes.
    pub station: Option<String>,
    /// Of a latency: which calls it is of.
    pub answers: Answers,
    /// Name for people.
    pub name: String,
    /// Name for machines.
    pub id: String,
    /// Its unit.
    pub unit: Unit,
}

/// Numbers of one name are the same number.
impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        (&self.id, &self.name) == (&other.id, &other.name)
    }
}

impl Quantity {
    /// A number of all clients together, or of the system.
    pub fn new(number: impl Measured + 'static) -> Self {
        let Called { name, id, unit } = number.called();
        Self { what: Arc::new(number), of: None, station: None, answers: Answers::Served, name, id, unit }
    }

    /// A number of one station; the station is named only if there are several, and always if it is no fleet.
    pub fn of_station(number: impl Measured + 'static, station: &str, scope: &Scope) -> Self {
        let plain = Self { station: Some(station.to_owned()), ..Self::new(number) };
        match &scope.fleets[..] {
            [] => plain,
            [only] if only == station => plain,
            _ => plain.named(station),
        }
    }

    /// The same, with the name of the node that it describes.
    fn named(self, node: &str) -> Self {
        let (name, id) = (format!("{} of {node}", self.name), format!("{}:{node}", self.id));
        Self { name, id, ..self }
    }

    /// The same of one node of clients, which is named only where there are several.
    #[must_use]
    pub fn of(self, clients: &str, scope: &Scope) -> Self {
        if scope.clients.len() < 2 {
            return self;
        }
        Self { of: Some(clients.to_owned()), ..self.named(clients) }
    }

    /// The same of one node of any kind. Nodes of clients are named only where there are several.
    #[must_use]
    pub fn at(self, node: &str, scope: &Scope) -> Self {
        if scope.clients.iter().any(|clients| clients == node) {
            return self.of(node, scope);
        }
        Self { of: Some(node.to_owned()), ..self.named(node) }
    }

    /// The same latency for another set of calls than those served.
    #[must_use]
    pub fn among(self, answers: Answers) -> Self {
        if answers == Answers::Served {
            return self;
        }
        let name = format!("{} of {}", self.name, answers.words());
        let id = format!("{}_{}", answers.name().to_lowercase(), self.id);
        Self { answers, name, id, ..self }
    }

    /// Of a latency: where it comes from.
    #[must_use]
    pub fn source(&self) -> Source {
        Source { of: self.of.clone(), answers: self.answers }
    }

    /// The subject of the number.
    #[must_use]
    pub fn told(&self) -> Told<'_> {
        Told { of: self.of.as_deref(), station: self.station.as_deref() }
    }

    /// True for numbers that only clients have.
    #[must_use]
    pub fn is_client_side(&self) -> bool {
        !matches!(self.what.given_by(), GivenBy::Stations(_))
    }

    /// The name of the quantity, without the node.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.name.split(" of ").next().unwrap_or_default()
    }

    /// True of a mean or a quantile of latency.
    #[must_use]
    pub fn is_latency(&self) -> bool {
        matches!(self.what.reading(), Reading::LatencyMean | Reading::LatencyQuantile(_))
    }

    /// Of a quantile of latency: which, between 0 and 1.
    #[must_use]
    pub fn quantile(&self) -> Option<f64> {
        match self.what.reading() {
            Reading::LatencyQuantile(p) => Some(p),
            _ => None,
        }
    }

    /// True of a share of the calls answered in time and as asked, of which calls that still wait at the end may be.
    #[must_use]
    pub fn is_of_answers(&self) -> bool {
        matches!(self.what.reading(), Reading::Answered { .. })
    }

    /// The time within which it counts answers, if it counts them by their time.
    #[must_use]
    pub fn limit(&self) -> Option<Span> {
        match self.what.reading() {
            Reading::Answered { within } => within,
            _ => None,
        }
    }
}
