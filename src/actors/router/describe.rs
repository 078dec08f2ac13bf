//! The descriptions of routers: what a system finds out about them before a run.

use super::flow;
use super::{Router, RouterSpec, Way};
use crate::actors::Actor;
use crate::actors::kit::build::Building;
use crate::actors::kit::conditions::Conditions;
use crate::actors::kit::describe::{Asks, Describe, Edge, Mention, Server};
use crate::actors::kit::flow::{Flow, Visit};
use crate::actors::kit::footprint::{WINDOW, WINDOWS};
use crate::actors::kit::route::Spread;
use crate::actors::kit::site::Site;

impl Describe for RouterSpec {
    fn edges(&self) -> Vec<Edge<'_>> {
        self.routes().map(|route| Edge::passes(route, Server::Only)).collect()
    }

    fn mentions(&self) -> Vec<Mention<'_>> {
        vec![Mention { clients: self.clients().collect(), words: ["for this rule", "this rule never fits"] }]
    }

    fn asks(&self) -> Asks {
        Asks { identity: self.routes().any(|route| matches!(route.spread, Spread::ByClient(_))), ..Asks::default() }
    }

    fn flow<'a>(&'a self, visit: &mut Visit<'_, 'a>, flows: Vec<Flow>) {
        for (route, flows) in flow::by_rule(visit, self, &flows) {
            visit.send(route, flows);
        }
    }

    fn footprint(&self, _site: &Site<'_>, _classes: u64) -> u64 {
        WINDOWS * WINDOW
    }

    fn build(&self, building: &mut Building<'_, '_>) -> Result<Actor, String> {
        let site = building.kit.site;
        let conditions = self.rules.iter().map(|rule| {
            let class_of = |name: &str| site.class_of(name);
            Conditions::new(rule.clients.as_ref(), rule.keys.as_ref(), rule.size.as_ref(), class_of)
        });
        let key = building.key();
        let ways = self.routes().zip(conditions.chain(std::iter::once(Conditions::default())));
        let ways = ways.map(|(route, conditions)| Way {
            conditions,
            copies: building.copies(route, key),
            link: building.link(route, key),
        });
        let ways = ways.collect();
        Ok(Actor::Router(Box::new(Router::new(building.me, ways))))
    }
}
