//! The descriptions of concurrency limiters: what a system finds out about them before a run.

use super::rules::Rule;
use super::{ConcurrencyLimiter, ConcurrencyLimiterSpec};
use crate::actors::Actor;
use crate::actors::kit::build::Building;
use crate::actors::kit::describe::{Asks, Describe, Edge, Held, Mention, Server};
use crate::actors::kit::flow::{Flow, Visit};
use crate::actors::kit::footprint::{WAIT_TOKEN, WINDOW, WINDOWS};
use crate::actors::kit::passage::{EachServer, Per};
use crate::actors::kit::route::Spread;
use crate::actors::kit::site::Site;
use crate::schema::quantity::Span;

impl Describe for ConcurrencyLimiterSpec {
    fn copies(&self) -> usize {
        self.copies
    }

    fn edges(&self) -> Vec<Edge<'_>> {
        vec![Edge::passes(&self.to, Server::Same)]
    }

    fn mentions(&self) -> Vec<Mention<'_>> {
        vec![Mention { clients: self.clients().collect(), words: ["for this share", "this share never fits"] }]
    }

    fn of_each_server(&self) -> Option<&'static str> {
        (self.per == Per::Server(EachServer {})).then_some("a limit")
    }

    fn asks(&self) -> Asks {
        Asks { identity: matches!(self.to.spread, Spread::ByClient(_)), ..Asks::default() }
    }

    fn rejects(&self, _site: &Site<'_>) -> bool {
        true
    }

    fn flow<'a>(&'a self, visit: &mut Visit<'_, 'a>, flows: Vec<Flow>) {
        let servers = visit.site().servers_behind(visit.name).map_or(1, |(_, servers)| servers.count);
        let limits = if matches!(self.per, Per::Server(_)) { servers } else { 1 };
        // Requests that it lets be under way at once.
        let held = match &self.limit {
            Rule::Fixed(fixed) => f64::from(fixed.limit) * limits as f64 * self.copies as f64,
            _ => f64::INFINITY,
        };
        let through = |flow: Flow| Flow { held: flow.held.min(held), ..flow.at_most() };
        visit.send(&self.to, flows.into_iter().map(through));
    }

    fn holds_back(&self) -> Vec<Held> {
        vec![Held::alone("waiting")]
    }

    fn footprint(&self, _site: &Site<'_>, _classes: u64) -> u64 {
        WINDOWS * WINDOW
    }

    fn kept_of_a_request(&self) -> u64 {
        if self.wait > Span::ZERO { WAIT_TOKEN } else { 0 }
    }

    fn build(&self, building: &mut Building<'_, '_>) -> Result<Actor, String> {
        let passage = building.passage(&self.to);
        let wait = (self.wait > Span::ZERO).then(|| building.lane(self.wait));
        let (site, servers, key) = (building.kit.site, building.servers_behind(), building.key());
        let limiter = ConcurrencyLimiter::new(self, servers, passage, |name| site.class_of(name), wait, key);
        Ok(Actor::ConcurrencyLimiter(Box::new(limiter)))
    }
}
